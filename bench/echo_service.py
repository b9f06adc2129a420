"""The least a service can do: what a call costs before anybody works."""

import asyncio
import sys
from contextlib import nullcontext

from fastapi import APIRouter
from pydantic import BaseModel

from quickserve.app import Platform
from quickserve.kernel.auth import services
from quickserve.kernel.logs import configure_logging
from quickserve.kernel.service import Service
from quickserve.kernel.settings import Settings
from quickserve.server import Server, listen

SECRET = "b" * 40
router = APIRouter(dependencies=[services("bench")])


class Said(BaseModel):
    word: str


@router.get("/words/{word}")
async def say(word: str) -> Said:
    return Said(word=word)


def platform(url: str = "") -> Platform:
    """The service here, or at an address."""
    settings = Settings.model_validate(
        {"secret": SECRET, "log_level": "warning", "service_urls": {"echo": url} if url else {}}
    )
    configure_logging(settings.log_level, "text")  # a line for each call is no figure
    return Platform(settings, [] if url else [Service("echo", router, owns_data=False)])


async def main(port: int) -> None:
    one = platform()
    await Server(one.settings, listen("127.0.0.1", port)).run(one.running(), nullcontext())


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1])))

"""Streets of a server that the operator names; without one, maps are the server's own drawings."""

from dataclasses import dataclass
from urllib.parse import urlsplit

from fastapi import Request

from quickserve.web.page import settings_of


@dataclass(frozen=True, slots=True)
class Tiles:
    url: str
    credit: str

    @property
    def origin(self) -> str:
        """What pictures of it a page must allow."""
        parts = urlsplit(self.url)
        return f"{parts.scheme}://{parts.netloc}"


def tiles_of(request: Request) -> Tiles | None:
    settings = settings_of(request)
    return (
        Tiles(settings.map_tiles_url, settings.map_tiles_credit) if settings.map_tiles_url else None
    )

"""A process that takes loaves and prints their names; `poison` kills it as kill -9 does.

Run by test_broker_faults.py: python -m tests.kernel.bus.eater_process URL DELIVERIES_MAX
"""

import asyncio
import os
import signal
import sys
from collections.abc import Sequence

from quickserve.kernel.bus.port import Outcomes
from quickserve.kernel.bus.rabbitmq import queues
from quickserve.kernel.events import Message

from .town import Eater, bus_at


class Mortal(Eater):
    async def take(self, messages: Sequence[Message]) -> Outcomes:
        if any(message.subject == "poison" for message in messages):
            os.kill(os.getpid(), signal.SIGKILL)
        outcomes = await super().take(messages)
        for message in messages:
            print(message.subject, flush=True)  # noqa: T201 - the test reads it
        return outcomes


async def main(url: str) -> None:
    async with bus_at(url, anna=Mortal()):
        await asyncio.sleep(60)


if __name__ == "__main__":
    queues.DELIVERIES_MAX = int(sys.argv[2])
    asyncio.run(main(sys.argv[1]))

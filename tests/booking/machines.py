"""What drives an engine by hypothesis: two processes on one database, spoken to by HTTP."""

import asyncio
import os
from collections.abc import Awaitable, Iterable
from dataclasses import dataclass
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis.stateful import RuleBasedStateMachine, run_state_machine_as_test

from quickserve.contracts.booking_changes import BookingChangesClient
from quickserve.contracts.booking_client import BookingClient
from quickserve.contracts.booking_records import BookingRecordsClient
from quickserve.contracts.booking_rules import BookingRulesClient
from quickserve.contracts.box_office import BoxOfficeClient
from quickserve.contracts.waiting_list import WaitingListClient
from quickserve.kernel.client import Client
from quickserve.kernel.errors import Problem

# More of them are other ones each time: QUICKSERVE_TEST_EXAMPLES=500.
EXAMPLES = int(os.environ.get("QUICKSERVE_TEST_EXAMPLES", "0"))
QUIET = settings(
    max_examples=EXAMPLES or 20, stateful_step_count=40, deadline=None, derandomize=not EXAMPLES,
    database=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)  # fmt: skip


@dataclass
class Door:
    """Into one process of the service, as checkout."""

    booking: BookingClient
    records: BookingRecordsClient
    changes: BookingChangesClient
    rules: BookingRulesClient
    desk: BoxOfficeClient
    waiting: WaitingListClient

    @classmethod
    def of(cls, client: Client) -> "Door":
        return cls(
            BookingClient(client), BookingRecordsClient(client), BookingChangesClient(client),
            BookingRulesClient(client), BoxOfficeClient(client), WaitingListClient(client),
        )  # fmt: skip


@dataclass
class House:
    """What a machine, which runs in a thread of its own, calls: two processes on one database."""

    box: Any  # conftest's
    doors: list[Door]
    loop: asyncio.AbstractEventLoop

    def do(self, what: Awaitable[Any]) -> Any:
        return asyncio.run_coroutine_threadsafe(_awaited(what), self.loop).result(60)

    def tried(self, *calls: Awaitable[Any]) -> list[Any]:
        """All at once; results, or the problems they raised."""
        return self.do(_all_tried(calls))


async def _awaited(what: Awaitable[Any]) -> Any:
    return await what


async def _all_tried(calls: Iterable[Awaitable[Any]]) -> list[Any]:
    return await asyncio.gather(*(_tried(call) for call in calls))


async def _tried(call: Awaitable[Any]) -> Any:
    try:
        return await call
    except Problem as problem:
        return problem


class Machine(RuleBasedStateMachine):
    """`house` is given by the test.

    What came to nothing keeps its id and is asked for later: so what there is to choose from never
    depends on who won a race.
    """

    house: House

    def door(self, number: int) -> Door:
        return self.house.doors[number % len(self.house.doors)]


async def drive(house: House, machine: type[Machine], how: settings = QUIET) -> None:
    machine.house = house
    await asyncio.to_thread(run_state_machine_as_test, machine, settings=how)

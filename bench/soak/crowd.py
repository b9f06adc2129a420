"""Buyers who ask again, with the same ids, until a server answers."""

import asyncio
import json
import math
import random
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from bench.journeys import CONTACT
from bench.load import Connection
from bench.server import dump
from bench.soak.ledger import Bought, Claim, Ledger
from bench.soak.shows import Date
from quickserve.kernel.auth import ServiceIdentity
from quickserve.kernel.ids import new_uuid
from quickserve.kernel.settings import Settings

_PATIENCE_SECONDS = 180.0
_ANSWER_SECONDS_MAX = 20.0
# Of all places, what buyers keep in bookings of two on average: then one is cancelled for each new
# one, so that what is left is wanted by many, and comes and goes.
_KEPT = 1.0
_EXPIRED = {"hold-expired"}
_REFUSED = {
    "sold-out": "refused: sold out",
    "seat-taken": "refused: seat taken",
    # A booking at once that was asked again for longer than the hold of its seats lasts.
    "hold-expired": "expired before it was used",
}


@dataclass(frozen=True, slots=True)
class Held:
    id: UUID
    date_id: UUID
    places: int
    seats: tuple[str, ...]


async def crowd(
    ledger: Ledger, dates: Sequence[Date], ports: Sequence[int], settings: Settings,
    *, buyers: int, seed: int,
) -> None:  # fmt: skip
    """Returns when all attempts are made and every buyer knows what came of them."""
    checkout = ServiceIdentity(settings, "checkout")
    kept = round(sum(ledger.capacity.values()) * _KEPT / 2 / buyers)
    everybody = [
        Buyer(ledger, dates, ports, checkout, random.Random(f"{seed}:{number}"), max(1, kept))
        for number in range(buyers)
    ]
    async with asyncio.TaskGroup() as group:
        for buyer in everybody:
            group.create_task(buyer.live())


class Buyer:
    """One person with one connection, to one server as long as that one answers."""

    def __init__(
        self, ledger: Ledger, dates: Sequence[Date], ports: Sequence[int],
        checkout: ServiceIdentity, chance: random.Random, bookings_max: int,
    ) -> None:  # fmt: skip
        self._ledger = ledger
        self._tally = ledger.tally
        self._dates = dates
        self._servers = [Connection("127.0.0.1", port) for port in ports]
        self._server = chance.randrange(len(ports))
        self._checkout = checkout
        self._chance = chance
        self._bookings_max = bookings_max
        self._mine: list[UUID] = []

    async def live(self) -> None:
        try:
            while not self._ledger.over:
                await self._wish_once()
        finally:
            for server in self._servers:
                server.close()

    async def _wish_once(self) -> None:
        self._tally["attempts"] += 1
        date = self._chance.choice(self._dates)
        if self._chance.random() < 0.15:
            await self._book_at_once(date)
        elif held := await self._hold(date):
            await self._go_on(held)
        if len(self._mine) > self._bookings_max:
            await self._cancel(self._mine.pop(self._chance.randrange(len(self._mine))))

    async def _hold(self, date: Date) -> Held | None:
        hold_id, (items, places) = new_uuid(), self._wish(date)
        body = {"date_id": str(date.id), "items": items}
        status, answer, sent = await self._ask("PUT", f"/holds/{hold_id}", body)
        if self._refused(status, answer):
            return None
        if answer["state"] != "active":  # asked again for longer than it lasts
            self._tally["expired before the answer came"] += 1
            return None
        held = Held(hold_id, date.id, places, _seats(answer))
        assert not date.rows or len(held.seats) == places, answer
        self._tally["held with seats" if date.rows else "held"] += 1
        left = datetime.fromisoformat(answer["expires_at"]) - datetime.fromisoformat(
            answer["server_now"]
        )
        until = sent + left.total_seconds()
        self._ledger.claim(hold_id, Claim(date.id, places, held.seats, until))
        return held

    async def _go_on(self, held: Held) -> None:
        what = self._chance.random()
        if what < 0.10:
            self._tally["left to expire"] += 1
        elif what < 0.45:
            self._ledger.drop(held.id)
            status, answer, _ = await self._ask("DELETE", f"/holds/{held.id}")
            assert status == 204, answer
            self._tally["released"] += 1
        elif what < 0.75:
            booking_id = new_uuid()
            body = {"hold_id": str(held.id), "contact": CONTACT}
            status, answer, _ = await self._ask("PUT", f"/free-bookings/{booking_id}", body)
            if not self._expired(status, answer):
                self._bought(booking_id, held, answer)
        else:
            await self._reserve(held, confirm=what < 0.92)

    async def _reserve(self, held: Held, *, confirm: bool) -> None:
        """As checkout does: pending, and then confirmed or withdrawn."""
        booking_id = new_uuid()
        body = {"hold_id": str(held.id), "contact": CONTACT}
        path = f"/bookings/{booking_id}"
        status, answer, _ = await self._ask("PUT", path, body, as_checkout=True)
        if self._expired(status, answer):
            return
        assert (status, answer["state"]) == (200, "pending"), answer
        self._ledger.drop(held.id)
        self._ledger.claim(booking_id, Claim(held.date_id, held.places, held.seats, math.inf))
        if confirm:
            status, answer, _ = await self._ask("PUT", f"{path}/confirmation", as_checkout=True)
            assert status == 200, answer
            self._bought(booking_id, held, answer)
        else:
            self._ledger.drop(booking_id)
            status, answer, _ = await self._ask("PUT", f"{path}/withdrawal", as_checkout=True)
            assert status == 204, answer
            self._tally["withdrawn"] += 1
            gone = Bought(held.date_id, held.places, held.seats, "withdrawn")
            self._ledger.bought[booking_id] = gone

    async def _book_at_once(self, date: Date) -> None:
        booking_id, (items, places) = new_uuid(), self._wish(date)
        body = {"date_id": str(date.id), "items": items, "contact": CONTACT}
        status, answer, _ = await self._ask("PUT", f"/free-bookings/{booking_id}", body)
        if self._refused(status, answer):
            return
        self._bought(booking_id, Held(booking_id, date.id, places, _seats(answer)), answer)

    async def _cancel(self, booking_id: UUID) -> None:
        self._ledger.drop(booking_id)
        path = f"/bookings/{booking_id}/cancellation"
        status, answer, _ = await self._ask("PUT", path, as_checkout=True)
        assert (status, answer["state"]) == (200, "cancelled"), answer
        self._ledger.bought[booking_id].state = "cancelled"
        self._tally["cancelled"] += 1

    def _bought(self, booking_id: UUID, held: Held, answer: Any) -> None:
        assert answer["state"] == "confirmed", answer
        assert len(answer["tickets"]) == held.places, answer
        self._ledger.drop(held.id)
        self._ledger.claim(booking_id, Claim(held.date_id, held.places, held.seats, math.inf))
        self._ledger.bought[booking_id] = Bought(held.date_id, held.places, held.seats, "confirmed")
        self._mine.append(booking_id)
        self._tally["booked"] += 1

    def _expired(self, status: int, answer: Any) -> bool:
        if status == 409 and answer["code"] in _EXPIRED:
            self._tally["expired before it was used"] += 1
            return True
        assert status == 200, answer
        return False

    def _refused(self, status: int, answer: Any) -> bool:
        if status == 409 and answer["code"] in _REFUSED:
            self._tally[_REFUSED[answer["code"]]] += 1
            return True
        assert status == 200, answer
        return False

    def _wish(self, date: Date) -> tuple[list[dict[str, Any]], int]:
        """Where there are seats, mostly the best that are left."""
        adults, children = self._chance.choice(((1, 0), (2, 0), (2, 0), (4, 0), (0, 1), (2, 2)))
        wishes = ((date.everybody, adults), (date.children, children))
        items: list[dict[str, Any]] = [
            {"ticket_type_id": str(t), "quantity": n} for t, n in wishes if n
        ]
        if date.rows and adults and self._chance.random() < 0.3:
            row = self._chance.choice(date.rows)
            first = self._chance.randrange(len(row) - adults)
            items[0]["seats"] = row[first : first + adults]
        return items, adults + children

    async def _ask(
        self, method: str, path: str, body: Any = None, *, as_checkout: bool = False
    ) -> tuple[int, Any, float]:
        """Status, answer, and when what was answered was sent."""
        started = time.monotonic()
        content = b"" if body is None else dump(body)
        while True:
            headers = f"authorization: Bearer {self._checkout.token()}\r\n" if as_checkout else ""
            sent = time.monotonic()
            try:
                async with asyncio.timeout(_ANSWER_SECONDS_MAX):
                    status, answer = await self._servers[self._server].send(
                        method, f"/api/booking{path}", content, headers=headers
                    )
                if status < 500:
                    waited = time.monotonic() - started
                    self._ledger.longest_wait = max(self._ledger.longest_wait, waited)
                    return status, json.loads(answer) if answer else None, sent
                failure = f"no answer: {status}"
            except (OSError, EOFError) as error:  # TimeoutError and IncompleteReadError are such
                failure = f"no answer: {type(error).__name__}"
            self._servers[self._server].close()
            self._tally[failure] += 1
            assert sent - started < _PATIENCE_SECONDS, f"{method} {path}: {failure}"
            self._server = (self._server + 1) % len(self._servers)
            await asyncio.sleep(self._chance.uniform(0.02, 0.3))


def _seats(answer: Any) -> tuple[str, ...]:
    return tuple(seat["id"] for item in answer["items"] for seat in item["seats"])

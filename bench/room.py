"""The waiting room while 20,000 people wait: how soon each of their requests is answered.

Before the opening they come as the busiest hours of a real site brought its visitors; then the
numbers are drawn, and they are let in as fast as the product itself decides. Half of them are
browsers, half use the API. Beside the p99 of asking for one's place stands a bare FastAPI answer on
the same timetable of requests: what machine, load and server cost without us.
"""

import asyncio
import json
import subprocess
import sys
import time
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from uuid import UUID

from bench.bookings import bare_fastapi
from bench.fairness import curve
from bench.figures import Figure
from bench.journeys import echo, on_sale
from bench.room_process import Crowd, Seen, Wires
from bench.server import Running, data_folder, serving
from quickserve.contracts.catalog import DateId
from quickserve.contracts.identity import Credentials, IdentityClient, NewPerson
from quickserve.contracts.waiting_room import RoomSettings, WaitingRoomClient
from quickserve.kernel.auth import Role
from quickserve.kernel.ids import PersonId, new_uuid
from quickserve.laptop import Home, clients

_PEOPLE = 20_000
_COME_SECONDS = 150.0
_OPENS_AFTER_SECONDS = 160.0
_SECONDS = 300.0


def run() -> list[Figure]:
    with data_folder() as folder, serving(folder, "--no-demo") as product:
        _, (date_id, type_id) = asyncio.run(on_sale(folder))
        asyncio.run(_open_room(product, DateId(date_id)))
        seen = _rush(product, date_id, type_id)
    with bare_fastapi() as bare:
        raw = asyncio.run(_replay(bare, seen.due))
    return _figures(seen, raw)


async def _open_room(product: Running, date_id: DateId) -> None:
    person_id, password = PersonId(new_uuid()), "long enough for a benchmark"
    person = NewPerson(email=f"{person_id}@example.org", name="Olive Martin", password=password)
    async with clients(Home(product.folder)) as client:
        identity = IdentityClient(client("identity"))
        organiser = await identity.find_organiser("Benchmark")
        await identity.put_person(person_id, person)
        await identity.put_roles(organiser.id, person_id, [Role.ORGANISER])
        session = await identity.sign_in(Credentials(email=person.email, password=password))
        opens_at = datetime.now(UTC) + timedelta(seconds=_OPENS_AFTER_SECONDS)
        await WaitingRoomClient(client("booking")).put_room(
            date_id, RoomSettings(open=True, opens_at=opens_at), session.access_token
        )


def _rush(product: Running, date_id: UUID, type_id: UUID) -> Seen:
    host, port = product.host_port
    crowd = Crowd(
        host, port, str(product.folder), str(date_id), str(type_id), _arrivals(), _SECONDS
    )
    answer = subprocess.run(
        [sys.executable, "-m", "bench.room_process"],
        input=json.dumps(asdict(crowd)), stdout=subprocess.PIPE, text=True, check=True,
    )  # fmt: skip
    seen = Seen(**json.loads(answer.stdout))
    print(seen.statuses, file=sys.stderr)
    return seen


def _arrivals() -> list[float]:
    """Each slice's people spread evenly over it."""
    slices = curve(_PEOPLE)
    long = _COME_SECONDS / len(slices)
    return [(at + n / count) * long for at, count in enumerate(slices) for n in range(count)]


async def _replay(bare: tuple[str, int], due: list[float]) -> list[float]:
    """Milliseconds of a bare answer to each request, at its moment."""
    wires = Wires(*bare)
    journey = echo()
    times: list[float] = []
    began = time.perf_counter()

    async def one(at: float) -> None:
        await asyncio.sleep(at - (time.perf_counter() - began))
        async with wires.one() as connection:
            await journey(connection)
        times.append((time.perf_counter() - began - at) * 1000)

    await asyncio.gather(*(one(at) for at in due))
    return times


def _figures(seen: Seen, raw: list[float]) -> list[Figure]:
    beside = "bare FastAPI, same timetable"
    figures = [
        Figure("people who waited at once", seen.waiting_most, "", aim="20,000"),
        Figure("requests, busiest second", _busiest(seen.due), "/s"),
        Figure("let in, busiest second", _busiest(seen.let_in), "/s"),
        Figure("until all were let in", max(seen.let_in) - _OPENS_AFTER_SECONDS, "s"),
        Figure("not let in by the end", _PEOPLE - len(seen.let_in), "", aim="0"),
        Figure("requests put off (503)", _put_off(seen), "", aim="0"),
    ]
    for what, times in sorted(seen.times_ms.items()):
        figures += [
            Figure(f"waiting room: {what}, p50", _share(times, 0.5), "ms"),
            Figure(
                f"waiting room: {what}, p99", _share(times, 0.99), "ms",
                beside, _share(raw, 0.99),
            ),
        ]  # fmt: skip
    return figures


def _put_off(seen: Seen) -> int:
    return sum(n for what, n in seen.statuses.items() if what[-3:] not in ("200", "303"))


def _busiest(moments: list[float]) -> int:
    counts: dict[int, int] = {}
    for moment in moments:
        counts[int(moment)] = counts.get(int(moment), 0) + 1
    return max(counts.values(), default=0)


def _share(times: list[float], share: float) -> float:
    return sorted(times)[int(len(times) * share)]

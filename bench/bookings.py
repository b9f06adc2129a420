"""Complete bookings a second, from outside: all processes on this machine, durable commits.

Beside each figure stand the bare SQL of the same writes (pgbench, same server build, same fsync)
and a bare FastAPI answer (same uvicorn, one model in, one model out, no database).
"""

import asyncio
import json
import subprocess
import sys
from collections.abc import Awaitable, Callable, Generator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

from bench import bare_sql
from bench.figures import Figure, median
from bench.load import Connection, Run, drive
from bench.server import data_folder, dump, free_port, serving
from quickserve.contracts.booking import BookingClient, QuotaChange, QuotaChanges, QuotaId
from quickserve.contracts.catalog import (
    CatalogClient,
    DateDraft,
    DateId,
    EventDraft,
    EventId,
    TicketTypeDraft,
    TicketTypeId,
)
from quickserve.contracts.identity import IdentityClient, NewOrganiser
from quickserve.kernel.ids import OrganiserId, new_uuid
from quickserve.kernel.money import Money
from quickserve.laptop import Home, clients

_ROUNDS = 3
_SECONDS = 8.0
_CLIENTS = 16
_CONTACT = {"email": "amina@example.org", "name": "Amina Diallo", "language": "fr"}


def run() -> list[Figure]:
    """Rounds alternate the contestants, so that a slow minute of the machine meets them all."""
    rounds: dict[str, list[float]] = {}
    latencies: dict[str, list[float]] = {}
    with (
        data_folder() as folder,
        bare_sql.server() as sql,
        _bare_fastapi() as bare,
        serving(folder, "--no-demo") as product,
    ):
        free, paid = asyncio.run(_on_sale(folder))
        for _ in range(_ROUNDS):
            for name, measured in (
                ("free", _measure(product.host_port, _free(*free))),
                ("paid", _measure(product.host_port, _paid(*paid))),
                ("bare FastAPI", _measure(bare, _echo())),
            ):
                rounds.setdefault(name, []).append(measured.per_second)
                latencies.setdefault(name, []).append(measured.percentile(0.99))
            for name in ("free", "paid"):
                rate = sql.transactions_per_second(name, _CLIENTS, _SECONDS)
                rounds.setdefault(f"SQL {name}", []).append(rate)
    return _figures({k: median(v) for k, v in rounds.items()}, latencies)


def _figures(rates: dict[str, float], latencies: dict[str, list[float]]) -> list[Figure]:
    figures: list[Figure] = []
    for name, aim in (("free", "≥ 500/s"), ("paid", "≥ 100/s")):
        title = f"complete {name} bookings"
        figures += [
            Figure(title, rates[name], "/s", "bare SQL (pgbench)", rates[f"SQL {name}"], aim),
            Figure(title, rates[name], "/s", "bare FastAPI answer", rates["bare FastAPI"], aim),
            Figure(f"{title}, p99", median(latencies[name]), "ms"),
        ]
    return figures


def _measure(host_port: tuple[str, int], journey: Callable[[Connection], Awaitable[None]]) -> Run:
    return asyncio.run(drive(host_port, journey, clients=_CLIENTS, seconds=_SECONDS))


# -- Journeys -------------------------------------------------------------------------------------


def _free(date_id: UUID, ticket_type_id: UUID) -> Callable[[Connection], Awaitable[None]]:
    body = dump({"date_id": str(date_id), "items": _two(ticket_type_id), "contact": _CONTACT})

    async def journey(connection: Connection) -> None:
        path = f"/api/booking/free-bookings/{new_uuid()}"
        status, answer = await connection.send("PUT", path, body)
        assert status == 200, answer
        assert b'"confirmed"' in answer

    return journey


def _paid(date_id: UUID, ticket_type_id: UUID) -> Callable[[Connection], Awaitable[None]]:
    """Hold, checkout, and the answer that the saga is through: what a page does."""
    hold = dump({"date_id": str(date_id), "items": _two(ticket_type_id)})

    async def journey(connection: Connection) -> None:
        hold_id, checkout_id = new_uuid(), new_uuid()
        status, answer = await connection.send("PUT", f"/api/booking/holds/{hold_id}", hold)
        assert status == 200, answer
        checkout = {"hold_id": str(hold_id), "contact": _CONTACT, "method": "sandbox-success"}
        path = f"/api/checkout/checkouts/{checkout_id}"
        status, answer = await connection.send("PUT", path, dump(checkout))
        assert status in (200, 202), answer
        while json.loads(answer)["state"] != "confirmed":
            status, answer = await connection.send("GET", f"{path}?wait_ms=10000")
            assert status == 200, answer
            assert json.loads(answer)["state"] != "failed", answer

    return journey


def _echo() -> Callable[[Connection], Awaitable[None]]:
    body = dump({"items": _two(new_uuid()), "contact": _CONTACT})

    async def journey(connection: Connection) -> None:
        status, _ = await connection.send("PUT", f"/echo/{new_uuid()}", body)
        assert status == 200

    return journey


def _two(ticket_type_id: UUID) -> list[dict[str, object]]:
    return [{"ticket_type_id": str(ticket_type_id), "quantity": 2}]


# -- What they buy, and what stands beside --------------------------------------------------------


async def _on_sale(folder: Path) -> tuple[tuple[UUID, UUID], tuple[UUID, UUID]]:
    """A free and a paid event with a million places each: (date, ticket type) of both."""
    async with clients(Home(folder)) as client:
        catalog, booking = CatalogClient(client("catalog")), BookingClient(client("booking"))
        organiser_id = OrganiserId(new_uuid())
        await IdentityClient(client("identity")).put_organiser(
            organiser_id, NewOrganiser(name="Benchmark")
        )
        free = await _event(catalog, booking, organiser_id, 0)
        paid = await _event(catalog, booking, organiser_id, 1800)
        await _until(lambda: _offered(booking, [DateId(free[0]), DateId(paid[0])]))
    return free, paid


async def _until(true: Callable[[], Awaitable[bool]]) -> None:
    for _ in range(200):
        if await true():
            return
        await asyncio.sleep(0.05)
    raise TimeoutError("an event did not reach its service")


async def _offered(booking: BookingClient, date_ids: list[DateId]) -> bool:
    return len((await booking.availability(date_ids)).dates) == len(date_ids)


async def _event(
    catalog: CatalogClient, booking: BookingClient, organiser_id: OrganiserId, cents: int
) -> tuple[UUID, UUID]:
    event_id, date_id = EventId(new_uuid()), DateId(new_uuid())
    ticket_type_id = TicketTypeId(new_uuid())
    starts_at = datetime.now(UTC) + timedelta(days=30)
    date = DateDraft(
        id=date_id, starts_at=starts_at, ends_at=starts_at + timedelta(hours=2), zone="Europe/Paris"
    )
    draft = EventDraft(organiser_id=organiser_id, title="Nuit des fanfares", dates=[date])
    await catalog.put_event(event_id, draft)
    ticket_type = TicketTypeDraft(name="Plein tarif", price=Money(cents, "EUR"), tax_rate_bp=550)
    await catalog.put_ticket_type(event_id, ticket_type_id, ticket_type)
    quota = QuotaChange(
        id=QuotaId(new_uuid()), organiser_id=organiser_id, date_id=date_id, capacity=1_000_000,
        ticket_type_ids=[ticket_type_id],
    )  # fmt: skip
    await booking.put_quotas(organiser_id, QuotaChanges(quotas=[quota]))
    await catalog.publish(event_id)
    return date_id, ticket_type_id


@contextmanager
def _bare_fastapi() -> Generator[tuple[str, int], None, None]:
    port = free_port()
    process = subprocess.Popen([sys.executable, "-m", "bench.bare_fastapi", str(port)])
    try:
        asyncio.run(_await_port(port))
        yield "127.0.0.1", port
    finally:
        process.terminate()
        process.wait(10)


async def _await_port(port: int) -> None:
    for _ in range(200):
        try:
            _, writer = await asyncio.open_connection("127.0.0.1", port)
        except OSError:
            await asyncio.sleep(0.05)
        else:
            writer.close()
            return
    raise TimeoutError("the bare FastAPI server did not start")

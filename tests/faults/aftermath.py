"""What holds after every fault."""

from quickserve.contracts.booking import BookingId
from quickserve.contracts.deliveries import TAKERS
from tests.faults.buyers import Stream
from tests.faults.system import DATABASES, System
from tests.journeys.shows import Show, until

CAPACITY = 20_000
RECOVERY_SECONDS_MAX = 5
SETTLED_SECONDS_MAX = 20


async def nothing_is_lost_or_doubled(
    running: System, show: Show, stream: Stream, what: str, back_at: float | None
) -> None:
    print(stream.told(what, back_at))
    assert stream.lost == []
    assert {view["state"] for _, _, view in stream.ended} == {"confirmed"}
    await bookings_are_whole(running, show, stream)
    for service in DATABASES:
        await until(lambda name=service: outbox_is_empty(running, name), SETTLED_SECONDS_MAX)
    await until(lambda: queues_are_empty(running), SETTLED_SECONDS_MAX)
    await every_event_took_effect_once(running)
    if back_at is not None:
        assert stream.first_success_after(back_at) <= RECOVERY_SECONDS_MAX


async def bookings_are_whole(running: System, show: Show, stream: Stream) -> None:
    """Tickets, charges, places and books."""
    bookings = [
        await running.house.booking.booking(BookingId(view["booking_id"]), view["booking_key"])
        for view in stream.confirmed()
    ]
    wrong = [b.number for b in bookings if len(b.tickets) != sum(i.quantity for i in b.items)]
    assert wrong == [], "every accepted booking has its tickets"
    charges = await running.charges(show)
    assert sorted(amount for state, amount in charges if state == "captured") == sorted(
        booking.total.minor for booking in bookings
    ), "every accepted booking has exactly one charge"
    assert {state for state, _ in charges} == {"captured"}
    sold = sum(len(booking.tickets) for booking in bookings)
    await until(lambda: left(running, show, CAPACITY - sold), SETTLED_SECONDS_MAX)
    held = await running.ask("booking", "SELECT coalesce(sum(held), 0) FROM booking.quotas")
    assert held == [(0,)], "no place is held any more, whoever's"
    books = await running.house.payment.check_ledger()
    assert (books.findings, books.balanced) == ([], True)


async def left(running: System, show: Show, places: int) -> bool:
    rows = await running.ask(
        "booking",
        "SELECT held, capacity - held - sold FROM booking.quotas WHERE organiser_id = %s",
        show.organiser_id,
    )  # fmt: skip
    return rows == [(0, places)]


async def outbox_is_empty(running: System, service: str) -> bool:
    return await running.ask(service, f"SELECT count(*) FROM {service}.outbox") == [(0,)]


async def queues_are_empty(running: System) -> bool:
    """Those of the delays, too. A dead letter does not go away."""
    depths = running.rabbit.depths()
    assert {f"quickserve.{service}" for service in TAKERS} < depths.keys()
    assert not any(depths[f"quickserve.{service}.dead"] for service in TAKERS), depths
    return not any(depths.values())


async def every_event_took_effect_once(running: System) -> None:
    """What was written to outboxes, and what stands in the inboxes of those who want it."""
    published = [row for service in DATABASES for row in await running.events(service)]
    for service, events in TAKERS.items():
        wanted = {f"{service}.{event.TYPE}": event.TYPE for event in events}
        taken = await running.ask(service, f"SELECT consumer, message_id FROM {service}.inbox")
        due = [(c, id_) for c, kind in wanted.items() for id_, known in published if known == kind]
        print(f"{service}: {len(due)} events published for it, {len(taken)} took effect")
        assert sorted(taken) == sorted(due), f"every event takes effect once in {service}"

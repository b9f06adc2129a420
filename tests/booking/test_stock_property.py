"""Whatever is done in whichever order, the quota agrees with a ledger kept by hand."""

from dataclasses import dataclass, field

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from quickserve.contracts.booking import (
    BookingId,
    BookingNotPending,
    HoldExpired,
    HoldId,
    HoldUsed,
    SoldOut,
)
from quickserve.kernel.errors import NotFound
from quickserve.kernel.ids import new_uuid

from .conftest import Gala, some_event

CAPACITY = 6
STEPS = st.lists(
    st.tuples(
        st.sampled_from(["hold", "release", "expire", "book", "confirm", "withdraw"]),
        st.integers(1, 3),  # places, where it is a hold
        st.integers(0, 3),  # which of the holds or bookings made so far
    ),
    max_size=25,
)


@dataclass
class Ledger:
    """The rules in a dozen lines: states by id, places by id."""

    holds: dict[HoldId, tuple[str, int]] = field(default_factory=dict)
    bookings: dict[BookingId, tuple[str, int]] = field(default_factory=dict)

    @property
    def held(self) -> int:
        holds = sum(n for state, n in self.holds.values() if state in {"active", "overdue"})
        return holds + sum(n for state, n in self.bookings.values() if state == "pending")

    @property
    def sold(self) -> int:
        return sum(n for state, n in self.bookings.values() if state == "confirmed")

    def reclaim(self) -> None:
        """Holds past their time are taken back."""
        for hold_id, (state, places) in self.holds.items():
            if state == "overdue":
                self.holds[hold_id] = ("expired", places)


async def step(gala: Gala, ledger: Ledger, kind: str, places: int, which: int) -> None:
    holds, bookings = list(ledger.holds), list(ledger.bookings)
    hold_id = holds[which % len(holds)] if holds else HoldId(new_uuid())
    booking_id = bookings[which % len(bookings)] if bookings else BookingId(new_uuid())
    state, size = ledger.holds.get(hold_id, ("none", 0))
    match kind:
        case "hold":
            await hold(gala, ledger, places)
        case "release":
            if state == "used":
                await refused(gala.box.checkout.release_hold(hold_id), HoldUsed)
            else:
                await gala.box.checkout.release_hold(hold_id)
                if state in {"active", "overdue"}:
                    ledger.holds[hold_id] = ("released", size)
        case "expire":
            if state == "active":
                await gala.box.expire(hold_id)
                ledger.holds[hold_id] = ("overdue", size)
        case "book":
            await book(gala, ledger, hold_id)
        case "confirm":
            await confirm(gala, ledger, booking_id)
        case _:
            await withdraw(gala, ledger, booking_id)


async def hold(gala: Gala, ledger: Ledger, places: int) -> None:
    hold_id = HoldId(new_uuid())
    if ledger.held + ledger.sold + places > CAPACITY:
        ledger.reclaim()
    if ledger.held + ledger.sold + places > CAPACITY:
        await refused(gala.hold(places, hold_id=hold_id), SoldOut)
    else:
        await gala.hold(places, hold_id=hold_id)
        ledger.holds[hold_id] = ("active", places)


async def book(gala: Gala, ledger: Ledger, hold_id: HoldId) -> None:
    state, places = ledger.holds.get(hold_id, ("none", 0))
    booking_id = BookingId(new_uuid())
    if state == "active":
        await gala.pend(hold_id, booking_id)
        ledger.holds[hold_id] = ("used", places)
        ledger.bookings[booking_id] = ("pending", places)
    else:
        why = {"none": NotFound, "used": HoldUsed}.get(state, HoldExpired)
        await refused(gala.pend(hold_id, booking_id), why)


async def confirm(gala: Gala, ledger: Ledger, booking_id: BookingId) -> None:
    state, places = ledger.bookings.get(booking_id, ("none", 0))
    if state in {"pending", "confirmed"}:
        await gala.box.checkout.confirm(booking_id)
        ledger.bookings[booking_id] = ("confirmed", places)
    else:
        why = NotFound if state == "none" else BookingNotPending
        await refused(gala.box.checkout.confirm(booking_id), why)


async def withdraw(gala: Gala, ledger: Ledger, booking_id: BookingId) -> None:
    state, places = ledger.bookings.get(booking_id, ("none", 0))
    if state == "confirmed":
        await refused(gala.box.checkout.withdraw(booking_id), BookingNotPending)
    else:
        await gala.box.checkout.withdraw(booking_id)
        ledger.bookings[booking_id] = ("withdrawn", places)


async def refused(call, kind) -> None:
    try:
        await call
    except kind:
        return
    raise AssertionError(f"expected {kind.__name__}")


@given(steps=STEPS)
@settings(
    max_examples=25, deadline=None, derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)  # fmt: skip
async def test_the_quota_agrees_with_the_ledger(box, steps):
    event = some_event()
    await box.offer(event)
    gala, ledger = Gala(box, event.organiser_id, event), Ledger()
    quota = await gala.quota(CAPACITY)
    for kind, places, which in steps:
        await step(gala, ledger, kind, places, which)
        held, sold = await gala.stock(quota)
        if (held, sold) != (ledger.held, ledger.sold):
            ledger.reclaim()  # the job may have come by
        assert (held, sold) == (ledger.held, ledger.sold), (kind, places, which)

"""Whatever is done in whichever order, through two processes, the engine agrees with a model.

After each step: held + sold ≤ capacity, figures and tickets as in the model, and as the rows of
holds and bookings say.
"""

from collections.abc import Awaitable
from typing import Any
from uuid import UUID

import pytest
from hypothesis import Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, initialize, invariant, multiple, rule

from quickserve.contracts.booking import (
    BookingId,
    BookingNotPending,
    BookingView,
    CapacityBelowSold,
    FreeBooking,
    HoldExpired,
    HoldId,
    HoldUsed,
    HoldView,
    Item,
    NewBooking,
    NewHold,
    QuotaChange,
    QuotaChanges,
    QuotaId,
    SoldOut,
)
from quickserve.contracts.booking_changes import (
    AmendmentId,
    ChangeNotAllowed,
    ChangeRules,
    NewAmendment,
    PlaceTaken,
)
from quickserve.contracts.booking_records import BookingNotConfirmed
from quickserve.kernel.errors import NotFound, Problem
from quickserve.kernel.ids import new_uuid
from tests.booking.conftest import AMINA, Gala, put_on
from tests.booking.engine_model import Amendment, Basket, Booking, Hold, Model, Quota
from tests.booking.machines import QUIET, Machine, drive

pytestmark = pytest.mark.one_shape

CAPACITY_MAX = 8
_STATE = """
SELECT jsonb_build_object(
    'quotas', (SELECT jsonb_object_agg(id, jsonb_build_array(capacity, held, sold))
               FROM quotas WHERE date_id = %(date)s),
    'holds', (SELECT jsonb_object_agg(id, state) FROM holds WHERE date_id = %(date)s),
    'bookings', (SELECT jsonb_object_agg(id, state) FROM bookings WHERE date_id = %(date)s),
    'amendments', (SELECT jsonb_object_agg(id, state) FROM amendments WHERE date_id = %(date)s),
    'tickets', (SELECT count(*) FROM tickets
                WHERE date_id = %(date)s AND state IN ('valid', 'changing')),
    'claims', (SELECT jsonb_object_agg(quota_id, jsonb_build_array(held, sold)) FROM (
        SELECT quota_id, sum(places) FILTER (WHERE held) AS held,
               sum(places) FILTER (WHERE NOT held) AS sold
        FROM (SELECT true AS held, quota_ids, quota_places FROM holds
              WHERE date_id = %(date)s AND state = 'active'
              UNION ALL
              SELECT state = 'pending', quota_ids, quota_places FROM bookings
              WHERE date_id = %(date)s AND state IN ('pending', 'confirmed')) AS taken,
             unnest(quota_ids, quota_places) AS each(quota_id, places)
        GROUP BY quota_id) AS sums))
"""


class EngineMachine(Machine):
    """Rules say what must come of each call."""

    holds = Bundle("holds")
    bookings = Bundle("bookings")
    amendments = Bundle("amendments")
    places = st.tuples(st.integers(0, 3), st.integers(0, 2)).filter(any)
    doors = st.integers(0, 1)

    @initialize(capacity=st.integers(1, CAPACITY_MAX), children=st.integers(0, CAPACITY_MAX))
    def open_the_house(self, capacity: int, children: int) -> None:
        """Two quotas: everybody takes a place of the first, children also of the second."""
        self.gala: Gala = self.house.do(put_on(self.house.box, price=0))
        both = frozenset({self.gala.seat, self.gala.child})
        quotas = {
            QuotaId(new_uuid()): Quota(capacity, both),
            QuotaId(new_uuid()): Quota(children, frozenset({self.gala.child})),
        }
        self.model = Model(dict(quotas))
        for quota_id, quota in quotas.items():
            self.house.do(self._put_quota(quota_id, quota, quota.capacity))
        rules = ChangeRules(cancel_hours=1, resale=True)
        changes = self.house.doors[0].changes
        self.house.do(changes.put_rules(self.gala.event.event_id, rules, self.gala.token))

    # -- Holds ---------------------------------------------------------------------------------

    @rule(target=holds, places=places, door=doors)
    def hold(self, places: tuple[int, int], door: int) -> Any:
        return self._rush(1, places, door)

    @rule(target=holds, places=places, buyers=st.integers(2, 5))
    def rush(self, places: tuple[int, int], buyers: int) -> Any:
        """The same wish of several at once: as many get it as there is room for."""
        return self._rush(buyers, places, 0)

    def _rush(self, buyers: int, places: tuple[int, int], door: int) -> Any:
        basket = self._basket(places)
        expected = self.model.winners(buyers, basket)
        ids = [HoldId(new_uuid()) for _ in range(buyers)]
        outcomes = self.house.tried(
            *(self._put_hold(i, basket, door + n) for n, i in enumerate(ids))
        )
        won = [i for i, one in zip(ids, outcomes, strict=True) if isinstance(one, HoldView)]
        assert {type(one) for one in outcomes} <= {HoldView, SoldOut}, outcomes
        assert len(won) in expected, (len(won), expected)
        self.model.holds.update({i: Hold(basket, "active" if i in won else "none") for i in ids})
        return multiple(*ids)

    @rule(hold_id=holds, door=doors)
    def ask_again(self, hold_id: HoldId, door: int) -> None:
        """The same request once more changes nothing."""
        hold = self.model.holds[hold_id]
        if hold.state == "none":
            return
        [answer] = self.house.tried(self._put_hold(hold_id, hold.basket, door))
        assert isinstance(answer, HoldView)
        assert (answer.state == "active") == (hold.state == "active")

    @rule(hold_id=holds, door=doors)
    def release(self, hold_id: HoldId, door: int) -> None:
        hold = self.model.holds[hold_id]
        self._expect(
            self.door(door).booking.release_hold(hold_id),
            HoldUsed if hold.state == "used" else None,
        )
        if hold.state in {"active", "overdue"}:
            hold.state = "ended"

    @rule(hold_id=holds)
    def time_passes(self, hold_id: HoldId) -> None:
        hold = self.model.holds[hold_id]
        if hold.state == "active":
            self.house.do(self.house.box.expire(hold_id))
            hold.state = "overdue"

    # -- Bookings ------------------------------------------------------------------------------

    @rule(target=bookings, hold_id=holds, door=doors)
    def reserve(self, hold_id: HoldId, door: int) -> Any:
        """Out of a hold: pending."""
        hold, booking_id = self.model.holds[hold_id], BookingId(new_uuid())
        new = NewBooking(hold_id=hold_id, contact=AMINA)
        call = self.door(door).booking.put_booking(booking_id, new)
        made = self._expect(call, self._refused(hold)) is not None
        self.model.bookings[booking_id] = Booking(hold.basket, "pending" if made else "none")
        if made:
            hold.state = "used"
        return booking_id

    @rule(target=bookings, hold_id=holds, door=doors)
    def book_the_hold(self, hold_id: HoldId, door: int) -> Any:
        """Out of a hold that costs nothing: tickets at once."""
        hold, booking_id = self.model.holds[hold_id], BookingId(new_uuid())
        new = FreeBooking(hold_id=hold_id, contact=AMINA)
        call = self.door(door).booking.book_free(booking_id, new)
        view = self._expect(call, self._refused(hold))
        self._sold(booking_id, hold.basket, view)
        if view is not None:
            hold.state = "used"
        return booking_id

    @rule(target=bookings, places=places, buyers=st.integers(1, 4))
    def book(self, places: tuple[int, int], buyers: int) -> Any:
        """Without a hold, several at once."""
        basket = self._basket(places)
        expected = self.model.winners(buyers, basket)
        ids = [BookingId(new_uuid()) for _ in range(buyers)]
        outcomes = self.house.tried(*(self._book(i, basket, n) for n, i in enumerate(ids)))
        views = {i: v for i, v in zip(ids, outcomes, strict=True) if isinstance(v, BookingView)}
        assert {type(one) for one in outcomes} <= {BookingView, SoldOut}, outcomes
        assert len(views) in expected, (len(views), expected)
        for booking_id in ids:
            self._sold(booking_id, basket, views.get(booking_id))
        return multiple(*ids)

    @rule(booking_id=bookings, door=doors)
    def confirm(self, booking_id: BookingId, door: int) -> None:
        booking = self.model.bookings[booking_id]
        errors = {"none": NotFound, "withdrawn": BookingNotPending, "tombstone": BookingNotPending}
        call = self.door(door).booking.confirm(booking_id)
        view = self._expect(call, errors.get(booking.state))
        if booking.state == "pending":
            self._sold(booking_id, booking.basket, view)

    @rule(booking_id=bookings, door=doors)
    def withdraw(self, booking_id: BookingId, door: int) -> None:
        booking = self.model.bookings[booking_id]
        settled = booking.state in {"confirmed", "cancelled"}
        call = self.door(door).booking.withdraw(booking_id)
        self._expect(call, BookingNotPending if settled else None)
        after = {"pending": "withdrawn", "none": "tombstone"}
        booking.state = after.get(booking.state, booking.state)

    @rule(booking_id=bookings, door=doors)
    def cancel(self, booking_id: BookingId, door: int) -> None:
        booking = self.model.bookings[booking_id]
        errors = {
            "none": NotFound, "tombstone": NotFound, "pending": BookingNotConfirmed,
            "withdrawn": BookingNotConfirmed,
        }  # fmt: skip
        self._expect(self.door(door).records.cancel(booking_id), errors.get(booking.state))
        if booking.state == "confirmed":
            self.model.cancel(booking_id)

    # -- Afterwards ----------------------------------------------------------------------------

    @rule(
        target=amendments, booking_id=bookings, door=doors, count=st.integers(1, 2),
        kind=st.sampled_from(["cancel", "resale"]),
    )  # fmt: skip
    def open_a_change(self, booking_id: BookingId, kind: str, count: int, door: int) -> Any:
        booking, amendment_id = self.model.bookings[booking_id], AmendmentId(new_uuid())
        tickets = list(booking.tickets)[:count]
        row = self.model.amendments[amendment_id] = Amendment(booking_id, kind, "none", tickets)
        if not tickets:
            return amendment_id
        fine = set(tickets) <= set(booking.of_state("valid")) and (
            kind == "resale" or not booking.of_state("changing")
        )
        new = NewAmendment(booking_id=booking_id, kind=kind, ticket_ids=tickets)  # type: ignore[arg-type]
        call = self.door(door).changes.open(amendment_id, new)
        if self._expect(call, None if fine else ChangeNotAllowed) is not None:
            row.state = "open"
            self._mark(row, "changing" if kind == "cancel" else "returned")
        return amendment_id

    @rule(amendment_id=amendments, door=doors)
    def confirm_the_change(self, amendment_id: AmendmentId, door: int) -> None:
        row = self.model.amendments[amendment_id]
        due = row.state == ("sold" if row.kind == "resale" else "open")
        refusal = None if due or row.state == "done" else ChangeNotAllowed
        call = self.door(door).changes.confirm(amendment_id)
        self._expect(call, NotFound if row.state == "none" else refusal)
        if due:
            row.state = "done"
            self._mark(row, "cancelled")

    @rule(amendment_id=amendments, door=doors)
    def drop_the_change(self, amendment_id: AmendmentId, door: int) -> None:
        row = self.model.amendments[amendment_id]
        [outcome] = self.house.tried(self.door(door).changes.drop(amendment_id))
        if row.state == "open" and not isinstance(outcome, PlaceTaken):
            assert outcome is None, outcome
            row.state = "dropped"
            self._mark(row, "valid")
        elif row.state in {"done", "sold"}:
            assert isinstance(outcome, ChangeNotAllowed), outcome
        elif row.state == "none":
            row.state = "dropped"

    # -- The house -----------------------------------------------------------------------------

    @rule(which=st.integers(0, 1), capacity=st.integers(0, CAPACITY_MAX))
    def resize(self, which: int, capacity: int) -> None:
        quota_id, quota = list(self.model.quotas.items())[which]
        sold = self.model.sold(quota)
        least, most = (sold + self.model.held(quota, overdue=o) for o in (False, True))
        [outcome] = self.house.tried(self._put_quota(quota_id, quota, capacity))
        if outcome is None:
            assert capacity >= least
            quota.capacity = capacity
        else:
            assert isinstance(outcome, CapacityBelowSold), outcome
            assert capacity < most

    @invariant()
    def the_engine_agrees(self) -> None:
        if not hasattr(self, "model"):
            return
        date = {"date": self.gala.date_id}
        [(found,)] = self.house.do(self.house.box.sql(_STATE, date))
        self._catch_up(found)
        claims = found["claims"] or {}
        for quota_id, quota in self.model.quotas.items():
            capacity, held, sold = found["quotas"][str(quota_id)]
            assert held + sold <= capacity == quota.capacity
            assert (held, sold) == (self.model.held(quota), self.model.sold(quota))
            assert [held, sold] == [n or 0 for n in claims.get(str(quota_id), (0, 0))]
        everybody = next(iter(self.model.quotas.values()))
        assert found["tickets"] == self.model.sold(everybody)
        for booking_id, state in (found["bookings"] or {}).items():
            assert self.model.bookings[UUID(booking_id)].state == state

    def _catch_up(self, found: dict[str, Any]) -> None:
        """What happens by itself: the job takes back holds, a sale finds a returned ticket."""
        states = found["holds"] or {}
        for hold_id, hold in self.model.holds.items():
            state = states.get(str(hold_id), "none")
            if hold.state == "overdue" and state == "expired":
                hold.state = "ended"
            assert (state == "active") == (hold.state in {"active", "overdue"})
        for amendment_id, state in (found["amendments"] or {}).items():
            row = self.model.amendments[UUID(amendment_id)]
            if (row.kind, row.state, state) == ("resale", "open", "sold"):
                row.state = "sold"
            assert row.state == state

    # -- In short ------------------------------------------------------------------------------

    def _basket(self, places: tuple[int, int]) -> Basket:
        kinds = (self.gala.seat, self.gala.child)
        return {kind: count for kind, count in zip(kinds, places, strict=True) if count}

    def _items(self, basket: Basket) -> list[Item]:
        return [Item(ticket_type_id=kind, quantity=count) for kind, count in basket.items()]

    def _put_hold(self, hold_id: HoldId, basket: Basket, door: int) -> Awaitable[HoldView]:
        new = NewHold(date_id=self.gala.date_id, items=self._items(basket))
        return self.door(door).booking.put_hold(hold_id, new)

    def _book(self, booking_id: BookingId, basket: Basket, door: int) -> Awaitable[BookingView]:
        date, items = self.gala.date_id, self._items(basket)
        new = FreeBooking(date_id=date, items=items, contact=AMINA)
        return self.door(door).booking.book_free(booking_id, new)

    def _put_quota(self, quota_id: UUID, quota: Quota, capacity: int) -> Awaitable[None]:
        change = QuotaChange(
            id=QuotaId(quota_id), organiser_id=self.gala.organiser_id, date_id=self.gala.date_id,
            capacity=capacity, ticket_type_ids=sorted(quota.types),
        )  # fmt: skip
        changes = QuotaChanges(quotas=[change])
        booking = self.house.doors[0].booking
        return booking.put_quotas(self.gala.organiser_id, changes, self.gala.token)

    def _expect(self, call: Awaitable[Any], error: type[Problem] | None) -> Any:
        [outcome] = self.house.tried(call)
        if error is None:
            assert not isinstance(outcome, Problem), outcome
            return outcome
        assert isinstance(outcome, error), outcome
        return None

    def _refused(self, hold: Hold) -> type[Problem] | None:
        refusals = {"active": None, "used": HoldUsed, "none": NotFound}
        return refusals.get(hold.state, HoldExpired)

    def _sold(self, booking_id: BookingId, basket: Basket, view: BookingView | None) -> None:
        """Nothing of the id came to be where there is no view."""
        if view is None:
            self.model.bookings[booking_id] = Booking(basket, "none")
            return
        assert view.state == "confirmed"
        tickets = [ticket.id for ticket in view.tickets]
        self.model.sell(booking_id, basket, view.key, tickets)

    def _mark(self, row: Amendment, state: str) -> None:
        """Its tickets; those of a booking that was cancelled as a whole stay worthless."""
        booking = self.model.bookings[row.booking_id]
        if booking.state != "cancelled":
            for ticket_id in row.ticket_ids:
                booking.tickets[ticket_id].state = state
            if not booking.of_state("valid", "changing", "returned"):
                booking.state = "cancelled"


async def test_the_engine_agrees_with_the_model(two_processes):
    await drive(two_processes, EngineMachine)


class ForgetfulMachine(EngineMachine):
    """The negative control: now and then places are given back that somebody still has."""

    @rule(hold_id=EngineMachine.holds)
    def give_back_twice(self, hold_id: HoldId) -> None:
        self.house.do(
            self.house.box.sql(
                "UPDATE quotas SET held = held - 1 FROM holds h"
                " WHERE h.id = %s AND quotas.id = h.quota_ids[1] AND held > 0",
                (hold_id,),
            )
        )


async def test_a_place_given_back_twice_is_noticed(two_processes):
    how = settings(QUIET, phases=[Phase.generate], report_multiple_bugs=False)
    with pytest.raises(AssertionError):
        await drive(two_processes, ForgetfulMachine, how)

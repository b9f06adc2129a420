"""Everything that takes and gives back places at once: seats, codes, groups, waiting list, resale.

What comes of a call is not predicted here (for that see test_engine_machine); whatever it is, after
each step sold + held + offered + blocked ≤ capacity, figures are what the rows of holds and
bookings say, a seat has one holder who knows of it, and what was acknowledged is so.
"""

from collections.abc import Awaitable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from hypothesis import Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, initialize, invariant, rule

from quickserve.contracts.booking import (
    BookingId,
    BookingNotPending,
    BookingView,
    CapacityBelowSold,
    FreeBooking,
    HoldExpired,
    HoldId,
    HoldUsed,
    Item,
    NewBooking,
    NewHold,
    QuotaChange,
    QuotaChanges,
    QuotaId,
    SeatTaken,
    SoldOut,
    VoucherId,
)
from quickserve.contracts.booking_changes import (
    AmendmentId,
    ChangeNotAllowed,
    ChangeRules,
    NewAmendment,
    PlaceTaken,
)
from quickserve.contracts.booking_records import BookingNotConfirmed
from quickserve.contracts.booking_rules import (
    CodeNotValid,
    NewVoucher,
    NewVouchers,
    UsesBelowTaken,
)
from quickserve.contracts.box_office import DeskContact, NewDeskSale, NewReservation
from quickserve.contracts.waiting_list import (
    EntryId,
    NeverSoMany,
    NewEntry,
    NoOffer,
    PlacesLeft,
)
from quickserve.kernel.errors import Conflict, NotFound, Problem
from quickserve.kernel.ids import new_uuid
from tests.booking.conftest import AMINA, Gala
from tests.booking.machines import EXAMPLES, QUIET, Machine, drive
from tests.booking.test_seats import a_plan, seated

pytestmark = pytest.mark.one_shape

CODE = "GROUPE"
# What jobs do meanwhile is never the same again: a shorter story would be another one.
HASTY = settings(
    QUIET, max_examples=EXAMPLES or 12, phases=[Phase.generate], report_multiple_bugs=False
)
_GONE = (HoldExpired, HoldUsed, NotFound)

_WRONG = """
WITH own AS (SELECT * FROM quotas WHERE organiser_id = %(organiser)s),
taken AS (
    SELECT true AS held, quota_ids, quota_places FROM holds
    WHERE date_id = %(date)s AND state = 'active'
    UNION ALL
    SELECT state = 'pending', quota_ids, quota_places FROM bookings
    WHERE date_id = %(date)s AND state IN ('pending', 'confirmed')),
claims AS (
    SELECT quota_id, coalesce(sum(places) FILTER (WHERE held), 0) AS held,
        coalesce(sum(places) FILTER (WHERE NOT held), 0) AS sold
    FROM taken, unnest(quota_ids, quota_places) AS each(quota_id, places) GROUP BY quota_id),
seated AS (
    SELECT seat_id, CASE state WHEN 'sold' THEN 'sold' ELSE 'held' END AS state, taken_by
    FROM seats WHERE date_id = %(date)s AND state <> 'free'),
known AS (
    SELECT seat ->> 'id' AS seat_id, 'held' AS state, claim.id AS taken_by
    FROM (SELECT id, items FROM holds WHERE date_id = %(date)s AND state = 'active'
          UNION ALL
          SELECT id, items FROM bookings WHERE date_id = %(date)s AND state = 'pending') AS claim,
        jsonb_array_elements(claim.items) AS item,
        jsonb_array_elements(item -> 'seats') AS seat
    UNION ALL
    SELECT t.seat_id, 'sold', b.id FROM bookings b JOIN tickets t ON t.booking_id = b.id
    WHERE b.date_id = %(date)s AND b.state = 'confirmed' AND t.state IN ('valid', 'changing')
        AND t.seat_id IS NOT NULL)
SELECT 'oversold ' || q.name FROM own q WHERE held + sold > capacity
UNION ALL
SELECT format('%%s %%s: held %%s sold %%s, claimed %%s and %%s', q.kind, q.name, q.held, q.sold,
    c.held, c.sold)
FROM own q LEFT JOIN claims c ON c.quota_id = q.id
WHERE (q.held, q.sold) <> (coalesce(c.held, 0), coalesce(c.sold, 0))
UNION ALL
SELECT format('seat %%s: %%s by %%s, known as %%s of %%s', seat_id, s.state, s.taken_by,
    k.state, k.taken_by)
FROM seated s FULL JOIN known k USING (seat_id)
WHERE (s.state, s.taken_by) IS DISTINCT FROM (k.state, k.taken_by)
UNION ALL
SELECT format('tickets %%s, sold %%s', count(*), (SELECT sum(sold) FROM own WHERE kind = 'places'))
FROM tickets t WHERE date_id = %(date)s AND state IN ('valid', 'changing')
HAVING count(*) <> (SELECT sum(sold) FROM own WHERE kind = 'places')
"""


class EverythingMachine(Machine):
    """A house of nine seats, all of which also take a place of a quota of the organiser's."""

    holds = Bundle("holds")
    bookings = Bundle("bookings")
    amendments = Bundle("amendments")
    entries = Bundle("entries")
    doors = st.integers(0, 1)
    kinds = st.integers(0, 1)
    some = st.integers(1, 3)

    @initialize(capacity=st.integers(2, 9), uses=st.integers(0, 4), reserve=st.booleans())
    def open_the_house(self, capacity: int, uses: int, reserve: bool) -> None:
        do, box = self.house.do, self.house.box
        self.gala: Gala = do(seated(box, price=0, plan=a_plan(rows=2, width=5)))
        self.quota_id, self.voucher_id = QuotaId(new_uuid()), VoucherId(new_uuid())
        self.story: list[str] = []  # told when it ends badly: the threads of a race repeat badly
        self.booked: dict[UUID, str] = {}
        self.tickets: dict[UUID, list[Any]] = {}
        self.keys: dict[UUID, str] = {}
        do(self._resized(capacity))
        rules = ChangeRules(cancel_hours=1, resale=True)
        do(self.door(0).changes.put_rules(self.gala.event.event_id, rules, self.gala.token))
        self.reserve = reserve
        self._tried(self._voucher(uses, 0), SoldOut)  # so many cannot be set aside

    # -- Buyers ----------------------------------------------------------------------------------

    @rule(
        target=holds, kind=kinds, count=some, seat=st.integers(0, 9), code=st.booleans(), at=doors
    )
    def hold(self, kind: int, count: int, seat: int, code: bool, at: int) -> HoldId:
        """The best seats, or from that one on; with the voucher or not."""
        hold_id = HoldId(new_uuid())
        new = NewHold(
            date_id=self.gala.date_id, items=[self._item(kind, count, seat)],
            codes=[CODE] if code else [],
        )  # fmt: skip
        self._tried(self.door(at).booking.put_hold(hold_id, new), SoldOut, SeatTaken, CodeNotValid)
        return hold_id

    @rule(hold_id=holds, at=doors)
    def release(self, hold_id: HoldId, at: int) -> None:
        self._tried(self.door(at).booking.release_hold(hold_id), HoldUsed)

    @rule(hold_id=holds)
    def time_passes(self, hold_id: HoldId) -> None:
        self.house.do(
            self.house.box.sql(
                "UPDATE holds SET expires_at = clock_timestamp() - interval '1 ms'"
                " WHERE id = %s AND state = 'active'",
                (hold_id,),
            )
        )

    @rule(target=bookings, hold_id=holds, at=doors)
    def reserve_it(self, hold_id: HoldId, at: int) -> BookingId:
        booking_id = BookingId(new_uuid())
        new = NewBooking(hold_id=hold_id, contact=AMINA)
        self._keep(
            booking_id, self._tried(self.door(at).booking.put_booking(booking_id, new), *_GONE)
        )
        return booking_id

    @rule(target=bookings, hold_id=holds, at=doors)
    def book_it(self, hold_id: HoldId, at: int) -> BookingId:
        booking_id = BookingId(new_uuid())
        new = FreeBooking(hold_id=hold_id, contact=AMINA)
        self._keep(
            booking_id, self._tried(self.door(at).booking.book_free(booking_id, new), *_GONE)
        )
        return booking_id

    @rule(target=bookings, kind=kinds, count=some, seat=st.integers(0, 9), at=doors)
    def book_at_once(self, kind: int, count: int, seat: int, at: int) -> BookingId:
        booking_id = BookingId(new_uuid())
        items = [self._item(kind, count, seat)]
        new = FreeBooking(date_id=self.gala.date_id, items=items, contact=AMINA)
        call = self.door(at).booking.book_free(booking_id, new)
        self._keep(booking_id, self._tried(call, SoldOut, SeatTaken))
        return booking_id

    @rule(booking_id=bookings, at=doors)
    def confirm(self, booking_id: BookingId, at: int) -> None:
        call = self.door(at).booking.confirm(booking_id)
        self._keep(booking_id, self._tried(call, NotFound, BookingNotPending))

    @rule(booking_id=bookings, at=doors)
    def withdraw(self, booking_id: BookingId, at: int) -> None:
        call = self.door(at).booking.withdraw(booking_id)
        if not isinstance(self._tried(call, BookingNotPending), Problem):
            self.booked[booking_id] = "withdrawn"

    @rule(booking_id=bookings, at=doors)
    def cancel(self, booking_id: BookingId, at: int) -> None:
        call = self.door(at).records.cancel(booking_id)
        if not isinstance(self._tried(call, NotFound, BookingNotConfirmed), Problem):
            self.booked[booking_id] = "cancelled"

    # -- Afterwards ------------------------------------------------------------------------------

    @rule(
        target=amendments, booking_id=bookings, kind=st.sampled_from(["cancel", "resale"]), at=doors
    )
    def change(self, booking_id: BookingId, kind: Any, at: int) -> AmendmentId:
        amendment_id = AmendmentId(new_uuid())
        if tickets := self.tickets.get(booking_id):
            new = NewAmendment(booking_id=booking_id, kind=kind, ticket_ids=tickets[:1])
            self._tried(self.door(at).changes.open(amendment_id, new), ChangeNotAllowed)
        return amendment_id

    @rule(amendment_id=amendments, end=st.booleans(), at=doors)
    def end_the_change(self, amendment_id: AmendmentId, end: bool, at: int) -> None:
        changes = self.door(at).changes
        call = changes.confirm(amendment_id) if end else changes.drop(amendment_id)
        self._tried(call, ChangeNotAllowed, PlaceTaken, NotFound)

    # -- Who waits -------------------------------------------------------------------------------

    @rule(target=entries, kind=kinds, count=some, at=doors)
    def join(self, kind: int, count: int, at: int) -> EntryId:
        entry_id = EntryId(new_uuid())
        new = NewEntry(
            date_id=self.gala.date_id, ticket_type_ids=[self._kind(kind)], quantity=count,
            contact=AMINA.model_copy(update={"email": f"{entry_id.hex}@example.org"}),
        )  # fmt: skip
        view = self._tried(self.door(at).waiting.join(entry_id, new), PlacesLeft, NeverSoMany)
        if not isinstance(view, Problem):
            self.keys[entry_id] = view.key
        return entry_id

    @rule(target=holds, entry_id=entries, stay=st.booleans(), at=doors)
    def answer(self, entry_id: EntryId, stay: bool, at: int) -> HoldId:
        """To what was offered, if it was: its hold is the buyer's then."""
        waiting, key = self.door(at).waiting, self.keys.get(entry_id)
        if key is None:
            return HoldId(entry_id)
        call = waiting.accept(entry_id, key) if stay else waiting.leave(entry_id, key)
        view = self._tried(call, NoOffer, Conflict)
        return HoldId(entry_id) if isinstance(view, Problem) else view.hold_id or HoldId(entry_id)

    @rule(entry_id=entries, at=doors)
    def stop_gathering(self, entry_id: EntryId, at: int) -> None:
        self._tried(self.door(at).waiting.stop_gathering(entry_id, self.gala.token), NotFound)

    # -- Staff -----------------------------------------------------------------------------------

    @rule(target=holds, kind=kinds, count=some, at=doors)
    def reserve_for_group(self, kind: int, count: int, at: int) -> HoldId:
        hold_id = HoldId(new_uuid())
        new = NewReservation(
            date_id=self.gala.date_id, items=[self._item(kind, count, 9)], name="Collège Hugo",
            until=datetime.now(UTC) + timedelta(days=1),
        )  # fmt: skip
        self._tried(self.door(at).desk.reserve(hold_id, new, self.gala.token), SoldOut)
        return hold_id

    @rule(target=bookings, hold_id=holds, at=doors)
    def settle(self, hold_id: HoldId, at: int) -> BookingId:
        """At the desk; only what was reserved there."""
        booking_id = BookingId(new_uuid())
        guest = DeskContact(name="Fatou Sow")
        new = NewDeskSale(kind="cash", contact=guest, hold_id=hold_id)
        call = self.door(at).desk.sell(booking_id, new, self.gala.token)
        self._keep(booking_id, self._tried(call, *_GONE))
        return booking_id

    @rule(uses=st.integers(0, 4), at=doors)
    def change_the_voucher(self, uses: int, at: int) -> None:
        self._tried(self._voucher(uses, at), UsesBelowTaken, SoldOut)

    @rule(capacity=st.integers(0, 9))
    def resize(self, capacity: int) -> None:
        self._tried(self._resized(capacity), CapacityBelowSold)

    # -- What must be so -------------------------------------------------------------------------

    @invariant()
    def nothing_is_wrong(self) -> None:
        if not hasattr(self, "gala"):
            return
        ids = {"date": self.gala.date_id, "organiser": self.gala.organiser_id}
        wrong = self.house.do(self.house.box.sql(_WRONG, ids))
        assert not wrong, [*wrong, *self.story[-12:]]
        states = self.house.do(
            self.house.box.sql(
                "SELECT id, state FROM bookings WHERE id = ANY(%s)", (list(self.booked),)
            )
        )
        for booking_id, state in states:
            acknowledged = self.booked[booking_id]
            amended = (acknowledged, state) == ("confirmed", "cancelled")  # ticket by ticket
            assert state == acknowledged or amended, booking_id
        assert {booking_id for booking_id, _ in states} == set(self.booked)

    # -- In short --------------------------------------------------------------------------------

    def _kind(self, number: int) -> Any:
        return (self.gala.seat, self.gala.child)[number]

    def _item(self, kind: int, count: int, seat: int) -> Item:
        """From that seat of its row on, where the row has so many."""
        chosen = [f"{kind + 1}-{n + 1}" for n in range(seat, seat + count)]
        fits = seat + count <= 5
        return Item(ticket_type_id=self._kind(kind), quantity=count, seats=chosen if fits else [])

    def _resized(self, capacity: int) -> Awaitable[None]:
        change = QuotaChange(
            id=self.quota_id, organiser_id=self.gala.organiser_id, date_id=self.gala.date_id,
            capacity=capacity, ticket_type_ids=[self.gala.seat, self.gala.child],
        )  # fmt: skip
        changes = QuotaChanges(quotas=[change])
        return self.door(0).booking.put_quotas(self.gala.organiser_id, changes, self.gala.token)

    def _voucher(self, uses: int, at: int) -> Awaitable[None]:
        """For children, whose places are set aside for it or not."""
        new = NewVoucher(
            id=self.voucher_id, code=CODE, date_id=self.gala.date_id, uses=uses,
            ticket_type_ids=[self.gala.child], reserve=self.reserve,
        )  # fmt: skip
        vouchers = NewVouchers(vouchers=[new])
        return self.door(at).rules.put_vouchers(self.gala.organiser_id, vouchers, self.gala.token)

    def _tried(self, call: Awaitable[Any], *refusals: type[Problem]) -> Any:
        name = getattr(call, "__qualname__", "")
        [outcome] = self.house.tried(call)
        self.story.append(f"{name}: {getattr(outcome, 'items', None) or outcome!r}"[:400])
        assert not isinstance(outcome, Problem) or isinstance(outcome, refusals), self.story[-12:]
        return outcome

    def _keep(self, booking_id: UUID, view: BookingView | Problem) -> None:
        if not isinstance(view, Problem):
            self.booked[booking_id] = view.state
            self.tickets[booking_id] = [ticket.id for ticket in view.tickets]


async def test_everything_at_once_leaves_every_figure_right(two_processes):
    await drive(two_processes, EverythingMachine, HASTY)


class SleepwalkingMachine(EverythingMachine):
    """The negative control: now and then a seat that is held is given to nobody."""

    @rule()
    def lose_a_seat(self) -> None:
        self.house.do(
            self.house.box.sql(
                "UPDATE seats SET state = 'free', taken_by = NULL WHERE (date_id, seat_id) IN"
                " (SELECT date_id, seat_id FROM seats WHERE date_id = %s AND state = 'held'"
                " LIMIT 1)",
                (self.gala.date_id,),
            )
        )


async def test_a_seat_that_got_lost_is_noticed(two_processes):
    with pytest.raises(AssertionError):
        await drive(two_processes, SleepwalkingMachine, HASTY)

"""Vouchers, access codes, discounts, companions, bundles and persons, through HTTP."""

import asyncio
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from quickserve.contracts.booking import (
    BookingId,
    FreeBooking,
    HoldId,
    Item,
    NewBooking,
    NewHold,
    SoldOut,
    VoucherId,
)
from quickserve.contracts.booking_rules import (
    BookingRulesClient,
    CodeNotValid,
    CodeRequired,
    CodeTaken,
    DiscountId,
    EventRules,
    MissingCompanion,
    NewDiscount,
    NewVoucher,
    NewVouchers,
    PerPersonExceeded,
    TypeRules,
    UsesBelowTaken,
)
from quickserve.kernel.errors import Conflict, Forbidden, Malformed, Problem
from quickserve.kernel.ids import new_uuid
from quickserve.kernel.money import Money
from quickserve.kernel.testing import race
from tests.booking.conftest import AMINA, Gala, put_on

NOW = datetime.now(UTC)


@dataclass
class House:
    """A gala whose organiser sets rules; 100 places for both kinds of tickets."""

    gala: Gala
    client: BookingRulesClient
    ids: list[UUID] = field(default_factory=list)

    async def voucher(self, code="SAVE", *, voucher_id=None, **terms) -> VoucherId:
        made = NewVoucher(id=voucher_id or VoucherId(new_uuid()), code=code, **terms)
        await self.client.put_vouchers(
            self.gala.organiser_id, NewVouchers(vouchers=[made]), self.gala.token
        )
        return made.id

    async def discount(self, kind="percent", value=1000, **terms) -> DiscountId:
        discount_id = DiscountId(new_uuid())
        new = NewDiscount(name=terms.pop("name", "Early"), kind=kind, value=value, **terms)
        await self.client.put_discount(self.gala.organiser_id, discount_id, new, self.gala.token)
        await self.settle()
        return discount_id

    async def rules(self, *types: TypeRules) -> None:
        await self.client.put_event_rules(
            self.gala.event.event_id, EventRules(types=list(types)), self.gala.token
        )
        await self.settle()

    async def settle(self) -> None:
        """A look at a date is a quarter of a second old at most."""
        await asyncio.sleep(0.3)

    async def hold(self, *codes, hold_id=None, **quantities):
        kinds = {"seat": self.gala.seat, "child": self.gala.child}
        if len(self.gala.event.ticket_types) > 2:
            kinds["family"] = self.gala.event.ticket_types[2].id
        items = [Item(ticket_type_id=kinds[name], quantity=n) for name, n in quantities.items()]
        new = NewHold(date_id=self.gala.date_id, items=items, codes=list(codes))
        return await self.gala.box.checkout.put_hold(hold_id or HoldId(new_uuid()), new)

    async def book(self, hold_id, **contact):
        new = NewBooking(hold_id=hold_id, contact=AMINA.model_copy(update=contact))
        return await self.gala.box.checkout.put_booking(BookingId(new_uuid()), new)

    async def uses(self, voucher_id) -> tuple[int, int]:
        return await self.gala.stock(voucher_id)


@pytest.fixture
async def house(box) -> House:
    gala = await put_on(box)
    await gala.quota(100, gala.seat, gala.child)
    return House(gala, BookingRulesClient(box.platform.client("booking", "checkout")))


# -- Vouchers --------------------------------------------------------------------------------------


async def test_a_voucher_takes_off_and_is_used_once_a_ticket(house):
    voucher = await house.voucher(price="percent", value=5000, uses=2)
    hold = await house.hold("save", seat=3)
    assert [(i.quantity, i.unit_price.minor) for i in hold.items] == [(1, 1800), (2, 900)]
    assert hold.total == Money(3600, "EUR")
    assert hold.items[1].list_price == Money(1800, "EUR")
    assert hold.items[1].vouchers[0].id == voucher
    assert hold.items[1].reductions[0].name == "SAVE"
    assert await house.uses(voucher) == (2, 0)
    pending = await house.book(hold.id)
    booking = await house.gala.box.checkout.confirm(pending.id)
    assert await house.uses(voucher) == (0, 2)
    assert booking.items == hold.items
    prices = await house.gala.box.sql(
        "SELECT price_minor FROM tickets WHERE booking_id = %s ORDER BY 1", (booking.id,)
    )
    assert [row[0] for row in prices] == [900, 900, 1800]
    told = await house.client.voucher(voucher, house.gala.token)
    assert (told.voucher.used, [use.tickets for use in told.uses]) == (2, [2])
    with pytest.raises(CodeNotValid) as used_up:
        await house.hold("SAVE", seat=1)
    assert used_up.value.extra["reason"] == "used-up"


async def test_a_code_is_read_as_people_type_it(house):
    await house.voucher("AB-12 cd", price="amount", value=100)
    assert (await house.hold("ab12-CD", seat=1)).total.minor == 1700


@pytest.mark.parametrize(
    ("terms", "reason"),
    [
        ({"valid_until": NOW - timedelta(hours=1)}, "expired"),
        ({"valid_from": NOW + timedelta(hours=1)}, "not-yet"),
        ({"uses": 0}, "used-up"),
    ],
)
async def test_a_code_that_is_no_use_says_why(house, terms, reason):
    await house.voucher(price="amount", value=100, **terms)
    with pytest.raises(CodeNotValid) as refused:
        await house.hold("SAVE", seat=1)
    assert refused.value.extra["reason"] == reason
    told = await house.client.terms(house.gala.date_id, ["SAVE", "nonsense"])
    assert [code.state for code in told.codes] == [reason, "unknown"]


async def test_another_event_s_or_organiser_s_code_is_of_no_use(house, box):
    other = await put_on(box)
    elsewhere = House(other, house.client)
    await elsewhere.voucher("THEIRS", price="amount", value=100)
    with pytest.raises(CodeNotValid) as refused:
        await house.hold("THEIRS", seat=1)
    assert refused.value.extra["reason"] == "unknown"
    with pytest.raises(Malformed):
        await house.voucher("OURS", event_id=other.event.event_id)
    with pytest.raises(Malformed):
        await house.voucher("OURS", date_id=other.date_id)


@pytest.mark.parametrize("end", ["release", "expire", "withdraw", "cancel"])
async def test_what_ends_gives_the_use_back(house, end):
    voucher = await house.voucher(price="set", value=0)
    hold = await house.hold("SAVE", seat=1)
    assert await house.uses(voucher) == (1, 0)
    box = house.gala.box
    if end == "release":
        await box.checkout.release_hold(hold.id)
    elif end == "expire":
        await box.expire(hold.id)
    else:
        pending = await house.book(hold.id)
        if end == "withdraw":
            await box.checkout.withdraw(pending.id)
        else:
            await box.checkout.confirm(pending.id)
            token = house.gala.token
            answer = await box.call(
                "PUT", f"/bookings/{pending.id}/cancellation",
                headers={"Authorization": f"Bearer {token}"},
            )  # fmt: skip
            assert answer.status_code == 200
    again = await house.hold("SAVE", seat=1)  # at once, also when no job came by yet
    assert again.total.minor == 0
    assert await house.uses(voucher) == (1, 0)


async def test_fifty_people_and_a_code_for_one(house):
    voucher = await house.voucher(price="percent", value=10_000)
    outcomes = await race(*(house.hold("SAVE", seat=1) for _ in range(50)))
    assert sum(outcomes.kinds.values()) == 50
    winners = [kind for kind in outcomes.kinds if not issubclass(kind, Problem)]
    assert sum(outcomes.kinds[kind] for kind in winners) == 1
    assert set(outcomes.kinds) - set(winners) <= {CodeNotValid, SoldOut}
    assert await house.uses(voucher) == (1, 0)


async def test_without_its_quota_the_code_would_be_used_by_many(house):
    """The negative control: what is counted is what keeps the fifty apart."""
    voucher = await house.voucher(price="percent", value=10_000)
    await house.gala.box.sql("UPDATE quotas SET capacity = 1000 WHERE id = %s", (voucher,))
    outcomes = await race(*(house.hold("SAVE", seat=1) for _ in range(20)))
    assert len(outcomes.kinds) == 1
    assert await house.uses(voucher) == (20, 0)


async def test_codes_are_unique_and_their_terms_can_be_changed(house, anna):
    voucher = await house.voucher(price="amount", value=100, uses=5)
    with pytest.raises(CodeTaken):
        await house.voucher("s a-v_e")
    await house.hold("SAVE", seat=2)
    with pytest.raises(UsesBelowTaken):
        await house.voucher(voucher_id=voucher, uses=1)
    await house.voucher("LESS", voucher_id=voucher, uses=2, price="amount", value=50)
    (told,) = (await house.client.vouchers(house.gala.organiser_id, house.gala.token)).vouchers
    assert (told.code, told.uses, told.held, told.value) == ("LESS", 2, 2, 50)
    with pytest.raises(Forbidden):
        await house.client.vouchers(house.gala.organiser_id, anna)
    with pytest.raises(Forbidden):
        await house.client.voucher(voucher, anna)


async def test_a_quota_cannot_be_taken_for_a_voucher_s(house):
    voucher = await house.voucher()
    with pytest.raises(Conflict):
        await house.gala.quota(1000, quota_id=voucher)


async def test_a_thousand_codes_at_once(house):
    made = [
        NewVoucher(id=VoucherId(new_uuid()), code=f"BULK{n:04}", tag="press") for n in range(1000)
    ]
    gala = house.gala
    await house.client.put_vouchers(gala.organiser_id, NewVouchers(vouchers=made), gala.token)
    seen, after = 0, None
    while True:
        page = await house.client.vouchers(
            gala.organiser_id, gala.token, text="press", after=after, limit=300
        )
        seen, after = seen + len(page.vouchers), page.next
        if after is None:
            break
    assert seen == 1000


# -- Places set aside ------------------------------------------------------------------------------


async def aside(gala, capacity=5):
    quota = await gala.quota(capacity, gala.seat)
    return quota, House(gala, BookingRulesClient(gala.box.platform.client("booking", "checkout")))


async def test_places_set_aside_wait_for_whoever_has_the_code(gala):
    quota, house = await aside(gala)
    voucher = await house.voucher(
        uses=3, reserve=True, date_id=gala.date_id, ticket_type_ids=[gala.seat]
    )
    assert await gala.stock(quota) == (3, 0)
    await house.hold(seat=2)
    with pytest.raises(SoldOut):
        await house.hold(seat=1)
    told = await house.client.terms(gala.date_id, ["SAVE"])
    assert told.types[0].available == 3
    hold = await house.hold("SAVE", seat=2)
    assert await gala.stock(quota) == (5, 0)
    assert await house.uses(voucher) == (2, 0)
    view = (await house.client.voucher(voucher, gala.token)).voucher
    assert view.set_aside == 1
    with pytest.raises(SoldOut):
        await house.hold(seat=1)
    await gala.box.checkout.release_hold(hold.id)  # set aside again, not on sale
    assert await gala.stock(quota) == (5, 0)
    assert (await house.client.voucher(voucher, gala.token)).voucher.set_aside == 3
    with pytest.raises(SoldOut):
        await house.hold(seat=1)


async def test_places_set_aside_are_never_given_twice(gala):
    quota, house = await aside(gala, 12)
    await house.voucher(uses=6, reserve=True, date_id=gala.date_id, ticket_type_ids=[gala.seat])
    wanted = [house.hold("SAVE", seat=1) for _ in range(15)]
    outcomes = await race(*wanted, *(house.hold(seat=1) for _ in range(15)))
    held = sum(n for kind, n in outcomes.kinds.items() if not issubclass(kind, Problem))
    assert held == 12
    assert await gala.stock(quota) == (12, 0)


async def test_what_is_set_aside_follows_the_uses(gala):
    quota, house = await aside(gala)
    terms = {"reserve": True, "date_id": gala.date_id, "ticket_type_ids": [gala.seat]}
    voucher = await house.voucher(uses=3, **terms)
    await house.voucher(voucher_id=voucher, uses=1, **terms)
    assert await gala.stock(quota) == (1, 0)
    with pytest.raises(SoldOut):
        await house.voucher(voucher_id=voucher, uses=9, **terms)
    assert await gala.stock(quota) == (1, 0)
    await house.voucher(voucher_id=voucher, uses=1)
    assert await gala.stock(quota) == (0, 0)
    await house.voucher(voucher_id=voucher, uses=2, **terms)
    assert await gala.stock(quota) == (2, 0)


async def test_nobody_releases_or_books_what_is_set_aside(gala):
    quota, house = await aside(gala)
    voucher = await house.voucher(
        uses=3, reserve=True, date_id=gala.date_id, ticket_type_ids=[gala.seat]
    )
    box = gala.box
    assert (await box.call("DELETE", f"/holds/{voucher}")).status_code == 204
    assert (await box.call("GET", f"/holds/{voucher}")).status_code == 404
    with pytest.raises(Problem):
        await house.book(HoldId(voucher))
    assert await gala.stock(quota) == (3, 0)


async def test_a_free_booking_uses_its_code_too(free_gala):
    quota, house = await aside(free_gala)
    voucher = await house.voucher(
        uses=5, reserve=True, date_id=free_gala.date_id, ticket_type_ids=[free_gala.seat]
    )
    items = [Item(ticket_type_id=free_gala.seat, quantity=2)]
    new = FreeBooking(date_id=free_gala.date_id, items=items, codes=["SAVE"], contact=AMINA)
    await free_gala.box.checkout.book_free(BookingId(new_uuid()), new)
    assert await free_gala.stock(quota) == (3, 2)
    assert await house.uses(voucher) == (0, 2)


# -- Access codes ----------------------------------------------------------------------------------


async def test_a_hidden_ticket_needs_its_code(house):
    gala = house.gala
    await house.rules(TypeRules(ticket_type_id=gala.child, hidden=True))
    await house.voucher("FRIENDS", unlock=True, uses=2, ticket_type_ids=[gala.child])
    await house.voucher("CHEAP", price="amount", value=100)
    with pytest.raises(CodeRequired):
        await house.hold(child=1)
    with pytest.raises(CodeRequired):
        await house.hold("CHEAP", child=1)
    with pytest.raises(CodeNotValid) as too_many:
        await house.hold("FRIENDS", child=3)
    assert too_many.value.extra["left"] == 2
    assert (await house.hold("FRIENDS", child=2)).total.minor == 1800
    shown = {t.ticket_type_id: t.shown for t in (await house.client.terms(gala.date_id, [])).types}
    assert shown == {gala.seat: True, gala.child: False}
    told = await gala.availability()
    assert [kind.hidden for kind in told.ticket_types] == [False, True]


# -- Discounts -------------------------------------------------------------------------------------


async def test_discounts_are_taken_off_by_themselves(house):
    await house.discount("group", 0, group_size=4, group_paid=3, name="4 for 3")
    hold = await house.hold(seat=4)
    assert hold.total.minor == 3 * 1800
    assert hold.items[0].reductions[0].name == "4 for 3"
    assert (await house.hold(seat=3)).total.minor == 3 * 1800


async def test_the_better_of_code_and_discount_counts_unless_they_add_up(house):
    await house.discount("percent", 1000)
    voucher = await house.voucher(price="amount", value=100, uses=9)
    hold = await house.hold("SAVE", seat=1)
    assert hold.total.minor == 1620
    assert await house.uses(voucher) == (0, 0)  # it was no better, so it is not used
    await house.voucher(voucher_id=voucher, price="amount", value=100, uses=9, stackable=True)
    assert (await house.hold("SAVE", seat=1)).total.minor == 1520


# -- Companions, bundles, persons ------------------------------------------------------------------


async def test_an_add_on_comes_with_its_main_ticket(house):
    gala = house.gala
    await house.rules(
        TypeRules(ticket_type_id=gala.child, addon_of=[gala.seat], addon_min=0, addon_max=2)
    )
    with pytest.raises(MissingCompanion) as alone:
        await house.hold(child=1)
    assert alone.value.extra["needs"] == ["Seat"]
    await house.hold(child=2, seat=1)
    with pytest.raises(MissingCompanion):
        await house.hold(child=3, seat=1)


async def test_a_required_ticket_must_be_there(house):
    gala = house.gala
    await house.rules(TypeRules(ticket_type_id=gala.child, requires=[gala.seat]))
    with pytest.raises(MissingCompanion):
        await house.hold(child=5)
    await house.hold(child=5, seat=1)
    await house.hold(seat=1)


async def test_one_person_has_only_so_many(house):
    gala = house.gala
    await house.rules(TypeRules(ticket_type_id=gala.seat, per_person=3))
    with pytest.raises(PerPersonExceeded):
        await house.hold(seat=4)
    await house.book((await house.hold(seat=2)).id)
    second = await house.hold(seat=2)
    with pytest.raises(PerPersonExceeded) as refused:
        await house.book(second.id, email="Amina@Example.org")
    assert (refused.value.extra["left"], refused.value.extra["most"]) == (1, 3)
    await house.book(second.id, email="somebody@example.org")  # the hold is still there
    await house.book((await house.hold(seat=1)).id)


async def test_one_person_at_many_tills_at_once(house):
    await house.rules(TypeRules(ticket_type_id=house.gala.seat, per_person=2))
    holds = [await house.hold(seat=1) for _ in range(8)]
    outcomes = await race(*(house.book(hold.id) for hold in holds))
    assert outcomes.kinds[PerPersonExceeded] == 6


async def test_one_person_books_for_nothing_again_and_again(free_gala):
    _, house = await aside(free_gala, 50)
    await house.rules(TypeRules(ticket_type_id=free_gala.seat, per_person=2))
    outcomes = await race(*(free_gala.book_free(1) for _ in range(20)))
    assert outcomes.kinds[PerPersonExceeded] == 18


# -- Hostile input ---------------------------------------------------------------------------------


@pytest.mark.parametrize("code", ["", "\x00", "' OR 1=1 --", "é" * 60, "😀", "%", "_"])
async def test_nonsense_is_no_code(house, code):
    answer = await house.gala.box.call(
        "GET", f"/dates/{house.gala.date_id}/terms", params={"code": code}
    )
    assert answer.status_code == 200
    assert all(one["state"] == "unknown" for one in answer.json()["codes"])


@pytest.mark.parametrize(
    "terms",
    [
        {"code": "AB"}, {"code": "A" * 41}, {"code": "<b>"}, {"code": "=1+1"}, {"uses": -1},
        {"uses": 10**9}, {"value": -5}, {"price": "percent", "value": 10_001},
        {"currency": "XXX"}, {"reserve": True}, {"ticket_type_ids": ["x"]}, {"tag": "a\x00b"},
    ],
)  # fmt: skip
async def test_terms_that_cannot_be_are_refused(house, terms):
    body = {"vouchers": [{"id": str(new_uuid()), "code": "GOOD"} | terms]}
    answer = await house.gala.box.call(
        "PUT", f"/organisers/{house.gala.organiser_id}/vouchers", json=body,
        headers={"Authorization": f"Bearer {house.gala.token}"},
    )  # fmt: skip
    assert answer.status_code == 422


async def test_rules_of_another_event_s_tickets_are_refused(house, box, anna):
    other = await put_on(box)
    with pytest.raises(Malformed):
        await house.rules(TypeRules(ticket_type_id=other.seat, hidden=True))
    with pytest.raises(Forbidden):
        await house.client.put_event_rules(house.gala.event.event_id, EventRules(types=[]), anna)

"""Sold out: who waits is offered what comes back, in order; nobody else gets it meanwhile."""

import asyncio

import pytest

from quickserve.contracts.booking import (
    Contact,
    FreeBooking,
    HoldId,
    HoldView,
    Item,
    NewBooking,
    NewHold,
    SoldOut,
)
from quickserve.contracts.waiting_list import (
    EntryId,
    ListClosed,
    ListRules,
    NewEntry,
    NoOffer,
    PlacesLeft,
    WaitingListClient,
)
from quickserve.kernel.errors import Forbidden, IdReused, NotFound
from quickserve.kernel.ids import new_uuid
from quickserve.kernel.testing import race
from tests.booking.conftest import AMINA


@pytest.fixture
def waiting(box):
    return WaitingListClient(box.checkout._client)


def wish(gala, quantity=1, name="Amina Diallo", kinds=None):
    contact = Contact(email=f"{name.split()[0].lower()}@example.org", name=name, language="fr")
    return NewEntry(
        date_id=gala.date_id, ticket_type_ids=kinds or [gala.seat], quantity=quantity,
        contact=contact,
    )  # fmt: skip


async def join(waiting, gala, *args, **options):
    return await waiting.join(EntryId(new_uuid()), wish(gala, *args, **options))


async def until_state(waiting, entry, state):
    async with asyncio.timeout(8):
        while True:
            found = await waiting.entry(entry.id, entry.key)
            if found.state == state:
                return found
            await asyncio.sleep(0.1)


async def hold(gala, quantity=1):
    items = [Item(ticket_type_id=gala.seat, quantity=quantity)]
    new = NewHold(date_id=gala.date_id, items=items)
    return await gala.box.checkout.put_hold(HoldId(new_uuid()), new)


async def test_what_comes_back_is_offered_and_becomes_a_booking(gala, waiting):
    quota = await gala.quota(2)
    taken = await hold(gala, 2)
    amina = await join(waiting, gala, 2)
    assert (amina.state, amina.ahead, amina.ticket_types) == ("waiting", 0, ["Seat"])
    with pytest.raises(NoOffer):
        await waiting.accept(amina.id, amina.key)
    await gala.box.checkout.release_hold(taken.id)
    with pytest.raises(SoldOut):
        await hold(gala)
    offered = await until_state(waiting, amina, "offered")
    assert await gala.stock(quota) == (2, 0)
    accepted = await waiting.accept(amina.id, amina.key)
    assert accepted.hold_id == offered.hold_id
    held = await gala.box.checkout.hold(accepted.hold_id)
    assert (held.state, held.items[0].quantity) == ("active", 2)
    booking_id = new_uuid()
    await gala.box.checkout.put_booking(booking_id, NewBooking(hold_id=held.id, contact=AMINA))
    await gala.box.checkout.confirm(booking_id)
    assert (await until_state(waiting, amina, "served")).hold_id is None
    assert await gala.stock(quota) == (0, 2)
    told = [m for m in gala.box.told if m.type == "quickserve.booking.places-offered.v1"]
    assert len(told) <= 1


async def test_first_come_is_served_first_and_a_group_keeps_its_place(gala, waiting):
    await gala.quota(3)
    ones = [await hold(gala) for _ in range(3)]
    group = await join(waiting, gala, 3, "Groupe")
    first = await join(waiting, gala, 1, "Binta Ba")
    second = await join(waiting, gala, 1, "Chloé Roy")
    assert ((await waiting.entry(second.id, second.key)).ahead, second.places_ahead) == (2, 4)
    await gala.box.checkout.release_hold(ones[0].id)
    await until_state(waiting, first, "offered")  # the group does not fit into one place
    assert (await waiting.entry(group.id, group.key)).state == "waiting"
    assert (await waiting.entry(second.id, second.key)).state == "waiting"
    left = await waiting.leave(first.id, first.key)
    assert left.state == "left"
    await until_state(waiting, second, "offered")
    await waiting.leave(second.id, second.key)
    for one in ones[1:]:
        await gala.box.checkout.release_hold(one.id)
    await until_state(waiting, group, "offered")


async def test_an_offer_that_nobody_takes_goes_to_the_next(gala, waiting):
    await gala.quota(1)
    taken = await hold(gala)
    first, second = await join(waiting, gala), await join(waiting, gala, 1, "Binta Ba")
    await gala.box.checkout.release_hold(taken.id)
    offered = await until_state(waiting, first, "offered")
    await gala.box.expire(offered.hold_id)
    await until_state(waiting, first, "lapsed")
    await until_state(waiting, second, "offered")
    with pytest.raises(NoOffer):
        await waiting.accept(first.id, first.key)


async def test_a_rush_on_what_came_back_finds_nothing(gala, waiting):
    """While somebody waits, a hundred others are refused, however quick they are."""
    quota = await gala.quota(5)
    taken = [await hold(gala) for _ in range(5)]
    entries = [await join(waiting, gala, 1, f"Nr{n} Waits") for n in range(5)]

    async def come_back():
        for one in taken:
            await gala.box.checkout.release_hold(one.id)

    outcomes = await race(come_back(), *(hold(gala) for _ in range(100)))
    assert outcomes.kinds[SoldOut] == 100
    for entry in entries:
        await until_state(waiting, entry, "offered")
    assert await gala.stock(quota) == (5, 0)


async def test_without_anybody_waiting_the_same_rush_gets_the_places(gala):
    """The negative control."""
    await gala.quota(5)
    taken = [await hold(gala) for _ in range(5)]
    for one in taken:
        await gala.box.checkout.release_hold(one.id)
    outcomes = await race(*(hold(gala) for _ in range(20)))
    assert outcomes.kinds[HoldView] == 5


async def test_free_places_are_kept_for_who_waits_as_well(free_gala, waiting):
    gala = free_gala
    await gala.quota(1)
    taken = await hold(gala)
    entry = await join(waiting, gala)
    await gala.box.checkout.release_hold(taken.id)
    item = Item(ticket_type_id=gala.seat, quantity=1)
    with pytest.raises(SoldOut):
        await gala.box.checkout.book_free(
            new_uuid(), FreeBooking(date_id=gala.date_id, items=[item], contact=AMINA)
        )
    offered = await until_state(waiting, entry, "offered")
    await waiting.accept(entry.id, entry.key)
    booked = await gala.box.checkout.book_free(
        new_uuid(), FreeBooking(hold_id=offered.hold_id, contact=AMINA)
    )
    assert booked.state == "confirmed"


async def test_who_may_join_and_who_may_look(gala, waiting):
    await gala.quota(1)
    with pytest.raises(PlacesLeft):
        await join(waiting, gala)
    await hold(gala)
    entry_id = EntryId(new_uuid())
    first, again = [await waiting.join(entry_id, wish(gala)) for _ in range(2)]
    assert first == again
    with pytest.raises(IdReused):
        await waiting.join(entry_id, wish(gala, 2))
    with pytest.raises(NotFound):
        await waiting.entry(entry_id, "x" * 32)
    with pytest.raises(NotFound):
        await waiting.leave(entry_id, "x" * 32)
    with pytest.raises(Forbidden):
        await waiting.put_rules(gala.event.event_id, ListRules(open=False), gala.door_token)
    await waiting.put_rules(gala.event.event_id, ListRules(open=False), gala.token)
    with pytest.raises(ListClosed):
        await join(waiting, gala)
    listed = await waiting.entries(gala.event.event_id, gala.token)
    assert (listed.waiting, listed.places, listed.rules.open) == (1, 1, False)
    assert listed.entries[0].name == "Amina Diallo"
    assert (await gala.availability()).places_left == 0

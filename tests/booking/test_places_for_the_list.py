"""What comes back is the list's: nobody passes, no place is lost, and what nobody needs is sold."""

import asyncio
import random
from datetime import UTC, datetime, timedelta

import pytest

from quickserve.app import Platform, load
from quickserve.booking.commands.offer_places import close_lists, offer_places
from quickserve.contracts.booking import Contact, SoldOut, VoucherId
from quickserve.contracts.booking_rules import BookingRulesClient, NewVoucher, NewVouchers
from quickserve.contracts.erasure import Erasure, ErasureClient
from quickserve.contracts.waiting_list import (
    AlreadyWaiting,
    EntryId,
    ListClosed,
    ListRules,
    NeverSoMany,
    WaitingListClient,
)
from quickserve.kernel.db import open_connection
from quickserve.kernel.errors import Forbidden, NotFound
from quickserve.kernel.ids import new_uuid
from tests.booking.test_races import take_alone
from tests.booking.test_waiting_list import join, until_state, wish


@pytest.fixture
def waiting(box):
    return WaitingListClient(box.checkout._client)


async def test_a_ticket_that_shares_the_places_gets_none_either(gala, waiting):
    """The house is full; who wants a child's ticket does not pass who waits for a seat."""
    await gala.quota(2, gala.seat, gala.child)
    taken = await gala.hold(2)
    amina = await join(waiting, gala, 2)
    await gala.box.checkout.release_hold(taken.id)
    with pytest.raises(SoldOut):
        await gala.hold(kind=gala.child)
    await until_state(waiting, amina, "offered")


async def test_who_looked_before_the_list_was_there_is_refused_under_the_lock(gala, waiting):
    """As a buyer whose look is older than the list."""
    quota = await gala.quota(1)
    taken = await gala.hold()
    amina = await join(waiting, gala)
    await gala.box.checkout.release_hold(taken.id)
    with pytest.raises(SoldOut):
        await take_alone(gala, quota)
    await until_state(waiting, amina, "offered")


async def test_places_that_nobody_waits_for_stay_on_sale(gala, waiting):
    await gala.quota(10, gala.seat, gala.child)
    await gala.quota(1, gala.child)
    await gala.hold(kind=gala.child)
    await join(waiting, gala, kinds=[gala.child])
    seat = await gala.hold()
    await gala.box.checkout.release_hold(seat.id)
    assert (await gala.hold(9)).state == "active"


async def test_two_processes_make_one_offer_and_lose_no_place(gala, waiting):
    quota = await gala.quota(3)
    other = Platform(gala.box.platform.settings, [load("booking")], fetch_keys=gala.box.issuer.keys)
    taken = await gala.hold(3)
    entries = [await join(waiting, gala, 1, f"Nr{n} Waits") for n in range(3)]
    async with other.running():
        contexts = [
            other.runtimes["booking"].context(), gala.box.platform.runtimes["booking"].context()
        ]  # fmt: skip
        await gala.box.checkout.release_hold(taken.id)
        await asyncio.gather(*(offer_places(one) for one in contexts * 4))
        for entry in entries:
            await until_state(waiting, entry, "offered")
    assert await gala.stock(quota) == (3, 0)
    holds = await gala.box.sql(
        "SELECT state, count(*)::int FROM holds WHERE date_id = %s AND purpose = 'offer'"
        " GROUP BY 1", (gala.date_id,),
    )  # fmt: skip
    assert holds == [("active", 3)]


async def test_taking_an_offer_again_does_not_renew_it(gala, waiting):
    await gala.quota(1)
    taken = await gala.hold()
    amina = await join(waiting, gala)
    await gala.box.checkout.release_hold(taken.id)
    await until_state(waiting, amina, "offered")
    holds = []
    for _ in range(2):
        accepted = await waiting.accept(amina.id, amina.key)
        holds.append(await gala.box.checkout.hold(accepted.hold_id))
        await asyncio.sleep(0.01)
    assert holds[0].expires_at == holds[1].expires_at


async def test_who_leaves_at_the_very_moment_of_the_offer_leaves_no_place_behind(gala, waiting):
    quota = await gala.quota(1)
    for _ in range(5):
        taken = await gala.hold()
        amina = await join(waiting, gala)
        context = gala.box.platform.runtimes["booking"].context()
        await gala.box.checkout.release_hold(taken.id)
        await asyncio.gather(offer_places(context), waiting.leave(amina.id, amina.key))
        await asyncio.sleep(0.1)
        await offer_places(context)
        assert await gala.stock(quota) == (0, 0)


async def test_the_same_without_the_trigger_is_sold_past(gala, waiting):
    """The negative control: the same steps, where what comes back is not kept."""
    await gala.quota(1, gala.seat, gala.child)
    taken = await gala.hold()
    await join(waiting, gala)
    async with await open_connection(gala.box.database_url) as admin:
        await admin.execute("BEGIN")  # nobody else ever sees the table without it
        await admin.execute("SET search_path = booking")
        await admin.execute("ALTER TABLE quotas DISABLE TRIGGER quotas_come_back")
        await admin.execute("UPDATE quotas SET held = held - 1 WHERE date_id = %s", (gala.date_id,))
        await admin.execute("UPDATE holds SET state = 'released' WHERE id = %s", (taken.id,))
        await admin.execute("ALTER TABLE quotas ENABLE TRIGGER quotas_come_back")
        await admin.execute("COMMIT")
    assert (await gala.hold(kind=gala.child)).state == "active"


async def test_places_kept_for_a_group_go_on_sale_when_it_leaves(gala, waiting):
    await gala.quota(2)
    taken = [await gala.hold() for _ in range(2)]
    group = await join(waiting, gala, 2)
    await gala.box.checkout.release_hold(taken[0].id)
    await asyncio.sleep(1.2)
    with pytest.raises(SoldOut):
        await gala.hold()
    await waiting.leave(group.id, group.key)
    await on_sale(gala)


async def test_nobody_waits_for_more_than_there_could_ever_be(gala, waiting):
    """Vouchers have two of the four seats set aside; of the children's places there are three."""
    await gala.quota(4)
    await gala.quota(3, gala.child)
    block = NewVoucher(
        id=VoucherId(new_uuid()), code="MECENE", date_id=gala.date_id, uses=2, reserve=True,
        ticket_type_ids=[gala.seat],
    )  # fmt: skip
    rules = BookingRulesClient(waiting._client)
    await rules.put_vouchers(gala.organiser_id, NewVouchers(vouchers=[block]), gala.token)
    await gala.hold(2)
    await gala.hold(3, kind=gala.child)
    with pytest.raises(NeverSoMany) as refused:
        await join(waiting, gala, 3)
    assert refused.value.extra["most"] == 2
    assert (await join(waiting, gala, 2)).state == "waiting"
    with pytest.raises(NeverSoMany) as refused:
        await join(waiting, gala, 4, "Binta Ba", kinds=[gala.seat, gala.child])
    assert refused.value.extra["most"] == 3
    either = await join(waiting, gala, 3, "Binta Ba", kinds=[gala.seat, gala.child])
    assert either.state == "waiting"


async def test_one_person_may_wait_for_places_that_are_still_to_come(gala, waiting):
    await gala.quota(0)
    assert (await join(waiting, gala)).state == "waiting"
    with pytest.raises(NeverSoMany):
        await join(waiting, gala, 2, "Binta Ba")


async def test_nothing_is_kept_for_a_group_that_the_house_became_too_small_for(gala, waiting):
    quota = await gala.quota(4)
    taken = [await gala.hold() for _ in range(4)]
    await join(waiting, gala, 4)
    for one in taken[:2]:
        await gala.box.checkout.release_hold(one.id)
    await kept_for(gala, waiting, 2)
    await gala.quota(3, quota_id=quota)
    await on_sale(gala)


async def test_places_are_gathered_for_a_group_as_long_as_an_offer_stands(gala, waiting):
    """From the first one on; then they go on sale, and the group waits on for enough at once."""
    await waiting.put_rules(gala.event.event_id, ListRules(offer_hours=3), gala.token)
    await gala.quota(3)
    taken = [await gala.hold() for _ in range(3)]
    group = await join(waiting, gala, 3)
    [line] = (await waiting.entries(gala.event.event_id, gala.token)).entries
    assert (line.kept, line.gathers_until) == (0, None)
    await gala.box.checkout.release_hold(taken[0].id)
    line = await kept_for(gala, waiting, 1)
    stands = line.gathers_until - datetime.now(UTC)
    assert timedelta(minutes=179) < stands <= timedelta(minutes=180)
    await gala.box.checkout.release_hold(taken[1].id)
    assert (await kept_for(gala, waiting, 2)).gathers_until == line.gathers_until
    with pytest.raises(SoldOut):
        await gala.hold()
    await gala.box.sql(
        "UPDATE waiting_list SET gathers_until = clock_timestamp() WHERE id = %s", (group.id,)
    )
    await close_lists(gala.box.platform.runtimes["booking"].context())
    await on_sale(gala)
    await kept_for(gala, waiting, 0)
    assert (await waiting.entry(group.id, group.key)).state == "waiting"
    await gala.box.checkout.release_hold(taken[2].id)
    await until_state(waiting, group, "offered")


async def test_an_organiser_sells_what_a_group_gathers(gala, waiting, anna):
    await gala.quota(3)
    taken = [await gala.hold() for _ in range(3)]
    group = await join(waiting, gala, 3)
    await gala.box.checkout.release_hold(taken[0].id)
    await kept_for(gala, waiting, 1)
    with pytest.raises(Forbidden):
        await waiting.stop_gathering(group.id, anna)
    with pytest.raises(NotFound):
        await waiting.stop_gathering(EntryId(new_uuid()), gala.token)
    for _ in range(2):
        await waiting.stop_gathering(group.id, gala.token)
    await on_sale(gala)
    assert (await waiting.entry(group.id, group.key)).state == "waiting"


async def test_a_larger_house_serves_the_list_first(gala, waiting):
    quota = await gala.quota(1)
    await gala.hold()
    amina = await join(waiting, gala)
    await gala.quota(3, quota_id=quota)
    await until_state(waiting, amina, "offered")
    await on_sale(gala)
    assert await gala.stock(quota) == (2, 0)


async def test_a_cancelled_booking_is_offered(free_gala, waiting):
    gala = free_gala
    await gala.quota(1)
    booked = await gala.book_free()
    amina = await join(waiting, gala)
    await gala.box.call(
        "PUT", f"/bookings/{booked.id}/cancellation",
        headers={"authorization": f"Bearer {gala.token}"},
    )  # fmt: skip
    await until_state(waiting, amina, "offered")


async def test_one_address_waits_once(gala, waiting):
    await gala.quota(1)
    await gala.hold()
    await join(waiting, gala)
    with pytest.raises(AlreadyWaiting):
        await join(waiting, gala)


async def test_an_organiser_puts_somebody_first(gala, waiting, anna):
    await gala.quota(1)
    taken = await gala.hold()
    first, second = await join(waiting, gala), await join(waiting, gala, 1, "Binta Ba")
    with pytest.raises(Forbidden):
        await waiting.put_first(second.id, anna)
    await waiting.put_first(second.id, gala.token)
    assert (await waiting.entry(first.id, first.key)).ahead == 1
    assert (await waiting.entry(second.id, second.key)).ahead == 0
    await gala.box.checkout.release_hold(taken.id)
    await until_state(waiting, second, "offered")
    assert (await waiting.entry(first.id, first.key)).state == "waiting"


async def test_within_the_hour_the_list_closes_and_places_go_on_sale(gala, waiting):
    await gala.quota(2)
    taken = [await gala.hold() for _ in range(2)]
    group = await join(waiting, gala, 2)
    await gala.box.checkout.release_hold(taken[0].id)
    await gala.box.sql(
        "UPDATE offered_dates SET starts_at = clock_timestamp() + interval '50 minutes'"
        " WHERE id = %s", (gala.date_id,),
    )  # fmt: skip
    await close_lists(gala.box.platform.runtimes["booking"].context())
    await until_state(waiting, group, "closed")
    await on_sale(gala)
    await gala.hold()
    with pytest.raises(ListClosed):
        await join(waiting, gala, 1, "Binta Ba")


async def test_near_the_date_an_offer_stands_for_a_quarter_of_what_is_left(gala, waiting):
    await gala.quota(1)
    taken = await gala.hold()
    await gala.box.sql(
        "UPDATE offered_dates SET starts_at = clock_timestamp() + interval '8 hours'"
        " WHERE id = %s", (gala.date_id,),
    )  # fmt: skip
    amina = await join(waiting, gala)
    await gala.box.checkout.release_hold(taken.id)
    offered = await until_state(waiting, amina, "offered")
    stands = offered.offered_until - datetime.now(UTC)
    assert timedelta(minutes=119) < stands < timedelta(minutes=121)


async def test_erasing_somebody_who_waits_lets_the_others_on(gala, waiting):
    await gala.quota(2)
    taken = [await gala.hold() for _ in range(2)]
    address = f"{new_uuid().hex}@example.org"
    group = await waiting.join(
        EntryId(new_uuid()),
        wish(gala, 2).model_copy(
            update={"contact": Contact(email=address, name="Amina", language="fr")}
        ),
    )
    await gala.box.checkout.release_hold(taken[0].id)
    cli = ErasureClient(gala.box.platform.client("booking", "cli"))
    await cli.erase(Erasure(email=address))
    found = await waiting.entry(group.id, group.key)
    assert (found.state, found.name) == ("left", "")
    await on_sale(gala)


@pytest.mark.parametrize("lottery", [False, True], ids=["first come", "lottery"])
@pytest.mark.parametrize("seed", range(3))
async def test_whoever_is_served_was_first_of_those_who_fit(gala, waiting, seed, lottery):
    """Groups of random sizes, places that come back one by one: as a simple model serves them."""
    chance = random.Random(seed)
    await waiting.put_rules(gala.event.event_id, ListRules(lottery=lottery), gala.token)
    quota = await gala.quota(12)
    taken = [await gala.hold() for _ in range(12)]
    sizes = [chance.randint(1, 4) for _ in range(10)]
    entries = [await join(waiting, gala, n, f"Nr{i} Waits") for i, n in enumerate(sizes)]
    order = {
        row[0]: n
        for n, row in enumerate(
            await gala.box.sql(
                "SELECT id FROM waiting_list WHERE date_id = %s ORDER BY"
                " CASE WHEN %s THEN lot ELSE position END", (gala.date_id, lottery),
            )
        )
    }  # fmt: skip
    if not lottery:
        assert [order[entry.id] for entry in entries] == list(range(10))
    line = sorted(zip(entries, sizes, strict=True), key=lambda pair: order[pair[0].id])
    context = gala.box.platform.runtimes["booking"].context()
    free, served = 0, []
    while taken:
        for _ in range(min(len(taken), chance.randint(1, 3))):
            await gala.box.checkout.release_hold(taken.pop().id)
            free += 1
            await settled(gala, context)
            for entry, size in list(line):
                if size <= free:
                    free -= size
                    served.append(entry.id)
                    line.remove((entry, size))
    rows = await gala.box.sql(
        "SELECT id FROM waiting_list WHERE date_id = %s AND state = 'offered'", (gala.date_id,)
    )
    assert {row[0] for row in rows} == set(served)
    assert await gala.stock(quota) == (12 - free, 0)


async def settled(gala, context):
    """The list was looked through, by whichever round."""
    for _ in range(100):
        await offer_places(context)
        rows = await gala.box.sql(
            "SELECT 1 FROM quotas WHERE date_id = %s AND came_back", (gala.date_id,)
        )
        if not rows:
            return
        await asyncio.sleep(0.02)
    raise TimeoutError


async def kept_for(gala, waiting, count):
    """What the organiser sees of the only one who waits, once so many places are kept."""
    async with asyncio.timeout(8):
        while True:
            [line] = (await waiting.entries(gala.event.event_id, gala.token)).entries
            if line.kept == count:
                return line
            await asyncio.sleep(0.1)


async def on_sale(gala):
    """Somebody off the street gets a place, in a moment."""
    for _ in range(60):
        try:
            hold = await gala.hold()
        except SoldOut:
            await asyncio.sleep(0.1)
            continue
        return await gala.box.checkout.release_hold(hold.id)
    raise TimeoutError

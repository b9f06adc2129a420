"""Why there are so many places left: told to the organiser, quota by quota and seat by seat."""

import asyncio

import pytest

from quickserve.contracts.booking import BookingId, QuotaId
from quickserve.contracts.explanations import STEPS_MAX, ExplanationClient
from quickserve.contracts.waiting_list import WaitingListClient
from quickserve.kernel.errors import Forbidden, Malformed, NotFound
from quickserve.kernel.ids import new_uuid
from tests.booking.test_seats import a_plan, hold, ids, seated
from tests.booking.test_waiting_list import join, until_state


@pytest.fixture
def why(box):
    return ExplanationClient(box.checkout._client)


def told(steps):
    """(kind, places), oldest first."""
    return [(step.kind, step.places) for step in reversed(steps)]


async def test_a_quota_says_who_has_its_places_and_what_led_there(gala, why):
    quota = await gala.quota(10)
    booked = await gala.book(3)
    kept = await gala.hold(2)
    gone = await gala.hold(1)
    await gala.box.checkout.release_hold(gone.id)
    pending = await gala.pend((await gala.hold(1)).id)
    await gala.quota(12, quota_id=quota)
    seen = await why.quota(quota, gala.token)
    assert (seen.capacity, seen.free, seen.held, seen.under_way, seen.sold) == (12, 6, 2, 1, 3)
    assert (seen.offered, seen.blocked, seen.reserved) == (0, 0, 0)
    assert seen.adds_up
    assert told(seen.steps) == [
        ("capacity", 10), ("held", 3), ("under-way", 3), ("sold", 3), ("held", 2), ("held", 1),
        ("returned", 1), ("held", 1), ("under-way", 1), ("capacity", 12),
    ]  # fmt: skip
    assert (seen.steps[0].before, seen.steps[-1].before) == (10, None)
    assert {step.number for step in seen.steps if step.kind == "sold"} == {booked.number}
    assert [(one.kind, one.places, one.until, one.number) for one in seen.holdings] == [
        ("held", 2, kept.expires_at, None), ("under-way", 1, None, pending.number),
    ]  # fmt: skip
    assert "amina" not in seen.model_dump_json().lower()


async def test_what_is_cancelled_withdrawn_or_past_its_time_came_back(free_gala, why):
    gala = free_gala
    quota = await gala.quota(5)
    booked = await gala.book_free(2)
    await gala.box.call(
        "PUT", f"/bookings/{booked.id}/cancellation",
        headers={"authorization": f"Bearer {gala.token}"},
    )  # fmt: skip
    await gala.box.checkout.withdraw((await gala.pend((await gala.hold()).id)).id)
    late = await gala.hold(3)
    await gala.box.expire(late.id)
    await asyncio.sleep(1)
    seen = await why.quota(quota, gala.token)
    assert (seen.free, seen.sold, seen.held, seen.adds_up) == (5, 0, 0, True)
    assert told(seen.steps) == [
        ("capacity", 5), ("sold", 2), ("cancelled", 2), ("held", 1), ("under-way", 1),
        ("withdrawn", 1), ("held", 3), ("returned", 3),
    ]  # fmt: skip


async def test_what_is_offered_and_kept_is_told(gala, why, box):
    waiting = WaitingListClient(box.checkout._client)
    quota = await gala.quota(3)
    taken = [await gala.hold() for _ in range(3)]
    first = await join(waiting, gala)
    await join(waiting, gala, 2, "Groupe")
    for one in taken[:2]:
        await gala.box.checkout.release_hold(one.id)
    await until_state(waiting, first, "offered")
    await asyncio.sleep(1)
    seen = await why.quota(quota, gala.token)
    assert (seen.free, seen.held, seen.offered, seen.for_list) == (1, 1, 1, True)
    assert seen.adds_up
    assert told(seen.steps)[-1] == ("offered", 1)


async def test_a_quota_that_does_not_add_up_says_so(gala, why):
    quota = await gala.quota(5)
    await gala.hold()
    await gala.box.sql("UPDATE quotas SET held = 2 WHERE id = %s", (quota,))
    seen = await why.quota(quota, gala.token)
    assert (seen.held, seen.free, seen.adds_up) == (1, 3, False)


async def test_a_long_history_comes_in_pages(gala, why):
    quota = await gala.quota(200)
    holds = [await gala.hold() for _ in range(STEPS_MAX)]
    for one in holds[:20]:
        await gala.box.checkout.release_hold(one.id)
    found, before = [], ""
    while True:
        page = await why.quota(quota, gala.token, before)
        assert len(page.steps) <= STEPS_MAX
        found += page.steps
        if page.next is None:
            break
        before = page.next
    assert len(found) == 1 + STEPS_MAX + 20
    assert [step.at for step in found] == sorted((step.at for step in found), reverse=True)
    with pytest.raises(Malformed):
        await why.quota(quota, gala.token, "yesterday")


async def test_only_its_organiser_is_told(gala, why, anna, box):
    quota = await gala.quota(5)
    for token in (anna, gala.door_token):
        with pytest.raises(Forbidden):
            await why.quota(quota, token)
    with pytest.raises(NotFound):
        await why.quota(QuotaId(new_uuid()), gala.token)
    with pytest.raises(NotFound):
        await why.seat(gala.date_id, "1-1", gala.token)
    house = await seated(box)
    with pytest.raises(Forbidden):
        await why.seat(house.date_id, "1-2", anna)


async def test_a_seat_says_who_has_it_and_who_had(box, why):
    gala = await seated(box, plan=a_plan())
    seat = "2-4"
    first = await hold(gala, seats=[seat])
    assert ids(first) == [seat]
    held = await why.seat(gala.date_id, seat, gala.token)
    assert (held.state, held.until, held.category, held.adds_up) == (
        "held", first.expires_at, "A", True,
    )  # fmt: skip
    assert held.label != seat
    await gala.box.checkout.release_hold(first.id)
    again = await hold(gala, seats=[seat])
    pending = await gala.pend(again.id, BookingId(new_uuid()))
    under_way = await why.seat(gala.date_id, seat, gala.token)
    assert (under_way.state, under_way.number) == ("under-way", pending.number)
    await gala.box.checkout.confirm(pending.id)
    sold = await why.seat(gala.date_id, seat, gala.token)
    assert (sold.state, sold.number, sold.adds_up) == ("sold", pending.number, True)
    assert [step.kind for step in reversed(sold.steps)] == ["held", "returned", "held", "sold"]
    assert (await why.seat(gala.date_id, "1-1", gala.token)).state == "blocked"
    assert (await why.seat(gala.date_id, "2-5", gala.token)).state == "free"
    with pytest.raises(NotFound):
        await why.seat(gala.date_id, "9/9 ?", gala.token)

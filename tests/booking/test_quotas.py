"""How many places a date has, and who may say so."""

from dataclasses import replace

import pytest

from quickserve.contracts.booking import (
    CapacityBelowSold,
    QuotaChange,
    QuotaChanges,
    QuotaId,
    SoldOut,
)
from quickserve.contracts.catalog import DateId
from quickserve.kernel.auth import Role
from quickserve.kernel.errors import Conflict, Forbidden, Malformed, NotFound, Unauthenticated
from quickserve.kernel.ids import new_uuid
from quickserve.kernel.testing import race

from .conftest import Gala, some_event


async def left(gala):
    date = await gala.availability()
    return date.places_left, [kind.available for kind in date.ticket_types]


async def test_a_quota_may_come_before_the_news_of_its_date(box):
    event = some_event()
    gala = Gala(box, event.organiser_id, event)
    await gala.quota(5)
    await box.offer(event)
    assert await left(gala) == (5, [5, 0])


async def test_a_ticket_type_without_a_quota_has_no_places(gala):
    await gala.quota(5, gala.seat)
    with pytest.raises(SoldOut) as refused:
        await gala.hold(kind=gala.child)
    assert refused.value.extra == {"ticket_type_id": str(gala.child), "available": 0}


async def test_every_quota_of_a_type_must_have_room(gala):
    house = await gala.quota(10, gala.seat, gala.child)
    box_seats = await gala.quota(2, gala.child)
    assert await left(gala) == (10, [10, 2])
    await gala.hold(2, kind=gala.child)
    assert (await gala.stock(house), await gala.stock(box_seats)) == ((2, 0), (2, 0))
    with pytest.raises(SoldOut):
        await gala.hold(1, kind=gala.child)
    assert await left(gala) == (8, [8, 0])


async def test_a_strangers_quota_for_my_date_does_not_count(gala, box):
    await gala.quota(1)
    stranger = Gala(box, some_event().organiser_id, gala.event)
    await stranger.quota(1000)
    assert await left(gala) == (1, [1, 0])
    await gala.hold(1)
    with pytest.raises(SoldOut):
        await gala.hold(1)
    mine = await box.checkout.quotas(gala.event.event_id, gala.token)
    assert [quota.capacity for quota in mine.quotas] == [1]


async def test_capacity_may_not_fall_below_what_is_sold_or_held(gala):
    quota = await gala.quota(5)
    await gala.hold(2)
    await gala.book(1)
    with pytest.raises(CapacityBelowSold) as refused:
        await gala.quota(2, quota_id=quota)
    assert refused.value.errors[0].field == "quotas.0.capacity"
    await gala.quota(3, quota_id=quota)
    assert await left(gala) == (0, [0, 0])


async def test_places_stay_taken_where_they_were_taken(gala):
    """A quota whose ticket types change meanwhile gets its places back all the same."""
    quota = await gala.quota(5, gala.seat)
    hold = await gala.hold(3)
    await gala.quota(5, gala.child, quota_id=quota)
    assert await left(gala) == (2, [0, 2])
    await gala.box.checkout.release_hold(hold.id)
    assert await gala.stock(quota) == (0, 0)


async def test_many_at_once_all_or_none(gala, box):
    dates = [replace(gala.event.dates[0], id=DateId(new_uuid())) for _ in range(20)]
    await box.offer(replace(gala.event, version=2, dates=dates))

    def change(capacity, date=dates[0]):
        return QuotaChange(
            id=QuotaId(new_uuid()), organiser_id=gala.organiser_id, date_id=date.id,
            name="Row", capacity=capacity, ticket_type_ids=[gala.seat],
        )  # fmt: skip

    changes = QuotaChanges(quotas=[change(1, date) for date in dates for _ in range(100)])
    await box.checkout.put_quotas(gala.organiser_id, changes, gala.token)
    await box.checkout.put_quotas(gala.organiser_id, changes, gala.token)
    assert len((await box.checkout.quotas(gala.event.event_id, gala.token)).quotas) == 2000

    foreign = change(7).model_copy(update={"organiser_id": some_event().organiser_id})
    with pytest.raises(Malformed) as refused:
        await box.checkout.put_quotas(
            gala.organiser_id, QuotaChanges(quotas=[change(7), foreign]), gala.token
        )
    assert refused.value.errors[0].field == "quotas.1.organiser_id"
    twice = change(7)
    with pytest.raises(Malformed):
        await box.checkout.put_quotas(
            gala.organiser_id, QuotaChanges(quotas=[twice, twice]), gala.token
        )
    assert len((await box.checkout.quotas(gala.event.event_id, gala.token)).quotas) == 2000


async def test_a_date_has_a_hundred_quotas_at_most(gala, box):
    def changes(count):
        return QuotaChanges(
            quotas=[
                QuotaChange(
                    id=QuotaId(new_uuid()), organiser_id=gala.organiser_id, date_id=gala.date_id,
                    capacity=1, ticket_type_ids=[gala.seat],
                )
                for _ in range(count)
            ]
        )  # fmt: skip

    async def put(count):
        await box.checkout.put_quotas(gala.organiser_id, changes(count), gala.token)

    outcomes = await race(*(put(60) for _ in range(4)))
    assert outcomes.kinds == {type(None): 1, Malformed: 3}
    with pytest.raises(Malformed) as refused:
        await put(41)
    assert [error.field for error in refused.value.errors] == ["quotas.0.date_id"]
    known = changes(40)
    await box.checkout.put_quotas(gala.organiser_id, known, gala.token)
    await box.checkout.put_quotas(gala.organiser_id, known, gala.token)  # a change adds none


async def test_only_the_organiser_may(gala, box, anna):
    changes = QuotaChanges(
        quotas=[
            QuotaChange(
                id=QuotaId(new_uuid()), organiser_id=gala.organiser_id, date_id=gala.date_id,
                capacity=1, ticket_type_ids=[gala.seat],
            )
        ]
    )  # fmt: skip
    for token in (anna, gala.door_token):
        with pytest.raises(Forbidden):
            await box.checkout.put_quotas(gala.organiser_id, changes, token)
        with pytest.raises(Forbidden):
            await box.checkout.quotas(gala.event.event_id, token)
    answer = await box.call(
        "PUT", f"/organisers/{gala.organiser_id}/quotas", content=changes.model_dump_json()
    )
    assert answer.status_code == Unauthenticated.status
    with pytest.raises(NotFound):
        await box.checkout.quotas(some_event().event_id, gala.token)


async def test_a_quota_is_not_taken_over(gala, box):
    quota = await gala.quota(5)
    thief = Gala(box, some_event().organiser_id, gala.event)
    assert thief.box.issuer.token({thief.organiser_id: [Role.ORGANISER]})
    with pytest.raises(Forbidden):
        await thief.quota(1, quota_id=quota)
    other_date = Gala(box, gala.organiser_id, some_event(gala.organiser_id))
    with pytest.raises(Conflict):
        await other_date.quota(1, quota_id=quota)
    assert (await left(gala))[0] == 5

"""One ticket type for many events at once."""

import pytest

from quickserve.contracts.catalog import BulkOffer, EventCancelledError, EventId
from quickserve.kernel.errors import Forbidden, Malformed, NotFound
from quickserve.kernel.ids import new_uuid
from quickserve.kernel.money import Money
from quickserve.kernel.testing import race
from tests.catalog.conftest import Catalog, Organiser, a_date, a_ticket_type


async def offer(organiser: Organiser, event_ids: list[EventId], **changes: object):
    values = {"event_ids": event_ids, "ticket_type": a_ticket_type(), **changes}
    return (
        await organiser.catalog.client.offer_in_bulk(
            organiser.id, BulkOffer.model_validate(values), organiser.token
        )
    ).offers


async def test_all_get_the_ticket_type_and_are_published(catalog: Catalog, organiser: Organiser):
    events = [await organiser.writes(f"Séance {n}") for n in range(3)]
    offers = await offer(organiser, [event.id for event in events])
    for event in events:
        seen = await catalog.client.event(event.id)
        mine = next(o for o in offers if o.event_id == event.id)
        assert seen.state == "published"
        assert [kind.id for kind in seen.ticket_types] == [mine.ticket_type_id]
        assert mine.date_ids == [date.id for date in event.dates]
        assert (await catalog.told(event.id, 2)).state == "published"


async def test_the_same_offer_again_doubles_nothing(catalog: Catalog, organiser: Organiser):
    ids = [(await organiser.writes()).id for _ in range(2)]
    first = await offer(organiser, ids, publish=False)
    dearer = a_ticket_type(price=Money(2500, "EUR"))
    again = await offer(organiser, [*ids, ids[0]], ticket_type=dearer, publish=False)
    assert again == first
    seen = await catalog.client.event(ids[0], organiser.token)
    assert (seen.state, [k.price for k in seen.ticket_types]) == ("draft", [Money(2500, "EUR")])


async def test_offers_at_the_same_moment(catalog: Catalog, organiser: Organiser):
    ids = [(await organiser.writes()).id for _ in range(5)]
    outcomes = await race(*(offer(organiser, order) for order in (ids, ids[::-1]) * 3))
    assert outcomes.of(Exception) == []
    for event_id in ids:
        assert len((await catalog.client.event(event_id)).ticket_types) == 1


async def test_nothing_is_offered_when_one_event_does_not_fit(
    catalog: Catalog, organiser: Organiser
):
    mine = await organiser.writes()
    theirs = await catalog.organiser().publishes("À eux")
    for wrong in (theirs.id, EventId(new_uuid())):
        with pytest.raises(NotFound) as unknown:
            await offer(organiser, [mine.id, wrong])
        assert [e.field for e in unknown.value.errors] == ["event_ids.1"]
    cancelled = await organiser.writes()
    await catalog.client.cancel(cancelled.id, organiser.token)
    with pytest.raises(EventCancelledError) as over:
        await offer(organiser, [cancelled.id, mine.id])
    assert [e.field for e in over.value.errors] == ["event_ids.0"]
    swiss = await organiser.writes()
    await organiser.sells(swiss, price=Money(1800, "CHF"), name="Suisse")
    with pytest.raises(Malformed) as foreign:
        await offer(organiser, [mine.id, swiss.id])
    assert [e.field for e in foreign.value.errors] == ["ticket_type.price.currency"]
    seen = await catalog.client.event(mine.id, organiser.token)
    assert (seen.state, seen.ticket_types) == ("draft", [])


async def test_cancelled_dates_need_no_quota(catalog: Catalog, organiser: Organiser):
    kept, dropped = a_date(), a_date()
    event = await organiser.publishes("Deux dates", dates=[kept, dropped])
    await catalog.client.put_event(
        event.id, organiser.draft("Deux dates", dates=[kept]), organiser.token
    )
    (offered,) = await offer(organiser, [event.id])
    assert offered.date_ids == [kept.id]


async def test_strangers_offer_nothing(catalog: Catalog, organiser: Organiser):
    event = await organiser.writes()
    stranger = catalog.organiser()
    body = BulkOffer(event_ids=[event.id], ticket_type=a_ticket_type())
    with pytest.raises(Forbidden):
        await catalog.client.offer_in_bulk(organiser.id, body, stranger.token)
    with pytest.raises(NotFound):
        await catalog.client.offer_in_bulk(stranger.id, body, stranger.token)

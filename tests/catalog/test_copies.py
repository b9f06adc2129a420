"""What visitors read is kept; whoever changes an event ends its copies."""

from datetime import UTC, datetime, timedelta

import pytest

from quickserve.contracts.catalog import BulkOffer, EventId
from quickserve.kernel.errors import NotFound
from quickserve.kernel.ids import new_uuid

from .conftest import SOON, a_date, a_ticket_type


async def scribble(catalog, event_id, title):
    """A change that nobody announces: who still sees the old title has read a copy."""
    await catalog.sql("UPDATE events SET title = %s WHERE id = %s", title, event_id)


async def seen(catalog, event_id):
    return (await catalog.client.event(event_id)).title


async def on_home_page(catalog, event_id):
    cards = (await catalog.client.cards(limit=100)).cards
    return next((card.title for card in cards if card.event_id == event_id), None)


async def test_an_event_is_read_from_its_copy(catalog, organiser):
    event = await organiser.publishes("Bal")
    assert await seen(catalog, event.id) == "Bal"
    await scribble(catalog, event.id, "Scribble")
    assert await seen(catalog, event.id) == "Bal"


async def test_its_people_read_it_itself(catalog, organiser):
    event = await organiser.publishes("Bal")
    await seen(catalog, event.id)
    await scribble(catalog, event.id, "Scribble")
    assert (await catalog.client.event(event.id, organiser.token)).title == "Scribble"


async def put(catalog, organiser, event):
    draft = organiser.draft("Bal", dates=[a_date(SOON, id=event.dates[0].id)], category="dance")
    await catalog.client.put_event(event.id, draft, organiser.token)
    await scribble(catalog, event.id, "Scribble")


async def sell_more(catalog, organiser, event):
    await scribble(catalog, event.id, "Scribble")
    await organiser.sells(event, "Réduit")


async def sell_less(catalog, organiser, event):
    more = await organiser.sells(event, "Réduit")
    await scribble(catalog, event.id, "Bal")
    await seen(catalog, event.id)
    await scribble(catalog, event.id, "Scribble")
    await catalog.client.remove_ticket_type(event.id, more.id, organiser.token)


async def offer(catalog, organiser, event):
    await scribble(catalog, event.id, "Scribble")
    wanted = BulkOffer(event_ids=[event.id], ticket_type=a_ticket_type("Réduit"))
    await catalog.client.offer_in_bulk(organiser.id, wanted, organiser.token)


async def cancel(catalog, organiser, event):
    await scribble(catalog, event.id, "Scribble")
    await catalog.client.cancel(event.id, organiser.token)


@pytest.mark.parametrize("change", [put, sell_more, sell_less, offer, cancel])
async def test_every_change_ends_the_copies(catalog, organiser, change):
    event = await organiser.publishes("Bal")
    await seen(catalog, event.id)
    await on_home_page(catalog, event.id)
    await change(catalog, organiser, event)
    assert await seen(catalog, event.id) == "Scribble"


async def test_the_home_page_is_a_copy_until_any_event_changes(catalog, organiser):
    event, other = await publishes_first(organiser, "Bal"), await organiser.writes("Autre")
    assert await on_home_page(catalog, event.id) == "Bal"
    await scribble(catalog, event.id, "Scribble")
    assert await on_home_page(catalog, event.id) == "Bal"
    await organiser.sells(other)
    assert await on_home_page(catalog, event.id) == "Scribble"


async def test_a_published_event_is_on_the_home_page_at_once(catalog, organiser):
    await catalog.client.cards(limit=100)
    event = await publishes_first(organiser, "Tout de suite")
    assert await on_home_page(catalog, event.id) == "Tout de suite"


async def publishes_first(organiser, title):
    """So near that it is on the first page, whatever else is on."""
    soon = datetime.now(UTC) + timedelta(minutes=1)
    return await organiser.publishes(title, dates=[a_date(soon)])


async def test_what_is_not_there_is_not_kept(catalog, organiser):
    event = await organiser.writes("Ébauche")
    with pytest.raises(NotFound):
        await seen(catalog, event.id)
    with pytest.raises(NotFound):
        await seen(catalog, EventId(new_uuid()))
    await organiser.sells(event)
    await catalog.client.publish(event.id, organiser.token)
    assert await seen(catalog, event.id) == "Ébauche"

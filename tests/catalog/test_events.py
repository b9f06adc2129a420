"""An organiser's life with an event: draft, tickets, publication, changes, cancellation."""

from datetime import timedelta

import pytest

from quickserve.contracts.catalog import (
    DateId,
    EndBeforeStart,
    EventCancelledError,
    EventId,
    NothingToSell,
    TicketTypeId,
    TicketTypeInUse,
    TicketTypeView,
    UnknownZone,
    VenueDraft,
)
from quickserve.contracts.identity import OrganiserSaved
from quickserve.kernel.auth import Role
from quickserve.kernel.errors import Forbidden, IdReused, Malformed, NotFound, Unauthenticated
from quickserve.kernel.events import Message
from quickserve.kernel.ids import MessageId, OrganiserId, new_uuid
from quickserve.kernel.money import Money
from quickserve.kernel.testing import race
from tests.catalog.conftest import SOON, Catalog, Organiser, a_date, a_ticket_type


async def test_a_draft_is_seen_by_its_people_only(catalog: Catalog, organiser: Organiser):
    event = await organiser.writes("Répétition générale")
    door = catalog.issuer.token({organiser.id: [Role.DOOR]})
    assert (await catalog.client.event(event.id, organiser.token)).state == "draft"
    assert (await catalog.client.event(event.id, door)).title == "Répétition générale"
    for stranger in (None, catalog.organiser().token):
        with pytest.raises(NotFound):
            await catalog.client.event(event.id, stranger)
    assert (await catalog.call("GET", f"/events/{event.id}")).status_code == 404


async def test_publishing_needs_something_to_sell(catalog: Catalog, organiser: Organiser):
    event = await organiser.writes()
    with pytest.raises(NothingToSell):
        await catalog.client.publish(event.id, organiser.token)
    await organiser.sells(event)
    published = await catalog.client.publish(event.id, organiser.token)
    assert published.state == "published"
    seen = await catalog.client.event(event.id)
    assert [kind.price for kind in seen.ticket_types] == [Money(1800, "EUR")]
    assert await catalog.client.publish(event.id, organiser.token) == published


async def test_each_change_tells_the_whole_state(catalog: Catalog, organiser: Organiser):
    event = await organiser.publishes("Nuit du jazz")
    draft = await catalog.told(event.id, 1)
    assert (draft.state, len(draft.dates), draft.ticket_types) == ("draft", 1, [])
    with_ticket = await catalog.told(event.id, 2)
    assert [kind.price for kind in with_ticket.ticket_types] == [Money(1800, "EUR")]
    published = await catalog.told(event.id, 3)
    assert published.state == "published"
    assert published.organiser_id == organiser.id
    assert (published.dates[0].venue_name, published.dates[0].city) == ("Le Trianon", "Paris")


async def test_the_same_draft_again_changes_nothing(catalog: Catalog, organiser: Organiser):
    event_id, draft = EventId(new_uuid()), organiser.draft()
    first = await catalog.client.put_event(event_id, draft, organiser.token)
    assert await catalog.client.put_event(event_id, draft, organiser.token) == first
    changed = draft.model_copy(update={"title": "Bal d'été"})
    await catalog.client.put_event(event_id, changed, organiser.token)
    await catalog.told(event_id, 2)
    assert catalog.versions(event_id) == [1, 2]


async def test_a_date_taken_out_of_a_draft_vanishes(catalog: Catalog, organiser: Organiser):
    kept, dropped = a_date(), a_date(SOON + timedelta(days=1))
    event = await organiser.writes(dates=[kept, dropped])
    draft = organiser.draft(dates=[kept])
    event = await catalog.client.put_event(event.id, draft, organiser.token)
    assert [date.id for date in event.dates] == [kept.id]


async def test_a_date_taken_out_of_a_published_event_is_cancelled(
    catalog: Catalog, organiser: Organiser
):
    kept, dropped = a_date(), a_date(SOON + timedelta(days=1))
    event = await organiser.publishes("Festival", dates=[kept, dropped])
    draft = organiser.draft("Festival", dates=[kept])
    event = await catalog.client.put_event(event.id, draft, organiser.token)
    assert [date.state for date in event.dates] == ["scheduled", "cancelled"]
    again = organiser.draft("Festival", dates=[kept, dropped])
    event = await catalog.client.put_event(event.id, again, organiser.token)
    assert [date.state for date in event.dates] == ["scheduled", "cancelled"]


async def test_a_published_date_with_new_times_is_moved(catalog: Catalog, organiser: Organiser):
    date = a_date()
    event = await organiser.publishes("Conférence", dates=[date])
    later = a_date(SOON + timedelta(hours=1), id=date.id)
    moved = await catalog.client.put_event(
        event.id, organiser.draft("Conférence", dates=[later]), organiser.token
    )
    assert (moved.dates[0].state, moved.dates[0].starts_at) == ("moved", later.starts_at)
    assert (await catalog.told(event.id, 4)).dates[0].state == "moved"


async def test_a_draft_date_with_new_times_is_just_changed(catalog: Catalog, organiser: Organiser):
    date = a_date()
    event = await organiser.writes(dates=[date])
    later = a_date(SOON + timedelta(hours=1), id=date.id)
    event = await catalog.client.put_event(
        event.id, organiser.draft(dates=[later]), organiser.token
    )
    assert event.dates[0].state == "scheduled"


async def test_a_cancelled_event_stays_cancelled(catalog: Catalog, organiser: Organiser):
    event = await organiser.publishes("Plein air")
    cancelled = await catalog.client.cancel(event.id, organiser.token)
    assert cancelled.state == "cancelled"
    assert await catalog.client.cancel(event.id, organiser.token) == cancelled
    assert (await catalog.client.event(event.id)).state == "cancelled"
    for change in (
        catalog.client.put_event(event.id, organiser.draft(), organiser.token),
        catalog.client.publish(event.id, organiser.token),
        catalog.client.put_ticket_type(
            event.id, TicketTypeId(new_uuid()), a_ticket_type("Réduit"), organiser.token
        ),
    ):
        with pytest.raises(EventCancelledError):
            await change


async def test_a_cancelled_draft_was_never_public(catalog: Catalog, organiser: Organiser):
    event = await organiser.writes()
    await catalog.client.cancel(event.id, organiser.token)
    with pytest.raises(NotFound):
        await catalog.client.event(event.id)


async def test_a_date_may_end_as_it_begins_when_nobody_knows_its_end(organiser: Organiser):
    event = await organiser.writes(dates=[a_date(hours=0)])
    assert event.dates[0].ends_at == event.dates[0].starts_at


async def test_wrong_dates_name_their_field(catalog: Catalog, organiser: Organiser):
    with pytest.raises(EndBeforeStart) as backwards:
        await organiser.writes(dates=[a_date(), a_date(hours=-1)])
    assert [e.field for e in backwards.value.errors] == ["dates.1.ends_at"]
    with pytest.raises(UnknownZone) as nowhere:
        await organiser.writes(dates=[a_date(zone="Europe/Atlantis")])
    assert [e.field for e in nowhere.value.errors] == ["dates.0.zone"]
    date = a_date()
    with pytest.raises(Malformed) as twice:
        await organiser.writes(dates=[date, date])
    assert [e.field for e in twice.value.errors] == ["dates.1.id"]
    with pytest.raises(Malformed) as absurd:
        await organiser.writes(dates=[a_date(SOON.replace(year=2999), zone="Nowhere")])
    fields = [e.field for e in absurd.value.errors]
    assert fields == ["dates.0.zone", "dates.0.starts_at", "dates.0.ends_at"]


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("url", "javascript:alert(1)"),
        ("url", "//example.org"),
        ("url", "https://"),
        ("url", "https://exa mple.org"),
        ("url", "https://[::1"),
        ("title", "Bal\x00masqué"),
        ("title", "   "),
        ("title", "Bal\nmasqué"),
        ("category", "jazz\x1b[31m"),
        ("description", "\x07"),
    ],
)
async def test_wrong_texts_name_their_field(organiser: Organiser, field: str, value: str):
    with pytest.raises(Malformed) as wrong:
        await organiser.writes(**{field: value})
    assert [e.field for e in wrong.value.errors] == [field]


async def test_descriptions_may_have_paragraphs(organiser: Organiser):
    event = await organiser.writes(
        description="Un.\n\nDeux.\tTrois.", url="https://example.org/été?x=1"
    )
    assert event.description == "Un.\n\nDeux.\tTrois."


async def test_somebody_elses_organisation(catalog: Catalog, organiser: Organiser):
    event = await organiser.publishes("Opéra")
    stranger = catalog.organiser()
    kind = TicketTypeId(new_uuid())
    for change in (
        catalog.client.put_event(EventId(new_uuid()), organiser.draft(), stranger.token),
        catalog.client.put_event(event.id, stranger.draft(), stranger.token),
        catalog.client.publish(event.id, stranger.token),
        catalog.client.cancel(event.id, stranger.token),
        catalog.client.put_ticket_type(event.id, kind, a_ticket_type(), stranger.token),
        catalog.client.remove_ticket_type(event.id, event.ticket_types[0].id, stranger.token),
        catalog.client.events(organiser.id, stranger.token),
    ):
        with pytest.raises(Forbidden):
            await change
    door = catalog.issuer.token({organiser.id: [Role.DOOR]})
    with pytest.raises(Forbidden):
        await catalog.client.cancel(event.id, door)
    assert (await catalog.client.event(event.id)).title == "Opéra"
    visitor = await catalog.call("PUT", f"/events/{event.id}/cancellation")
    assert (visitor.status_code, visitor.json()["code"]) == (401, Unauthenticated.code)


async def test_an_event_stays_with_its_organiser(catalog: Catalog, organiser: Organiser):
    other = OrganiserId(new_uuid())
    both = catalog.issuer.token({organiser.id: [Role.ORGANISER], other: [Role.ORGANISER]})
    event = await organiser.writes()
    with pytest.raises(Malformed) as wrong:
        await catalog.client.put_event(event.id, organiser.draft(organiser_id=other), both)
    assert [e.field for e in wrong.value.errors] == ["organiser_id"]


async def test_a_date_of_another_event_cannot_be_taken(catalog: Catalog, organiser: Organiser):
    theirs = await catalog.organiser().publishes("À eux")
    with pytest.raises(IdReused):
        await organiser.writes(dates=[a_date(id=theirs.dates[0].id)])
    assert (await catalog.client.event(theirs.id)).dates == theirs.dates


async def test_a_venue_is_known_by_name_and_city(catalog: Catalog, organiser: Organiser):
    first = await organiser.writes(dates=[a_date(venue=VenueDraft(name="Zénith", city="Lille"))])
    full = VenueDraft(name="Zénith", city="Lille", address="1 bd des Cités", latitude=50.6)
    second = await organiser.writes(dates=[a_date(venue=full)])
    elsewhere = await organiser.writes(dates=[a_date(venue=VenueDraft(name="Zénith"))])
    venues = [e.dates[0].venue for e in (first, second, elsewhere)]
    ids = [venue.id for venue in venues if venue]
    assert ids[0] == ids[1] != ids[2]
    known = (await catalog.client.event(first.id, organiser.token)).dates[0].venue
    assert known
    assert known.address == "1 bd des Cités"


async def test_ten_writers_of_one_new_event(catalog: Catalog, organiser: Organiser):
    """Whoever comes last is what stays, as a whole."""
    event_id = EventId(new_uuid())
    drafts = [
        organiser.draft(f"Version {n}", dates=[a_date(SOON + timedelta(days=n))]) for n in range(10)
    ]
    outcomes = await race(
        *(catalog.client.put_event(event_id, draft, organiser.token) for draft in drafts)
    )
    assert outcomes.of(Exception) == []
    event = await catalog.client.event(event_id, organiser.token)
    last = next(draft for draft in drafts if draft.title == event.title)
    assert [date.id for date in event.dates] == [last.dates[0].id]
    await catalog.told(event_id, 10)
    assert catalog.versions(event_id) == list(range(1, 11))


async def test_the_organisers_name_comes_from_identity(catalog: Catalog, organiser: Organiser):
    event = await organiser.publishes("Inauguration")
    assert event.organiser.name == ""
    runtime = catalog.platform.runtimes["catalog"]
    saved = OrganiserSaved(organiser.id, "La Compagnie", "la-compagnie")
    message = Message(
        id=MessageId(new_uuid()), source="identity", type=OrganiserSaved.TYPE,
        subject=saved.subject, time=SOON,
        data={"organiser_id": str(organiser.id), "name": saved.name, "slug": saved.slug},
    )  # fmt: skip
    await runtime.bus.publish([message])
    await runtime.bus.publish([message])
    seen = (await catalog.client.event(event.id)).organiser
    assert (seen.name, seen.slug) == ("La Compagnie", "la-compagnie")


# -- Ticket types ---------------------------------------------------------------------------------


async def test_ticket_types_can_be_changed_and_removed(catalog: Catalog, organiser: Organiser):
    event = await organiser.writes()
    full = await organiser.sells(event)
    reduced = await organiser.sells(event, "Réduit", price=Money(900, "EUR"), position=1)
    changed = await catalog.client.put_ticket_type(
        event.id, full.id, a_ticket_type(price=Money(2000, "EUR")), organiser.token
    )
    assert changed.price == Money(2000, "EUR")
    await catalog.client.remove_ticket_type(event.id, full.id, organiser.token)
    await catalog.client.remove_ticket_type(event.id, full.id, organiser.token)
    left = (await catalog.client.event(event.id, organiser.token)).ticket_types
    assert [kind.id for kind in left] == [reduced.id]


async def test_the_last_ticket_type_of_a_published_event_stays(
    catalog: Catalog, organiser: Organiser
):
    event = await organiser.publishes("Gala")
    with pytest.raises(TicketTypeInUse):
        await catalog.client.remove_ticket_type(event.id, event.ticket_types[0].id, organiser.token)


async def test_one_currency_an_event_and_one_name_a_ticket_type(organiser: Organiser):
    event = await organiser.writes()
    await organiser.sells(event)
    with pytest.raises(Malformed) as foreign:
        await organiser.sells(event, "Suisse", price=Money(1800, "CHF"))
    assert [e.field for e in foreign.value.errors] == ["price.currency"]
    with pytest.raises(Malformed) as twice:
        await organiser.sells(event, price=Money(100, "EUR"))
    assert [e.field for e in twice.value.errors] == ["name"]


async def test_two_currencies_at_the_same_moment(catalog: Catalog, organiser: Organiser):
    event = await organiser.writes()
    prices = [Money(1800, currency) for currency in ("EUR", "CHF", "GBP", "PLN")]
    outcomes = await race(*(organiser.sells(event, p.currency, price=p) for p in prices))
    assert outcomes.kinds == {TicketTypeView: 1, Malformed: 3}
    seen = await catalog.client.event(event.id, organiser.token)
    assert [kind.price for kind in seen.ticket_types] == [outcomes.of(TicketTypeView)[0].price]


async def test_wrong_ticket_types_name_their_field(organiser: Organiser):
    event = await organiser.writes()
    for field, changes in {
        "max_per_booking": {"min_per_booking": 5, "max_per_booking": 4},
        "sale_until": {"sale_from": SOON, "sale_until": SOON},
        "sale_from": {"sale_from": SOON.replace(year=1)},
        "price.minor": {"price": Money(-1, "EUR")},
        "name": {"name": "\x00"},
    }.items():
        with pytest.raises(Malformed) as wrong:
            await organiser.sells(event, **{"name": "Tarif", **changes})
        assert field in [e.field for e in wrong.value.errors]


async def test_a_ticket_type_of_another_event_cannot_be_taken(
    catalog: Catalog, organiser: Organiser
):
    theirs = await catalog.organiser().publishes("À eux")
    event = await organiser.writes()
    with pytest.raises(IdReused):
        await catalog.client.put_ticket_type(
            event.id, theirs.ticket_types[0].id, a_ticket_type(), organiser.token
        )


async def test_unknown_events_are_not_found(catalog: Catalog, organiser: Organiser):
    nothing = EventId(new_uuid())
    for question in (
        catalog.client.event(nothing),
        catalog.client.publish(nothing, organiser.token),
        catalog.client.cancel(nothing, organiser.token),
        catalog.client.remove_ticket_type(nothing, TicketTypeId(new_uuid()), organiser.token),
    ):
        with pytest.raises(NotFound):
            await question


async def test_a_thousand_dates(catalog: Catalog, organiser: Organiser):
    dates = [a_date(SOON + timedelta(hours=n), hours=0.5) for n in range(1000)]
    event = await organiser.writes("Marathon", dates=dates)
    assert [date.id for date in event.dates] == [date.id for date in dates]
    more = [date.model_dump(mode="json") for date in [*dates, a_date(id=DateId(new_uuid()))]]
    body = organiser.draft().model_dump(mode="json") | {"dates": more}
    answer = await catalog.call("PUT", f"/events/{event.id}", organiser.token, json=body)
    assert answer.status_code == 422

"""An event from its first line to its cancellation, by forms only."""

import asyncio
import html
import re

import pytest

from quickserve.contracts.catalog import CatalogClient, EventId
from quickserve.kernel.ids import UUID
from quickserve.kernel.money import Money

from .office import Office

PRICE = "Enter a price such as 18 or 18.50, at most €1,000,000,000.00; 0 is free."
PLACES = "Enter a whole number from 0 to 1,000,000."


def id_of(event: str) -> EventId:
    return EventId(UUID(event.rpartition("/")[2]))


async def of_catalog(office: Office, event: str):
    catalog = CatalogClient(office.platform.clients_for("cli")["catalog"])
    assert office.organiser_id
    found = await catalog.events(office.organiser_id)
    return next(one for one in found.events if one.id == id_of(event))


async def places(office: Office, event: str) -> dict[str, str]:
    """By the form's own words: name → places a date."""
    form = await office.page(f"{event}/tickets")
    rows = [key for key in form.hidden if key.endswith("-was")]
    found = {}
    for row in rows:
        key = row.removesuffix("-was")
        value = form.text.partition(f'id="{key}-capacity"')[0].rpartition('value="')[2]
        found[form.hidden[row]] = value.partition('"')[0]
    return found


async def heard_of(office: Office, event: str, places: str = "120") -> None:
    """Booking hears of events a moment later."""
    for _ in range(200):
        if f'value="{places}"' in (await office.page(f"{event}/tickets")).text:
            return
        await asyncio.sleep(0.02)
    raise AssertionError("booking never heard of it")


async def test_an_event_is_written_ticketed_published_and_cancelled(office: Office):
    event = await office.event()
    saved = await office.tickets(event)
    assert "Saved." in saved.plain
    await heard_of(office, event)
    asked = await office.page(f"{event}/publication")
    assert "120" in asked.plain
    published = await office.send(f"{event}/publication", asked.hidden)
    assert published.path == f"/en{event}"
    assert "what has places is on sale" in published.plain
    summary = await of_catalog(office, event)
    assert (summary.state, summary.price_from) == ("published", Money(1800, "EUR"))
    gone = await office.fill_in(f"{event}/cancellation", {})
    assert "is cancelled" in gone.plain
    for _ in range(100):
        if "All that was paid is given back." in gone.plain:
            break
        await asyncio.sleep(0.05)
        gone = await office.page(f"{event}/cancellation")
    assert "All that was paid is given back." in gone.plain
    assert (await of_catalog(office, event)).state == "cancelled"


async def test_what_is_wrong_is_told_at_its_field_and_the_rest_is_kept(office: Office):
    wrong = await office.fill_in(
        "/organiser/events/new",
        {
            "title": "", "zone": "Europe/Paris", "venue": "Caserne",
            "d0-starts": "2031-07-13T21:00", "d0-ends": "2031-07-13T20:00",
        },
    )  # fmt: skip
    assert wrong.status == 422
    assert wrong.errors == {"title": "Fill this in.", "d0-ends": "Put the end after the start."}
    assert 'value="Caserne"' in wrong.text
    assert 'href="#d0-ends"' in wrong.text


async def test_an_hour_that_the_clock_skips_is_no_hour(office: Office):
    skipped = {"d0-starts": "2031-03-30T02:30", "d0-ends": "2031-03-30T05:00"}
    wrong = await office.fill_in(
        "/organiser/events/new", {"title": "Nuit", "zone": "Europe/Paris", **skipped}
    )
    assert list(wrong.errors) == ["d0-starts"]


async def test_another_date_is_added_without_losing_what_was_typed(office: Office):
    form = await office.page("/organiser/events/new")
    fields = form.hidden | {"title": "Bal", "zone": "Europe/Paris", "more": "dates"}
    more = await office.send("/organiser/events/new", fields)
    assert more.status == 200
    assert {"d0-id", "d1-id"} <= set(more.hidden)
    assert more.hidden["d0-id"] == form.hidden["d0-id"]
    assert 'value="Bal"' in more.text


async def test_a_form_sent_twice_makes_one_event(office: Office):
    form = await office.page("/organiser/events/new")
    fields = form.hidden | {
        "title": "Une fois", "zone": "Europe/Paris",
        "d0-starts": "2031-07-13T21:00", "d0-ends": "2031-07-14T02:00",
    }  # fmt: skip
    first = await office.send("/organiser/events/new", fields)
    second = await office.send("/organiser/events/new", fields)
    assert first.path == second.path
    assert (await office.page("/organiser/events")).text.count("Select Une fois") == 1


async def test_an_edit_keeps_what_the_form_does_not_show(office: Office):
    """Dates keep their ids, so their tickets and places stay theirs."""
    event = await office.event()
    before = (await office.page(f"{event}/edit")).hidden["d0-id"]
    changed = await office.fill_in(
        f"{event}/edit",
        {
            "title": "Grand bal", "zone": "Europe/Paris", "venue": "Caserne", "city": "Sète",
            "d0-starts": "2031-07-13T21:30", "d0-ends": "2031-07-14T02:00",
        },
    )  # fmt: skip
    assert "Saved." in changed.plain
    after = await office.page(f"{event}/edit")
    assert after.hidden["d0-id"] == before
    assert 'value="2031-07-13T21:30"' in after.text


async def test_an_imported_event_without_an_end_can_be_edited(office: Office):
    """A calendar need not tell ends; then every date ends as it begins."""
    await office.imported("bal.csv", b"start,title\n2031-07-13T21:00,Bal sans fin\n")
    listed = (await office.page("/organiser/events")).text
    event = "/organiser/events/" + listed.partition('">Bal sans fin')[0][-36:]
    form = await office.page(f"{event}/edit")
    assert form.text.count('value="2031-07-13T21:00"') == 2
    dates = {"d0-starts": "2031-07-13T21:00", "d0-ends": "2031-07-13T21:00"}
    words = {"title": "Bal", "zone": "Europe/Paris"}
    changed = await office.fill_in(f"{event}/edit", words | dates)
    assert "Saved." in changed.plain
    dates["d0-ends"] = "2031-07-13T20:59"
    wrong = await office.fill_in(f"{event}/edit", words | dates)
    assert wrong.errors == {"d0-ends": "Put the end after the start."}


@pytest.mark.parametrize(
    "field", ["t0-name", "t0-description", "q0-name"]
)  # fmt: skip
async def test_what_is_too_long_is_told_not_cut(office: Office, field: str):
    event = await office.event()
    wrong = await office.tickets(event, **{field: "x" * 5000})
    assert (wrong.status, wrong.errors) == (422, {field: "This is too long: shorten it."})
    assert (await of_catalog(office, event)).ticket_types == 0


@pytest.mark.parametrize(
    ("field", "value", "errors"),
    [
        ("title", "x" * 3000, {"title": "This is too long: shorten it."}),
        ("description", "x" * 30_000, {"description": "This is too long: shorten it."}),
        ("language", "zz", {"language": "Choose one of the list."}),
        ("d0-room", "x" * 300, {"d0-room": "This is too long: shorten it."}),
        ("event", "x", {}), ("d0-id", "x", {}),
    ],
)  # fmt: skip
async def test_what_no_form_of_ours_sends_is_refused(
    office: Office, field: str, value: str, errors: dict[str, str]
):
    form = await office.page("/organiser/events/new")
    fields = form.hidden | {
        "title": "Bal", "zone": "Europe/Paris", "language": "fr",
        "d0-starts": "2031-07-13T21:00", "d0-ends": "2031-07-14T02:00", field: value,
    }  # fmt: skip
    wrong = await office.send("/organiser/events/new", fields)
    assert (wrong.status, wrong.errors) == (422, errors)
    assert "Bal</a>" not in (await office.page("/organiser/events")).text


@pytest.mark.parametrize("currency", ["XXQ", "", "eur", "XAU", "KWD", "€"])
async def test_a_currency_that_is_not_on_the_list_is_refused(office: Office, currency: str):
    event = await office.event()
    wrong = await office.tickets(event, currency=currency)
    assert (wrong.status, wrong.errors) == (422, {"currency": "Choose one of the list."})
    assert (await of_catalog(office, event)).ticket_types == 0
    assert "Saved." in (await office.tickets(event, currency="CHF")).plain


async def test_the_tickets_form_sent_twice_is_saved_once(office: Office):
    """The browser's own first request again, after going back or a lost answer."""
    event = await office.event()
    form = await office.page(f"{event}/tickets")
    fields = form.hidden | {
        "currency": "EUR", "t0-name": "Full price", "t0-price": "18", "t0-min": "1", "t0-max": "6",
        "t0-places": "q0", "q0-name": "", "q0-capacity": "120",
    }  # fmt: skip
    for sent in (fields, fields, fields | {"t0-price": "20", "q0-capacity": "90"}):
        saved = await office.send(f"{event}/tickets", sent)
        assert "Saved." in saved.plain
        await heard_of(office, event, sent["q0-capacity"])
        assert await places(office, event) == {"": sent["q0-capacity"]}
    assert (await of_catalog(office, event)).price_from == Money(2000, "EUR")


async def test_saved_figures_are_shown_as_they_are_typed_there(office: Office):
    event = await office.event()
    await office.tickets(event, t0_price="12.50", t0_tax="5.5")
    for lang, price, tax in (("en", "12.50", "5.5"), ("fr", "12,50", "5,5")):
        office.lang = lang
        form = await office.page(f"{event}/tickets")
        assert f'value="{price}"' in form.text
        assert f'value="{tax}"' in form.text
        fields = form.hidden | {
            "currency": "EUR", "t0-name": "Plein", "t0-price": price, "t0-tax": tax,
            "t0-min": "1", "t0-max": "6", "q0-name": "", "q0-capacity": "120",
        }  # fmt: skip
        assert (await office.send(f"{event}/tickets", fields)).path.endswith("/tickets")
    assert (await of_catalog(office, event)).price_from == Money(1250, "EUR")


async def test_what_publishing_and_cancelling_will_do_is_told(office: Office):
    over = await office.event(**{"d0-starts": "2020-07-13T21:00", "d0-ends": "2020-07-14T02:00"})
    to_come = await office.event()
    for event, past in ((over, True), (to_come, False)):
        await office.tickets(event)
        asked = await office.page(f"{event}/publication")
        assert ("All its dates are over" in asked.plain) is past
        gone = await office.page(f"{event}/cancellation")
        assert "No ticket is sold." in gone.plain
        assert "tell" not in gone.plain.partition("Cancel the event for good")[0]


async def test_refunds_and_access_are_told_on_the_events_page(office: Office):
    words = {
        "refund_rule": "Remboursé\n\njusqu’à la veille.",
        "access": "Entrée <b>sans</b> marche",
    }
    event = await office.event(**words)
    await office.tickets(event)
    await office.send(f"{event}/publication", (await office.page(f"{event}/publication")).hidden)
    public = await office.page(f"/events/{event.rpartition('/')[2]}")
    assert "Access Entrée <b>sans</b> marche" in html_text(public.response.text)
    assert "Refunds Remboursé jusqu’à la veille." in html_text(public.response.text)
    form = await office.page(f"{event}/edit")
    assert "jusqu’à la veille." in form.text
    fields = {
        "title": "Bal", "zone": "Europe/Paris", "language": "fr", "refund_rule": "", "access": "",
        "d0-starts": "2031-07-13T21:00", "d0-ends": "2031-07-14T02:00",
    }  # fmt: skip
    await office.fill_in(f"{event}/edit", fields)
    gone = html_text((await office.page(f"/events/{event.rpartition('/')[2]}")).response.text)
    assert "Refunds" not in gone
    assert "Access " not in gone.partition("Accessibility")[0]


def html_text(page: str) -> str:
    return html.unescape(" ".join(re.sub(r"<[^>]+>", " ", page).split()))


async def test_tickets_share_places_or_have_their_own(office: Office):
    event = await office.event()
    form = await office.page(f"{event}/tickets")
    more = await office.send(f"{event}/tickets", form.hidden | {"more": "places"})
    more = await office.send(f"{event}/tickets", more.hidden | {"more": "tickets"})
    second = {"t1-name": "Balcony", "t1-price": "30", "t1-min": "1", "t1-max": "10"}
    balcony = {"t1-places": "q1", "q1-name": "Balcony", "q1-capacity": "40"}
    first = {"t0-name": "Stalls", "t0-price": "18,50", "t0-min": "1", "t0-max": "6",
             "t0-places": "q0", "q0-name": "Stalls", "q0-capacity": "120",
             "currency": "EUR"}  # fmt: skip
    ids = more.hidden
    saved = await office.send(f"{event}/tickets", ids | first | second | balcony)
    assert "Saved." in saved.plain
    await heard_of(office, event)
    assert await places(office, event) == {"Stalls": "120", "Balcony": "40"}
    again = await office.page(f"{event}/tickets")
    merged = first | second | balcony | {"t1-places": "q0"}
    await office.send(f"{event}/tickets", again.hidden | merged)
    assert await places(office, event) == {"Stalls": "120"}


@pytest.mark.parametrize(
    ("field", "value", "told"),
    [
        *(("t0-price", text, PRICE) for text in ("a lot", "-1", "1e3", "1" * 20, "1000000000,01")),
        ("t0-tax", "NaN", "Enter a rate between 0 and 100, such as 5.5."),
        ("t0-max", "0", "Enter a whole number from 1 to 100."),
        ("t0-until", "tomorrow", "Enter a date and a time that the clocks there show."),
        *(("q0-capacity", text, PLACES) for text in ("1e9", "", "-5", "2.5", "1" + "0" * 20)),
    ],
)
async def test_a_wrong_figure_is_told_at_its_field(
    office: Office, field: str, value: str, told: str
):
    event = await office.event()
    wrong = await office.tickets(event, **{field: value})
    assert wrong.status == 422
    assert wrong.errors == {field: told}


async def test_dates_may_have_different_places(office: Office):
    form = await office.page("/organiser/events/new")
    more = await office.send("/organiser/events/new", form.hidden | {"more": "dates"})
    event = (
        await office.send(
            "/organiser/events/new",
            more.hidden
            | {
                "title": "Deux soirs", "zone": "Europe/Paris",
                "d0-starts": "2031-07-13T21:00", "d0-ends": "2031-07-13T23:00",
                "d1-starts": "2031-07-14T21:00", "d1-ends": "2031-07-14T23:00",
            },
        )
    ).path.removeprefix("/en").removesuffix("/tickets")  # fmt: skip
    await office.tickets(event)
    await heard_of(office, event)
    form = await office.page(f"{event}/places")
    fields = [part.partition('"')[0] for part in form.text.split(' name="q-')[1:]]
    assert len(fields) == 2
    saved = await office.send(
        f"{event}/places", form.hidden | {f"q-{fields[0]}": "80", f"q-{fields[1]}": "120"}
    )
    assert "Saved." in saved.plain
    assert "the dates differ" in (await office.page(f"{event}/tickets")).plain
    kept = await office.tickets(event, **{"q0-capacity": ""})
    assert "Saved." in kept.plain
    assert 'value="80"' in (await office.page(f"{event}/places")).text

"""The home page: what is on, in order, page by page."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from quickserve.catalog.commands.refresh_lists import refresh_lists
from quickserve.contracts.catalog import CardPage, UnknownZone, When
from quickserve.kernel.errors import Malformed
from quickserve.kernel.ids import new_uuid
from quickserve.kernel.money import Money
from tests.catalog.conftest import SOON, Catalog, Organiser, a_date, a_ticket_type

NOW = datetime.now(UTC)


def titles(page: CardPage) -> list[str]:
    return [card.title for card in page.cards]


@pytest.fixture
def word() -> str:
    """What only this test's events carry in their titles."""
    return f"mot{new_uuid().hex[16:]}"


async def test_only_published_events_have_cards(catalog: Catalog, organiser: Organiser, word: str):
    await organiser.writes(f"Brouillon {word}")
    event = await organiser.publishes(f"Public {word}")
    page = await catalog.client.cards(text=word)
    assert titles(page) == [f"Public {word}"]
    card = page.cards[0]
    assert (card.price_from, card.venue_name, card.city) == (
        Money(1800, "EUR"), "Le Trianon", "Paris",
    )  # fmt: skip
    await catalog.client.cancel(event.id, organiser.token)
    assert titles(await catalog.client.cards(text=word)) == []


async def test_words_are_found_without_accents_and_literally(
    catalog: Catalog, organiser: Organiser, word: str
):
    await organiser.publishes(f"Été à l'Opéra, 100 % cœur {word}", category="Théâtre_libre")
    for text in (f"ete {word}", f"{word} OPERA", "100 % " + word, f"trianon {word} paris",
                 f"coeur {word}", f"theatre_libre {word}"):  # fmt: skip
        assert len(titles(await catalog.client.cards(text=text))) == 1, text
    for text in (
        f"9% {word}",
        f"theatre%libre {word}",
        f"t_ianon {word}",
        f"{word}\\",
        f"hiver {word}",
    ):
        assert titles(await catalog.client.cards(text=text)) == [], text


async def test_pages_follow_each_other(catalog: Catalog, organiser: Organiser, word: str):
    for n in (2, 0, 4, 1, 3):
        when = SOON + timedelta(days=n // 2)
        await organiser.publishes(f"{n // 2} {word}", dates=[a_date(when)])
    seen: list[str] = []
    after = None
    for _ in range(3):
        page = await catalog.client.cards(text=word, after=after, limit=2)
        seen += titles(page)
        after = page.next
    assert seen == [f"{n} {word}" for n in (0, 0, 1, 1, 2)]
    assert after is None


async def test_a_forged_cursor_is_refused(catalog: Catalog, organiser: Organiser, word: str):
    for n in range(2):
        await organiser.publishes(f"{n} {word}")
    page = await catalog.client.cards(text=word, limit=1)
    assert page.next
    wrong = ["x", "é", "A" * 44, page.next[:-1], page.next.swapcase(), page.next + "AAAA"]
    for after in wrong:
        with pytest.raises(Malformed) as refused:
            await catalog.client.cards(text=word, after=after)
        assert [e.field for e in refused.value.errors] == ["after"]
    with pytest.raises(Malformed):
        await catalog.client.cards(text=word, after=page.next, when=When.PAST)


async def test_days(catalog: Catalog, organiser: Organiser, word: str):
    hour, day = timedelta(hours=1), timedelta(days=1)
    for title, starts_at, length in (
        ("running", NOW - hour, 2 * hour),
        ("long", NOW - 20 * day, 40 * day),
        ("this week", NOW + 5 * day, hour),
        ("later", NOW + 9 * day, hour),
        ("ended", NOW - 3 * day, hour),
    ):
        hours = length / hour
        await organiser.publishes(f"{title} {word}", dates=[a_date(starts_at, hours)])
    expected = {
        When.ALL: ["long", "running", "this week", "later"],
        When.TODAY: ["long", "running"],
        When.WEEK: ["long", "running", "this week"],
        When.PAST: ["ended"],
    }
    for when, found in expected.items():
        page = await catalog.client.cards(when=when, text=word)
        assert titles(page) == [f"{title} {word}" for title in found], when
    weekend = titles(await catalog.client.cards(when=When.WEEKEND, text=word))
    assert f"long {word}" in weekend
    assert f"ended {word}" not in weekend


async def test_free_events(catalog: Catalog, organiser: Organiser, word: str):
    await organiser.publishes(f"payant {word}")
    event = await organiser.publishes(f"libre {word}", price=0)
    await organiser.sells(event, "Soutien", price=Money(500, "EUR"))
    for when in (When.ALL, When.WEEK):
        page = await catalog.client.cards(when=when, text=word, free=True)
        assert titles(page) == ([f"libre {word}"] if when is When.ALL else [])
    ours = [c for c in (await catalog.client.cards(free=True, limit=100)).cards if word in c.title]
    assert [card.price_from for card in ours] == [Money(0, "EUR")]


async def test_a_card_says_whether_other_tickets_cost_more(
    catalog: Catalog, organiser: Organiser, word: str
):
    event = await organiser.publishes(f"varié {word}", price=1200)
    other = await organiser.sells(event, "Autre", price=Money(1200, "EUR"))
    for price, varies in ((1200, False), (1800, True), (1200, False), (900, True)):
        draft = a_ticket_type("Autre", price=Money(price, "EUR"))
        await catalog.client.put_ticket_type(event.id, other.id, draft, organiser.token)
        (card,) = (await catalog.client.cards(text=word)).cards
        assert card.price_from == Money(min(price, 1200), "EUR")
        assert card.prices_vary is varies


async def test_moved_dates_are_shown_and_cancelled_ones_not(
    catalog: Catalog, organiser: Organiser, word: str
):
    first, second = a_date(), a_date(SOON + timedelta(days=1))
    event = await organiser.publishes(word, dates=[first, second])
    later = a_date(SOON + timedelta(hours=1), id=first.id)
    await catalog.client.put_event(
        event.id, organiser.draft(word, dates=[later, second]), organiser.token
    )
    (card,) = (await catalog.client.cards(text=word)).cards
    assert (card.date_id, card.date_state, card.starts_at) == (first.id, "moved", later.starts_at)
    await catalog.client.put_event(event.id, organiser.draft(word, dates=[second]), organiser.token)
    (card,) = (await catalog.client.cards(text=word)).cards
    assert (card.date_id, card.date_state) == (second.id, "scheduled")


async def test_a_run_of_dates_is_one_card_until_a_day_is_chosen(
    catalog: Catalog, organiser: Organiser, word: str
):
    dates = [a_date(NOW + timedelta(days=n, minutes=5), hours=1) for n in range(10)]
    await organiser.publishes(word, dates=dates)
    assert len((await catalog.client.cards(text=word)).cards) == 1
    assert 6 <= len((await catalog.client.cards(when=When.WEEK, text=word)).cards) <= 7


async def test_the_next_date_takes_over_when_one_ends(
    catalog: Catalog, organiser: Organiser, word: str
):
    ending = a_date(NOW - timedelta(hours=2), id=new_uuid(), hours=1)
    ending = ending.model_copy(update={"ends_at": datetime.now(UTC) + timedelta(seconds=1)})
    following = a_date()
    event = await organiser.publishes(word, dates=[ending, following])
    (card,) = (await catalog.client.cards(text=word)).cards
    assert card.date_id == ending.id
    await asyncio.sleep(1.1)
    await refresh_lists(catalog.platform.runtimes["catalog"].context())
    (card,) = (await catalog.client.cards(text=word)).cards
    assert card.date_id == following.id
    (past,) = (await catalog.client.cards(when=When.PAST, text=word)).cards
    assert past.date_id == ending.id
    await catalog.told(event.id, 3)
    assert catalog.versions(event.id) == [1, 2, 3]


async def test_an_unknown_zone_is_named(catalog: Catalog):
    with pytest.raises(UnknownZone) as wrong:
        await catalog.client.cards(zone="../../etc/passwd")
    assert [e.field for e in wrong.value.errors] == ["zone"]


async def test_the_organisers_list(catalog: Catalog, organiser: Organiser):
    await organiser.writes("Brouillon")
    for n in range(3):
        when = SOON + timedelta(days=n)
        await organiser.publishes(f"Public {n}", dates=[a_date(when), a_date(when)])
    mine = organiser.id, organiser.token
    everything = await catalog.client.events(*mine)
    assert [e.title for e in everything.events] == ["Public 2", "Public 1", "Public 0", "Brouillon"]
    assert everything.counts == {"draft": 1, "published": 3, "cancelled": 0}
    line = everything.events[0]
    assert (line.dates, line.ticket_types, line.venue_name) == (2, 1, "Le Trianon")
    assert line.price_from == Money(1800, "EUR")
    drafts = await catalog.client.events(*mine, state="draft")
    assert [e.title for e in drafts.events] == ["Brouillon"]
    found = await catalog.client.events(*mine, text="PUBLIC 1", state="published")
    assert [e.title for e in found.events] == ["Public 1"]
    page = await catalog.client.events(*mine, limit=3)
    rest = await catalog.client.events(*mine, limit=3, after=page.next)
    assert [e.title for e in rest.events] == ["Brouillon"]
    stranger = catalog.organiser()
    with pytest.raises(Malformed):
        await catalog.client.events(stranger.id, stranger.token, after=page.next)

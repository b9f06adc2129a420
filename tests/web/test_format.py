from datetime import UTC, datetime, timedelta

import pytest

from quickserve.kernel.money import Money
from quickserve.web import format as told
from quickserve.web.i18n import ENGLISH, FRENCH

PARIS = "Europe/Paris"
DOORS = datetime(2026, 12, 14, 17, 0, tzinfo=UTC)
NOW = datetime(2026, 12, 1, 9, 0, tzinfo=UTC)


def plain(text):
    """With ordinary spaces, to be read here."""
    return text.replace("\N{NO-BREAK SPACE}", " ")


@pytest.mark.parametrize(
    ("minor", "currency", "french", "english"),
    [
        (3600, "EUR", "36,00 €", "€36.00"),
        (123456700, "EUR", "1 234 567,00 €", "€1,234,567.00"),
        (-500, "EUR", "-5,00 €", "-€5.00"),
        (1800, "JPY", "1 800 JPY", "JP¥1,800"),
        (1500, "KWD", "1,500 KWD", "KWD1.500"),
    ],
)
def test_an_amount_shows_its_minor_units(minor, currency, french, english):
    amount = Money(minor, currency)
    assert plain(told.money(amount, locale=FRENCH)) == french
    assert plain(told.money(amount, locale=ENGLISH)) == english


@pytest.mark.parametrize(
    ("minor", "french", "english"),
    [(0, "gratuit", "free"), (1800, "18 €", "€18"), (2450, "24,50 €", "€24.50")],
)
def test_a_card_shows_a_whole_price_without_cents(minor, french, english):
    assert plain(told.price(Money(minor, "EUR"), locale=FRENCH)) == french
    assert plain(told.price(Money(minor, "EUR"), locale=ENGLISH)) == english


def test_a_date_is_told_in_the_zone_of_its_event():
    for zone, locale, text in (
        (PARIS, FRENCH, "lun. 14 déc., 18 h 00"), (PARIS, ENGLISH, "Mon 14 Dec, 18:00"),
        ("Asia/Tokyo", ENGLISH, "Tue 15 Dec, 02:00"),
    ):  # fmt: skip
        assert plain(told.when(DOORS, zone, now=NOW, locale=locale)) == text


@pytest.mark.parametrize("year", [2019, 2025, 2027])
def test_another_year_is_told_in_short_dates_and_on_stubs(year):
    there = DOORS.replace(year=year)
    assert f"14 Dec {year}, 18:00" in plain(told.when(there, PARIS, now=NOW, locale=ENGLISH))
    assert told.stub(there, PARIS, now=NOW, locale=FRENCH).year == str(year)


def test_the_year_is_that_of_the_place():
    """In Tokyo the new year has begun."""
    eve = datetime(2026, 12, 31, 20, 0, tzinfo=UTC)
    assert "2027" in told.when(eve, "Asia/Tokyo", now=NOW, locale=ENGLISH)
    assert "2026" not in told.when(eve, PARIS, now=NOW, locale=ENGLISH)


@pytest.mark.parametrize(
    ("hours", "french"),
    [
        (5.5, "Lundi 14 décembre, 18 h 00 – 23 h 30"),
        (10, "Lundi 14 décembre, 18 h 00 – 4 h 00"),
        (20, "Lundi 14 décembre, 18 h 00 – mardi 15 décembre, 14 h 00"),
    ],
)
def test_an_evening_is_one_day_even_past_midnight(hours, french):
    end = DOORS + timedelta(hours=hours)
    assert plain(told.when_long(DOORS, end, PARIS, now=NOW, locale=FRENCH)) == french


def test_an_end_that_nobody_knows_is_not_told():
    text = told.when_long(DOORS, DOORS, PARIS, now=NOW, locale=ENGLISH)
    assert text == told.when_long(DOORS, None, PARIS, now=NOW, locale=ENGLISH)
    assert "–" not in text


def test_the_year_is_told_when_it_is_another():
    later = DOORS.replace(year=2027)
    text = told.when_long(later, None, PARIS, now=NOW, locale=ENGLISH)
    assert plain(text) == "Tuesday 14 December 2027, 18:00"


@pytest.mark.parametrize(
    ("days", "french", "english"),
    [
        (0, "aujourd’hui", "today"),
        (1, "demain", "tomorrow"),
        (2, "mercredi 16 décembre", "Wednesday 16 December"),
        (-1, "dimanche 13 décembre", "Sunday 13 December"),
    ],
)
def test_near_days_have_names(days, french, english):
    moment = DOORS + timedelta(days=days)
    assert plain(told.day(moment, PARIS, now=DOORS, locale=FRENCH)) == french
    assert plain(told.day(moment, PARIS, now=DOORS, locale=ENGLISH)) == english


def test_today_ends_at_midnight_of_the_event_not_of_the_server():
    half_past_midnight_in_paris = datetime(2026, 12, 14, 23, 30, tzinfo=UTC)
    assert told.day(half_past_midnight_in_paris, PARIS, now=DOORS, locale=ENGLISH) == "tomorrow"


def test_a_stub_has_weekday_day_and_month():
    stub = told.stub(DOORS, PARIS, now=NOW, locale=FRENCH)
    assert (stub.weekday, stub.day, stub.month, stub.iso) == ("lun.", "14", "DÉC", "2026-12-14")
    assert stub.year == ""


def test_what_just_happened_is_told_from_now():
    scanned = DOORS - timedelta(minutes=24)
    assert plain(told.relative(scanned, now=DOORS, locale=FRENCH)) == "il y a 24 minutes"
    assert plain(told.relative(DOORS, now=scanned, locale=ENGLISH)) == "in 24 minutes"
    assert told.clock(scanned, PARIS, locale=FRENCH) == "17:36"
    assert told.iso(scanned, PARIS) == "2026-12-14T17:36:00+01:00"
    assert plain(told.number(1248, locale=FRENCH)) == "1 248"

"""Folding, search patterns, day windows and cursors, without a database."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quickserve.catalog import model
from quickserve.contracts.catalog import When
from quickserve.kernel.errors import Malformed
from quickserve.kernel.ids import new_uuid


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("  Cœur de  L'ÉTÉ ", "coeur de l'ete"),
        ("STRASSE, Straße", "strasse, strasse"),
        ("Łódź Øresund Æther", "lodz oresund aether"),
        ("l’opéra", "l'opera"),
        ("ﬁn", "fin"),
    ],
)
def test_folding(text: str, folded: str):
    assert model.fold(text) == folded


@given(st.text(max_size=200))
def test_folding_twice_is_folding_once(text: str):
    assert model.fold(model.fold(text)) == model.fold(text)


@given(st.text(min_size=1, max_size=60), st.text(max_size=60))
def test_every_word_of_a_title_is_a_pattern_of_it(title: str, rest: str):
    """A pattern without its wildcards and escapes is a part of the search text."""
    haystack = model.search_text(title, rest, [])
    for pattern in model.patterns(title):
        literal = pattern[1:-1].replace("\\%", "%").replace("\\_", "_").replace("\\\\", "\\")
        assert literal in haystack.replace("\0", " ")


def test_few_words_count_and_the_longest_comes_first():
    assert model.patterns("un deux trois un") == ["%trois%", "%deux%", "%un%"]
    assert len(model.patterns(" ".join(str(n) for n in range(100)))) == model.WORDS_MAX
    assert model.patterns(" \t ") == []


@pytest.mark.parametrize(
    ("when", "now", "since", "until"),
    [
        # A Wednesday evening in Paris; the 26th has only 23 hours there.
        (When.TODAY, "2028-03-22T20:00", "2028-03-21T23:00", "2028-03-22T23:00"),
        (When.WEEKEND, "2028-03-22T20:00", "2028-03-24T23:00", "2028-03-26T22:00"),
        (When.WEEK, "2028-03-22T20:00", "2028-03-21T23:00", "2028-03-28T22:00"),
        # A Sunday: the weekend is this one.
        (When.WEEKEND, "2028-03-26T10:00", "2028-03-24T23:00", "2028-03-26T22:00"),
        # Already tomorrow in Paris.
        (When.TODAY, "2028-03-22T23:30", "2028-03-22T23:00", "2028-03-23T23:00"),
    ],
)
def test_days_are_local_days(when: When, now: str, since: str, until: str):
    def utc(text: str) -> datetime:
        return datetime.fromisoformat(text).replace(tzinfo=UTC)

    assert model.window(when, "Europe/Paris", utc(now)) == model.Window(utc(since), utc(until))


@given(st.datetimes(timezones=st.just(UTC)))
def test_a_cursor_opens_what_it_sealed(at: datetime):
    cursor = model.Cursor(at, new_uuid())
    assert model.Cursor.open(b"key", "view", cursor.seal(b"key", "view")) == cursor


@given(st.text(max_size=60))
def test_any_other_text_is_no_cursor(text: str):
    with pytest.raises(Malformed):
        model.Cursor.open(b"key", "view", text)


def test_a_cursor_is_of_one_view_and_one_key():
    cursor = model.Cursor(datetime.now(UTC) - timedelta(days=1), new_uuid())
    sealed = cursor.seal(b"key", "view")
    for key, view in ((b"key", "other"), (b"other", "view")):
        with pytest.raises(Malformed):
            model.Cursor.open(key, view, sealed)

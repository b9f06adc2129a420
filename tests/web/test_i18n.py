import pytest

from quickserve.web.i18n import ENGLISH, FRENCH, negotiate, split_path


@pytest.mark.parametrize(
    ("cookie", "header", "locale"),
    [
        (None, None, FRENCH),
        (None, "en-GB,en;q=0.9,fr;q=0.8", ENGLISH),
        (None, "de-DE,fr;q=0.4,en;q=0.7", ENGLISH),
        (None, "de,es", FRENCH),
        (None, "en;q=0", FRENCH),
        (None, "en;q=nonsense, fr;q=0.1", FRENCH),
        (None, ",;;q=1,,," * 1000, FRENCH),
        ("en", "fr", ENGLISH),
        ("xx", "en", ENGLISH),
    ],
)
def test_a_visitor_reads_what_they_chose_or_their_browser_asks_for(cookie, header, locale):
    assert negotiate(cookie, header) is locale


@pytest.mark.parametrize(
    ("path", "parts"),
    [
        ("/fr/events/x", (FRENCH, "/events/x")),
        ("/en/", (ENGLISH, "/")),
        ("/en", (ENGLISH, "")),
        ("/english", (None, "/english")),
        ("/", (None, "/")),
    ],
)
def test_the_language_stands_first_in_the_path(path, parts):
    assert split_path(path) == parts


def test_french_counts_none_as_one_and_english_as_many():
    def left(locale, number):
        return locale.ngettext("Only one place left", "Only %(left)s places left", number)

    assert left(FRENCH, 0) == left(FRENCH, 1) == "Plus qu’une place"
    assert left(FRENCH, 2) == "Plus que %(left)s places"
    assert left(ENGLISH, 0) == "Only %(left)s places left"
    assert left(ENGLISH, 1) == "Only one place left"


def test_a_context_tells_two_meanings_apart():
    assert FRENCH.pgettext("price", "free") == "gratuit"
    assert FRENCH.gettext("free") == "libre"
    assert ENGLISH.pgettext("price", "free") == "free"

"""Why entries of a file were left out, or what of them was lost, in the reader's language.

Catalog tells a code and an English sentence with the particulars; the codes are those of its
importers. For an unknown one the English sentence stands.
"""

from functools import cache

from quickserve.contracts.catalog import ImportLine
from quickserve.web.i18n import Locale


def reason(entry: ImportLine, locale: Locale) -> str:
    return entry.reason if locale.code == "en" else _reasons(locale).get(entry.code, entry.reason)


def refusal(code: str, text: str, locale: Locale) -> str:
    """A whole file's."""
    if locale.code == "en" or not text:
        return text
    unknown = locale.gettext("The file could not be read. What was found: %(text)s")
    return _refusals(locale).get(code) or unknown % {"text": text}


@cache
def _refusals(locale: Locale) -> dict[str, str]:
    gettext = locale.gettext
    broken = gettext("The file breaks off or is not well-formed: save it anew.")
    return {
        "empty": gettext("The file is empty: choose another one."),
        "too-large": gettext("The file is too large: split it."),
        "too-many-entries": gettext("The file has too many events: split it."),
        "too-many-dates": gettext("The file has too many dates: split it."),
        "binary": gettext("The file is no text: save a spreadsheet as CSV, unpack an archive."),
        "unknown-format": gettext(
            "The file is none of iCalendar, conference schedule, JSON-LD or CSV:"
            " choose another one."
        ),
        "not-ical": gettext("This is no iCalendar file: it has no BEGIN:VCALENDAR."),
        "not-pentabarf": gettext("This is no conference schedule."),
        "malformed-xml": broken,
        "malformed-json": broken,
        "missing-column": gettext("The table needs a column with titles and one with starts."),
        "no-events": gettext("The file holds no event: choose another one."),
        "unknown-zone": gettext("The time zone is not known: use a name such as Europe/Paris."),
        "too-deep": gettext("The file is nested too deeply: choose another one."),
        "hostile-xml": gettext("The XML declares entities: remove its DOCTYPE."),
        "unreadable": gettext(
            "The file could not be read: check that it is complete, then send it again."
        ),
    }


@cache
def _reasons(locale: Locale) -> dict[str, str]:
    gettext = locale.gettext
    return {
        "absurd-date": gettext("The date lies too far away: check its year."),
        "end-before-start": gettext("The end lies before the start: correct one of the two."),
        "invalid-end": gettext("The end cannot be read: write it like 2026-12-14 18:00."),
        "invalid-start": gettext("The start cannot be read: write it like 2026-12-14 18:00."),
        "missing-start": gettext("The start is missing: add it."),
        "missing-title": gettext("The title is missing: add it."),
        "no-dates": gettext("Every date of the event is excluded."),
        "repeats-too-often": gettext("It repeats too often: give it an end, or fewer dates."),
        "too-many-repeats": gettext("It repeats too often: give it an end, or fewer dates."),
        "unknown-currency": gettext("The currency is not known: use a code such as EUR."),
        "unknown-zone": gettext("The time zone is not known: use a name such as Europe/Paris."),
        "broken-row": gettext("The row has not as many columns as the header."),
        "unclosed": gettext("The entry is not finished: its END is missing."),
        "unreadable-rule": gettext("The rule by which it repeats cannot be read."),
        "text-cut": gettext("The title or the description is too long: it was cut."),
        "endless": gettext("It repeats without end: the dates of the next two years were taken."),
        "dates-cut": gettext("It has too many dates: the coming ones were taken first."),
        "date-ignored": gettext("A date of the series cannot be read: it was left out."),
        "postponed": gettext("It is postponed: its date was taken as cancelled."),
        "offer-unreadable": gettext("A price cannot be read: write an amount and a currency."),
        "duplicate": gettext(
            "The same event stands in the file already: remove one, or give each its own id."
        ),
        "malformed-json": gettext("A script of the page breaks off."),
        "not-storable": gettext("A value of the entry cannot be kept: shorten or correct it."),
    }

"""What is wrong with a seating plan, in the reader's language: from the findings' codes and values.

Catalog tells an English sentence with each; for a code that is not known here it stands.
"""

from functools import cache

from quickserve.contracts.seating import PlanFinding
from quickserve.kernel.errors import Problem
from quickserve.web.i18n import Locale


def sentences(finding: PlanFinding, locale: Locale) -> tuple[str, str]:
    """What is the matter, and the proposed repair (empty for what needs none)."""
    if locale.code == "en" or finding.code not in _words(locale):
        return finding.message, finding.repair
    message, repair = _words(locale)[finding.code]
    return message % finding.values, repair % finding.values


def where_in_file(finding: PlanFinding, locale: Locale) -> str:
    """The place in the house, if it has one, and in the file: line 6, zones.0.rows.2."""
    line = finding.at.removeprefix("line ")
    at = finding.at
    if line != at:
        at = locale.gettext("line %(number)s") % {"number": line}
    house = _in_house(finding, locale)
    return f"{house} ({at})" if house else at


def where_drawn(finding: PlanFinding, locale: Locale) -> str:
    """The place in the house; two seats of one number are told apart by where they stand."""
    house = _in_house(finding, locale)
    before, seats, at = finding.at.rpartition(".seats.")
    if not (before and seats and at.isdigit()):
        return house or finding.at
    stands = locale.gettext("no. %(number)s of the row") % {"number": int(at) + 1}
    return f"{house} ({stands})"


def _in_house(finding: PlanFinding, locale: Locale) -> str:
    parts = [finding.section] if finding.section else []
    if finding.row:
        parts.append(locale.gettext("row %(name)s") % {"name": finding.row})
    if finding.seat:
        parts.append(locale.gettext("seat %(number)s") % {"number": finding.seat})
    return ", ".join(parts)


def heading(code: str, locale: Locale) -> str:
    return _headings(locale).get(code, code)


def refusal(problem: Problem, locale: Locale) -> str:
    """Why a whole file is refused."""
    text = problem.detail or ""
    if locale.code == "en":
        return text
    return _refusals(locale).get(str(problem.extra.get("reason")), text)


def first_sentence(problem: Problem, locale: Locale) -> str:
    """Of a plan that was not saved: the first defect's place and what it is."""
    if not problem.errors:
        return ""
    first = problem.errors[0]
    return f"{heading(first.code, locale)} ({first.field})"


@cache
def _words(locale: Locale) -> dict[str, tuple[str, str]]:
    return _of_names(locale) | _of_places(locale)


@cache
def _of_names(locale: Locale) -> dict[str, tuple[str, str]]:
    gettext = locale.gettext
    gets = gettext("It gets “%(proposed)s”.")
    called = gettext("It is called “%(proposed)s”.")
    left_out = gettext("It is left out.")
    return {
        "name-missing": (gettext("The plan has no name."), called),
        "section-name-missing": (gettext("The section has no name."), called),
        "section-repeated": (gettext("Another section is called “%(name)s”."), called),
        "row-name-missing": (gettext("The row has no name."), called),
        "row-repeated": (
            gettext("Another row “%(name)s” of this section has the same seat numbers."), called,
        ),
        "row-empty": (gettext("The row has no seats."), left_out),
        "section-empty": (gettext("The section has no rows."), left_out),
        "text-cut": (gettext("“%(text)s…” is too long."), called),
        "category-missing": (gettext("The seat has no category."), gets),
        "category-unknown": (gettext("There is no category “%(name)s”."), gets),
        "category-repeated": (
            gettext("The category “%(name)s” is there twice."), gettext("The first one counts."),
        ),
        "category-assumed": (
            gettext("The file has no categories: all seats are “%(proposed)s”."), "",
        ),
        "color-invalid": (gettext("“%(text)s” is no colour."), gets),
        "number-missing": (gettext("The seat has no number."), gets),
        "number-wrong": (
            gettext("The number %(number)s does not stand between its neighbours’."), gets,
        ),
        "number-repeated": (gettext("Another seat of the row has the number %(number)s."), gets),
        "seat-repeated": (
            gettext("The seat is in the file twice."), gettext("The second one is left out."),
        ),
        "id-missing": (gettext("The seat has no identifier."), gets),
        "id-repeated": (gettext("Another seat has the identifier “%(id)s”."), gets),
        "id-too-long": (gettext("The identifier is longer than 60 characters."), gets),
        "uuid-repeated": (
            gettext("Another object has the UUID %(id)s."), gettext("It gets a new one."),
        ),
    }  # fmt: skip


@cache
def _of_places(locale: Locale) -> dict[str, tuple[str, str]]:
    gettext = locale.gettext
    left_out = gettext("It is left out.")
    beside = gettext("It is put beside its neighbours.")
    lies_on = gettext("The seat lies on seat %(other)s of row %(other_row)s, %(other_section)s.")
    return {
        "position-missing": (gettext("The seat has no position that can be read."), beside),
        "position-invalid": (gettext("The position %(x)s, %(y)s is none."), beside),
        "position-too-far": (
            gettext("The position %(x)s, %(y)s is far away from the plan."), beside,
        ),
        "outside-plan": (
            gettext("The position %(x)s, %(y)s is outside the plan."),
            gettext("The plan grows to %(width)s × %(height)s."),
        ),
        "seats-overlap": (lies_on, gettext("It is moved to %(x)s, %(y)s.")),
        "row-overlaps": (
            lies_on, gettext("The whole row is moved: the seat to %(x)s, %(y)s."),
        ),
        "section-overlaps": (
            lies_on, gettext("The whole section is moved: the seat to %(x)s, %(y)s."),
        ),
        "positions-useless": (
            lies_on, gettext("The whole plan is laid out anew: the seat comes to %(x)s, %(y)s."),
        ),
        "size-invalid": (
            gettext("The plan’s size is none."), gettext("It becomes %(width)s × %(height)s."),
        ),
        "laid-out": (gettext("The file has no positions: the plan was laid out."), ""),
        "kind-unknown": (
            gettext("“%(text)s” is no kind of seat."), gettext("It is taken as a standard seat."),
        ),
        "status-blocked": (
            gettext("The file says “%(status)s”: the seat is blocked."), "",
        ),
        "gap-wrong": (gettext("The aisle stands behind no seat of the row."), left_out),
        "shape-unreadable": (gettext("The shape cannot be read."), left_out),
        "seat-unreadable": (gettext("What stands here is no seat."), left_out),
    }  # fmt: skip


@cache
def _headings(locale: Locale) -> dict[str, str]:
    gettext = locale.gettext
    overlaps = gettext("Seats on top of each other")
    positions = gettext("Positions that are none")
    return {
        "name-missing": gettext("Names that are missing"),
        "section-name-missing": gettext("Sections without a name"),
        "section-repeated": gettext("Sections of the same name"),
        "row-name-missing": gettext("Rows without a name"),
        "row-repeated": gettext("Rows of the same name"),
        "row-empty": gettext("Rows without seats"),
        "section-empty": gettext("Sections without rows"),
        "text-cut": gettext("Texts that are too long"),
        "category-missing": gettext("Seats without a category"),
        "category-unknown": gettext("Unknown categories"),
        "category-repeated": gettext("Categories that are there twice"),
        "category-assumed": gettext("Assumed categories"),
        "color-invalid": gettext("Colours that are none"),
        "number-missing": gettext("Seats without a number"),
        "number-wrong": gettext("Wrong seat numbers"),
        "number-repeated": gettext("Repeated seat numbers"),
        "seat-repeated": gettext("Seats that are there twice"),
        "id-missing": gettext("Missing identifiers"),
        "id-repeated": gettext("Repeated identifiers"),
        "id-too-long": gettext("Identifiers that are too long"),
        "uuid-repeated": gettext("Repeated UUIDs"),
        "position-missing": positions, "position-invalid": positions,
        "position-too-far": gettext("Seats far away from the plan"),
        "outside-plan": gettext("Seats outside the plan"),
        "seats-overlap": overlaps,
        "row-overlaps": gettext("Rows on top of each other"),
        "section-overlaps": gettext("Sections on top of each other"),
        "positions-useless": gettext("Most seats in the same places"),
        "size-invalid": gettext("The plan’s size"),
        "laid-out": gettext("A plan without positions"),
        "kind-unknown": gettext("Unknown kinds of seats"),
        "status-blocked": gettext("Blocked seats"),
        "gap-wrong": gettext("Aisles that are none"),
        "shape-unreadable": gettext("Shapes that cannot be read"),
        "seat-unreadable": gettext("Seats that cannot be read"),
    }  # fmt: skip


@cache
def _refusals(locale: Locale) -> dict[str, str]:
    gettext = locale.gettext
    broken = gettext("The file breaks off or is not well-formed: save it anew.")
    return {
        "empty": gettext("The file is empty: choose another one."),
        "binary": gettext("The file is no text: save a spreadsheet as CSV, unpack an archive."),
        "malformed-json": broken,
        "broken-row": broken,
        "too-deep": gettext("The file is nested too deeply: choose another one."),
        "too-large": gettext("The file is too large: split it."),
        "too-many-entries": gettext("The file is too large: split it."),
        "no-seats": gettext("The file holds no seat: choose another one."),
        "unknown-format": gettext(
            "The file is no plan that is known: choose another one, or a table (.csv)."
        ),
        "missing-column": gettext(
            "The table needs a first line that names its columns: section, row, seat, and if there"
            " are any category, x, y, kind, status."
        ),
        "too-many-seats": gettext("The plan has more than 60,000 seats: split it."),
        "too-many-sections": gettext("The plan has more than 500 sections: join some."),
        "too-many-rows": gettext("A section has more than 2,000 rows: split it."),
        "row-too-long": gettext("A row has more than 1,000 seats: split it."),
        "too-many-categories": gettext("The plan has more than 50 categories: join some."),
        "too-wide": gettext("The plan would be too large: scale its positions down."),
        "out-of-bounds": gettext("The plan would be too large: scale its positions down."),
    }

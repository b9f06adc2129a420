"""What is wrong with a menu, line by line, in the reader's language."""

from collections.abc import Sequence
from dataclasses import dataclass

from pydantic import TypeAdapter, ValidationError

from quickserve.contracts.menus import MenuDefect
from quickserve.kernel.errors import Problem
from quickserve.web.i18n import Locale

_DEFECTS = TypeAdapter(list[MenuDefect])


@dataclass(frozen=True, slots=True)
class Finding:
    """`section` and `item` are names, as the menu has them; `text` says what is wrong and what
    would be right.
    """

    code: str
    section: str
    item: str
    field: str
    text: str


def findings(problem: Problem, locale: Locale) -> list[Finding]:
    """Of MenuHasDefects; none of another problem."""
    try:
        defects = _DEFECTS.validate_python(problem.extra.get("defects", []))
    except ValidationError:
        return []
    return [
        Finding(one.code, one.section, one.item, one.field, sentence(one, locale))
        for one in defects
    ]


def sentence(defect: MenuDefect, locale: Locale) -> str:
    """English words of the service stand where none of ours say it."""
    gettext = locale.gettext
    same = gettext("Two have the same id: remove one and write it anew.")
    known = {
        "section-twice": same, "item-twice": same, "modifier-twice": same,
        "group-twice": gettext("The same choices are asked twice: name them once."),
        "wrong-currency": gettext("Its price is not in the stand’s currency: enter it anew."),
        "price-too-large": gettext("This price is more than any payment: correct it."),
        "price-not-allowed": gettext("This price is below 0 or too high: correct it."),
        "group-unknown": gettext("It asks for choices that are not on the menu: leave them out."),
        "station-unknown": gettext("The stand has no such station: choose another."),
        "may-cost-less-than-nothing": gettext(
            "Its choices could make it cost less than nothing: make their reductions smaller."
        ),
        "never-served": gettext("It is served from and until the same time: enter two times."),
    }  # fmt: skip
    return (
        known.get(defect.code)
        or _of_files(locale).get(defect.code)
        or f"{defect.detail} {defect.repair}"
    )


def _of_files(locale: Locale) -> dict[str, str]:
    """What only a menu's file can have."""
    gettext = locale.gettext
    many = gettext("There are more than a menu takes: the rest is left out.")
    return {
        "missing-name": gettext("It has no name: name it."),
        "missing-price": gettext("It has no price: enter one, 0 if it is free."),
        "price-unreadable": gettext("Its price cannot be read: enter it as a number."),
        "price-too-fine": gettext("Its price is finer than the currency: round it."),
        "negative-price": gettext("Its price is below 0: correct it."),
        "unknown-currency": gettext("Its currency is not known: give the price in the stand’s."),
        "broken-row": gettext("This line cannot be read: correct it."),
        "no-choices": gettext("There is nothing to choose from: add choices or leave it out."),
        "too-many-defaults": gettext("More is chosen from the start than may be: correct it."),
        "too-many-entries": many, "too-many-groups": many, "too-many-choices": many,
        "tax-unreadable": gettext("Its VAT cannot be read: enter a rate."),
        "tax-assumed": gettext("The file names no VAT: the rate given above holds."),
        "work-assumed": gettext("How long it takes, and where, is assumed: check it."),
        "unknown-allergen": gettext("It names an allergen that is not of the 14: check them."),
        "diet-ignored": gettext("A diet is not known here: say it in the description."),
        "times-ignored": gettext("Its times are not taken over: set them in the menu’s editor."),
        "section-named": gettext("The section had no name: one was given to it."),
        "note-kept": gettext("A note stands in the description now: check its allergens."),
    }  # fmt: skip


def of_item(found: Sequence[Finding], section: str, item: str) -> list[Finding]:
    return [one for one in found if one.item == item and one.section in ("", section)]

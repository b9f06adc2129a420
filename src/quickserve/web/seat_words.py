"""What the seats' pages say, and what their script needs to say it too."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from quickserve.kernel.money import scale
from quickserve.web import format  # noqa: A004 - the module's name says what it does
from quickserve.web.house_plan import HousePlan
from quickserve.web.i18n import Locale
from quickserve.web.problems import Sentence
from quickserve.web.seat_choice import FREE_CHOICE_MAX, Sold

# Of the categories, in their order: so that nobody needs the colours. Around 0/0, radius 10.
MARKS: Final = (
    "M-9 0a9 9 0 1 0 18 0a9 9 0 1 0 -18 0z",
    "M-8 -8h16v16h-16z",
    "M0 -10.5L10.5 0L0 10.5L-10.5 0z",
    "M0 -10L10 8H-10z",
    "M-5 -9h10l5 9l-5 9h-10l-5 -9z",
    "M0 10L-10 -8H10z",
)
_COLOR: Final = re.compile(r"#[0-9a-fA-F]{6}")
_NEUTRAL: Final = "#6b7f78"


@dataclass(frozen=True, slots=True)
class Category:
    """`price` is "" where the category is not on sale."""

    name: str
    color: str
    mark: str
    price: str


def legend(plan: HousePlan, sold: dict[str, Sold], locale: Locale) -> list[Category]:
    made: list[Category] = []
    for position, category in enumerate(plan.plan.categories):
        color = category.color if _COLOR.fullmatch(category.color) else _NEUTRAL
        price = ""
        if category.name in sold:
            one = sold[category.name]
            kinds = [kind for kind, _ in one.wanted] or one.kinds
            prices = sorted({kind.price.minor for kind in kinds})
            shown = [
                format.price(kind.price, locale=locale)
                for minor in prices[:1] + prices[1:][-1:]
                for kind in kinds[:] if kind.price.minor == minor
            ]  # fmt: skip
            price = " – ".join(dict.fromkeys(shown))
        made.append(Category(category.name, color, MARKS[position % len(MARKS)], price))
    return made


def for_script(
    plan: HousePlan, sold: dict[str, Sold], wanted: int, locale: Locale
) -> dict[str, Any]:
    gettext = locale.gettext
    currency = next((one.kinds[0].price.currency for one in sold.values()), "EUR")
    return {
        "most": wanted or FREE_CHOICE_MAX,
        "swap": wanted > 0,
        "currency": currency,
        "scale": scale(currency),
        "categories": [
            {
                "name": one.name, "color": one.color, "mark": one.mark, "price": one.price,
                "kinds": _kinds(sold.get(one.name), locale),
                "choose": bool(one.name in sold and sold[one.name].offered),
            }
            for one in legend(plan, sold, locale)
        ],
        "words": {
            "seat": gettext("Row {row}, seat {number}"),
            "row": gettext("Row {row}"),
            "free": gettext("free"),
            "taken": gettext("taken"),
            "off": gettext("not on sale"),
            "mine": gettext("chosen"),
            "a": gettext("wheelchair place"),
            "c": gettext("beside a wheelchair place"),
            "chosen": gettext("{seat}: chosen."),
            "chosen_as": gettext(
                "{seat}: chosen, as {ticket}. Other tickets are under “Your seats”."
            ),
            "ticket": gettext("Ticket for {seat}"),
            "dropped": gettext("{seat}: no longer chosen."),
            "swapped": gettext("{seat}: chosen, instead of {other}."),
            "full": gettext("That is all you can choose at once: give one back first."),
            "gone": gettext("Somebody else has just taken {seat}."),
            "kept": gettext("Your other seats are still free."),
            "instead": gettext("Take {seat} instead"),
        },
    }  # fmt: skip


def _kinds(sold: Sold | None, locale: Locale) -> list[dict[str, Any]]:
    """The tickets in the order in which seats get them, `count` of each at most."""
    if sold is None:
        return []
    rest = sold.offered or [sold.kind(10**6)]
    counts = [*sold.wanted, *((kind, 10**6) for kind in rest)]
    return [
        {
            "id": str(kind.id), "minor": kind.price.minor, "count": count,
            "text": f"{kind.name} · {format.price(kind.price, locale=locale)}",
        }
        for kind, count in counts
    ]  # fmt: skip


def how_many(locale: Locale, chosen: int, most: int) -> Sentence:
    if not chosen:
        return Sentence(
            locale.gettext("No seat is chosen."), locale.gettext("Tick the seats you would like.")
        )
    text = locale.gettext("{chosen} seats are ticked, and you asked for {most}.")
    return Sentence(
        text.format(chosen=chosen, most=most), locale.gettext("Untick those you do not want.")
    )


def too_few(locale: Locale, category: str) -> Sentence:
    text = locale.gettext("Not so many seats are left in “{category}”.")
    return Sentence(
        text.format(category=category), locale.gettext("Choose fewer, or others on the plan.")
    )


def gone(locale: Locale, lost: Sequence[str], nearest: Sequence[str], *, others: bool) -> Sentence:
    title = locale.ngettext(
        "Somebody else has just taken this seat: {seats}.",
        "Somebody else has just taken these seats: {seats}.",
        len(lost),
    ).format(seats=", ".join(lost))
    fix = locale.gettext("Your other seats are still free.") + " " if others else ""
    if nearest:
        fix += locale.ngettext(
            "The nearest free one is ticked instead: {seats}. Nothing is booked yet.",
            "The nearest free ones are ticked instead: {seats}. Nothing is booked yet.",
            len(nearest),
        ).format(seats=", ".join(nearest))
    else:
        fix += locale.gettext("Choose another one on the plan.")
    return Sentence(title, fix)

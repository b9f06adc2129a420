"""Selling rules as people read them: on the event's page, and where one of them is broken."""

from collections.abc import Mapping
from typing import Any

from babel.lists import format_list

from quickserve.contracts.booking_rules import (
    CodeNotValid,
    CodeTold,
    DiscountTold,
    MissingCompanion,
    PerPersonExceeded,
    TypeTerms,
)
from quickserve.contracts.catalog import TicketTypeId
from quickserve.kernel.money import Money
from quickserve.web.format import money, percent
from quickserve.web.i18n import Locale


def of_type(terms: TypeTerms, names: Mapping[TicketTypeId, str], locale: Locale) -> str:
    """What goes with this ticket, in short: "at most 3 a person · with Adult"."""
    parts: list[str] = []
    if terms.parts:
        told = [f"{part.quantity} × {names.get(part.ticket_type_id, '')}" for part in terms.parts]
        parts.append(", ".join(told))
    if terms.addon_of:
        mains = _either([names[i] for i in terms.addon_of if i in names], locale)
        parts.append(
            locale.ngettext(
                "together with %(names)s, %(most)s for each",
                "together with %(names)s, up to %(most)s for each",
                terms.addon_max,
            )
            % {"names": mains, "most": terms.addon_max}
        )
    if terms.requires:
        others = [names[i] for i in terms.requires if i in names]
        text = locale.gettext("together with %(names)s")
        parts.append(text % {"names": format_list(others, locale=locale.babel)})
    if terms.per_person:
        parts.append(locale.gettext("at most %(most)s a person") % {"most": terms.per_person})
    return " · ".join(parts)


def of_discount(discount: DiscountTold, names: Mapping[TicketTypeId, str], locale: Locale) -> str:
    """As in “Early bird: −10 % from 4 tickets (Adult)”."""
    gettext = locale.gettext
    if discount.kind == "group":
        what = gettext("%(size)s for the price of %(paid)s") % {
            "size": discount.group_size, "paid": discount.group_paid,
        }  # fmt: skip
    elif discount.kind == "percent":
        what = "−" + percent(discount.value, locale=locale)
    else:
        off = money(Money(discount.value, discount.currency), locale=locale)
        what = gettext("−%(amount)s a ticket") % {"amount": off}
    if discount.least > 1:
        what = gettext("%(what)s from %(least)s tickets") % {"what": what, "least": discount.least}
    only = [names[i] for i in discount.ticket_type_ids if i in names]
    if only:
        what = f"{what} ({format_list(only, locale=locale.babel)})"
    return gettext("%(name)s: %(what)s") % {"name": discount.name, "what": what}


def of_code(code: CodeTold, locale: Locale) -> str:
    """Why it is of no use; "" when it is."""
    return _reason(code.code, code.state, code.left, locale)


def broken(code: str, extra: Mapping[str, Any], locale: Locale) -> str:
    """Which rule, with its figures and names; "" where the problem is none of these."""
    if code == CodeNotValid.code:
        left = extra.get("left")
        left = left if isinstance(left, int) else 0
        return _reason(str(extra.get("code", "")), str(extra.get("reason", "")), left, locale)
    if code == PerPersonExceeded.code and extra.get("name"):
        return _per_person(extra, locale)
    if code == MissingCompanion.code and extra.get("name"):
        return _companion(extra, locale)
    return ""


def _reason(code: str, state: str, left: int, locale: Locale) -> str:
    gettext = locale.gettext
    if state == "used-up" and left:
        text = locale.ngettext(
            "The code %(code)s is good for one more ticket: choose at most one with it.",
            "The code %(code)s is good for %(left)s more tickets: choose at most %(left)s with it.",
            left,
        )
        return text % {"code": code, "left": left}
    text = {
        "unknown": gettext("The code %(code)s is not known: check how it is written."),
        "not-yet": gettext("The code %(code)s cannot be used yet: come back later."),
        "expired": gettext("The code %(code)s has expired: take it out, or use another one."),
        "used-up": gettext("The code %(code)s has been used up: take it out, or use another one."),
        "elsewhere": gettext("The code %(code)s is for another event or date: take it out."),
    }.get(state, "")
    return text % {"code": code} if text else ""


def _per_person(extra: Mapping[str, object], locale: Locale) -> str:
    figures = {"most": extra.get("most"), "name": extra.get("name"), "left": extra.get("left")}
    if not extra.get("left"):
        text = locale.gettext(
            "One person can have %(most)s “%(name)s”, and this address has them already."
        )
    elif extra.get("left") == extra.get("most"):
        text = locale.gettext("One person can have at most %(most)s “%(name)s”: choose fewer.")
    else:
        text = locale.gettext(
            "One person can have %(most)s “%(name)s”: for this address %(left)s are left."
        )
    return text % figures


def _companion(extra: Mapping[str, object], locale: Locale) -> str:
    needs = extra.get("needs")
    names = [str(name) for name in needs] if isinstance(needs, list) else []
    figures = {
        "name": extra.get("name"), "needs": _either(names, locale),
        "least": extra.get("least"), "most": extra.get("most"),
    }  # fmt: skip
    if extra.get("most") is None:
        text = locale.gettext("“%(name)s” is bought together with %(needs)s: choose that as well.")
    elif not extra.get("least"):
        text = locale.gettext(
            "With this many %(needs)s, at most %(most)s “%(name)s” can be booked: choose fewer."
        )
    else:
        text = locale.gettext(
            "With this many %(needs)s, choose from %(least)s to %(most)s “%(name)s”."
        )
    return text % figures


def _either(names: list[str], locale: Locale) -> str:
    return format_list(names, style="or", locale=locale.babel) if names else ""

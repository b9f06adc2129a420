"""What an event's tickets ask of each other, of codes and of persons."""

from collections import defaultdict
from typing import Any, Final

from fastapi import Request
from starlette.responses import Response

from quickserve.contracts.booking_rules import EventRules, TypeRules
from quickserve.contracts.catalog import TicketTypeView
from quickserve.kernel.errors import Problem
from quickserve.web.forms import Form, Submitted
from quickserve.web.i18n import Locale
from quickserve.web.page import Ask, locale_of, page_router, redirect
from quickserve.web.pages.organiser import drafts
from quickserve.web.pages.organiser.desk import OwnEvent, TheEvent, show
from quickserve.web.pages.organiser.events import SECTION
from quickserve.web.pages.organiser.numbers import count, count_rule
from quickserve.web.problems import Sentence

router = page_router()

_PERSON_MOST: Final = 100
_EACH_MOST: Final = 20


@router.get("/organiser/events/{event_id}/rules")
async def rules_page(request: Request, own: TheEvent, ask: Ask) -> Response:
    rules = await ask.rules.event_rules(own.view.id, own.desk.token)
    shut = _shut(rules, own.view.ticket_types, locale_of(request))
    return _show(request, own, _values(rules), shut=shut)


@router.post("/organiser/events/{event_id}/rules")
async def save(request: Request, own: TheEvent, form: Submitted, ask: Ask) -> Response:
    locale = locale_of(request)
    kinds = own.view.ticket_types
    try:
        rules = _rules(form, kinds, locale)
        await ask.rules.put_event_rules(own.view.id, rules, own.desk.token)
    except Problem as problem:
        told, errors = drafts.told(problem, locale, {})
        return _show(request, own, form.values, told=told, errors=errors, status=problem.status)
    return redirect(request, f"{own.path}/rules?done=saved")


def _rules(form: Form, kinds: list[TicketTypeView], locale: Locale) -> EventRules:
    errors: dict[str, str] = {}
    types = [_type(form, kind, kinds, errors, locale) for kind in kinds]
    for kind, one in zip(kinds, types, strict=True):
        key = str(kind.id)
        if one["addon_min"] > one["addon_max"]:
            errors[f"{key}-most"] = locale.gettext("Allow at least as many as are required.")
        if one["parts"] and one["per_person"]:
            errors[f"{key}-person"] = locale.gettext(
                "Limit the tickets of which the bundle consists."
            )
        if any(other["parts"] for other in types if _is_part(other, one["parts"])):
            errors[f"{key}-part-{one['parts'][0]['ticket_type_id']}"] = locale.gettext(
                "A bundle consists of plain tickets, not of bundles."
            )
    if errors:
        raise drafts.Mistakes(errors)
    made = [drafts.made(TypeRules, **one) for one in types]
    return EventRules(types=[one for one in made if one != _none(one)])


def _is_part(other: dict[str, Any], parts: list[dict[str, Any]]) -> bool:
    return any(part["ticket_type_id"] == other["ticket_type_id"] for part in parts)


def _none(one: TypeRules) -> TypeRules:
    return TypeRules(ticket_type_id=one.ticket_type_id)


def _type(
    form: Form, kind: TicketTypeView, kinds: list[TicketTypeView], errors: dict[str, str],
    locale: Locale,
) -> dict[str, Any]:  # fmt: skip
    key = str(kind.id)

    def number(name: str, least: int, most: int, default: int | None) -> int | None:
        typed = form.text(f"{key}-{name}")
        if not typed:
            return default
        found = count(typed, least, most)
        if found is None:
            errors[f"{key}-{name}"] = count_rule(least, most, locale)
        return found

    others = [other for other in kinds if other.id != kind.id]
    mains = [other.id for other in others if form.ticked(f"{key}-of-{other.id}")]
    parts = [
        {"ticket_type_id": other.id, "quantity": quantity}
        for other in others
        if (quantity := number(f"part-{other.id}", 0, _EACH_MOST, 0))
    ]
    return {
        "ticket_type_id": kind.id, "hidden": form.ticked(f"{key}-hidden"),
        "per_person": number("person", 1, _PERSON_MOST, None),
        "per_person_scope": "date" if form.text(f"{key}-scope") == "date" else "event",
        "addon_of": mains,
        "addon_min": (number("least", 0, _EACH_MOST, 0) or 0) if mains else 0,
        "addon_max": (number("most", 1, _EACH_MOST, 1) or 1) if mains else 1,
        "requires": [o.id for o in others if form.ticked(f"{key}-needs-{o.id}")],
        "parts": parts,
    }  # fmt: skip


def _values(rules: EventRules) -> dict[str, str]:
    values: dict[str, str] = {}
    for one in rules.types:
        key = str(one.ticket_type_id)
        values |= {
            f"{key}-hidden": "1" if one.hidden else "",
            f"{key}-person": str(one.per_person or ""), f"{key}-scope": one.per_person_scope,
            f"{key}-least": str(one.addon_min), f"{key}-most": str(one.addon_max),
        }  # fmt: skip
        values |= {f"{key}-of-{other}": "1" for other in one.addon_of}
        values |= {f"{key}-needs-{other}": "1" for other in one.requires}
        values |= {f"{key}-part-{p.ticket_type_id}": str(p.quantity) for p in one.parts}
    return values


def _shut(rules: EventRules, kinds: list[TicketTypeView], locale: Locale) -> list[str]:
    """Tickets that all see and only who has a code can buy, because of what they go with."""
    names = {kind.id: kind.name for kind in kinds}
    hidden = {one.ticket_type_id for one in rules.types if one.hidden} & names.keys()
    found: list[str] = []
    for one in rules.types:
        wanted = [other for other in one.requires if other in hidden]
        if one.addon_of and hidden.issuperset(one.addon_of):
            wanted += one.addon_of
        if wanted and one.ticket_type_id in names.keys() - hidden:
            text = locale.gettext(
                "“%(ticket)s” is sold only together with “%(other)s”, which is hidden: without an"
                " access code nobody can buy it. Hide both, or show both."
            )
            other = names[wanted[0]]
            found.append(text % {"ticket": names[one.ticket_type_id], "other": other})
    return found


def _show(
    request: Request, own: OwnEvent, values: dict[str, str], *, shut: list[str] | None = None,
    told: Sentence | None = None, errors: dict[str, str] | None = None, status: int = 200,
) -> Response:  # fmt: skip
    return show(
        request, own.desk, "selling_rules.html", section=SECTION, own=own, told=told,
        values=defaultdict(str, values), errors=errors or {}, status=status, shut=shut or [],
    )  # fmt: skip

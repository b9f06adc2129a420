"""What an organiser allows buyers to change by themselves after the sale of an event."""

from typing import Final

from fastapi import Request
from starlette.responses import Response

from quickserve.contracts.booking_changes import HOURS_MAX, ChangeRules
from quickserve.kernel.errors import Problem
from quickserve.web.forms import Form, Submitted
from quickserve.web.i18n import Locale
from quickserve.web.page import Ask, locale_of, page_router, redirect
from quickserve.web.pages.organiser.desk import OwnEvent, TheEvent, show
from quickserve.web.pages.organiser.events import SECTION
from quickserve.web.pages.organiser.numbers import count, count_rule, rate
from quickserve.web.problems import Sentence, sentence

router = page_router()

_BASIS_POINTS: Final = 100


@router.get("/organiser/events/{event_id}/changes")
async def rules_page(request: Request, own: TheEvent, ask: Ask) -> Response:
    return _show(request, own, _values(await ask.changes.rules(own.view.id)))


@router.post("/organiser/events/{event_id}/changes")
async def save_rules(request: Request, own: TheEvent, form: Submitted, ask: Ask) -> Response:
    values = {name: form.text(name) for name in ("cancel_hours", "fee", "exchange_hours")}
    values |= {name: "1" if form.ticked(name) else "" for name in _TICKS}
    rules, errors = _rules(form, locale_of(request))
    if rules is None:
        return _show(request, own, values, errors=errors, status=422)
    try:
        await ask.changes.put_rules(own.view.id, rules, own.desk.token)
    except Problem as problem:
        told = sentence(problem, locale_of(request))
        return _show(request, own, values, told=told, status=problem.status)
    return redirect(request, f"{own.path}/changes?done=saved")


_TICKS: Final = ("cancel", "exchange", "transfer", "resale")


def _rules(form: Form, locale: Locale) -> tuple[ChangeRules | None, dict[str, str]]:
    errors: dict[str, str] = {}
    hours: dict[str, int | None] = {"cancel_hours": None, "exchange_hours": None}
    for name, tick in (("cancel_hours", "cancel"), ("exchange_hours", "exchange")):
        if form.ticked(tick):
            hours[name] = count(form.text(name) or "0", 0, HOURS_MAX)
            if hours[name] is None:
                errors[name] = count_rule(0, HOURS_MAX, locale)
    fee = rate(form.text("fee") or "0")
    if fee is None:
        errors["fee"] = locale.gettext("Enter a rate between 0 and 100, such as 5.5.")
    if errors or fee is None:
        return None, errors
    return ChangeRules(
        cancel_hours=hours["cancel_hours"], cancel_fee_bp=fee,
        exchange_hours=hours["exchange_hours"], transfer=form.ticked("transfer"),
        resale=form.ticked("resale"),
    ), {}  # fmt: skip


def _values(rules: ChangeRules) -> dict[str, str]:
    return {
        "cancel": "" if rules.cancel_hours is None else "1",
        "cancel_hours": str(rules.cancel_hours or 0),
        "fee": f"{rules.cancel_fee_bp / _BASIS_POINTS:g}",
        "exchange": "" if rules.exchange_hours is None else "1",
        "exchange_hours": str(rules.exchange_hours or 0),
        "transfer": "1" if rules.transfer else "", "resale": "1" if rules.resale else "",
    }  # fmt: skip


def _show(
    request: Request, own: OwnEvent, values: dict[str, str], *,
    errors: dict[str, str] | None = None, told: Sentence | None = None, status: int = 200,
) -> Response:  # fmt: skip
    return show(
        request, own.desk, "change_rules.html", section=SECTION, own=own, values=values,
        errors=errors or {}, told=told, status=status,
    )  # fmt: skip

"""Discounts: what is taken off by itself, begun and ended."""

from collections import defaultdict
from typing import Any, Final

from fastapi import Request
from starlette.responses import Response

from quickserve.contracts.booking_rules import DiscountId, DiscountView, NewDiscount
from quickserve.kernel.errors import NotFound, Problem
from quickserve.kernel.ids import new_uuid
from quickserve.web.forms import Form, Submitted
from quickserve.web.i18n import Locale
from quickserve.web.page import Ask, locale_of, page_router, redirect
from quickserve.web.pages.organiser import drafts, rule_fields
from quickserve.web.pages.organiser.desk import Desk, Organising, show
from quickserve.web.pages.organiser.numbers import count, count_rule
from quickserve.web.pages.organiser.rule_fields import Scope
from quickserve.web.pages.organiser.vouchers import SECTION
from quickserve.web.problems import Sentence

router = page_router()

_NAMES: Final = {
    name: name for name in ("name", "value", "least", "size", "paid", "from", "until")
} | {"group_paid": "paid", "group_size": "size"}
_MOST: Final = 100


@router.get("/organiser/discounts/new")
async def new_page(request: Request, desk: Organising, ask: Ask) -> Response:
    asked = request.query_params.get("event", "")
    where = await rule_fields.scope(ask, desk, asked, locale_of(request))
    values = {
        "kind": "percent", "least": "1", "size": "4", "paid": "3", "discount": str(new_uuid()),
    }  # fmt: skip
    return _show(request, desk, where, values)


@router.post("/organiser/discounts/new")
async def create(request: Request, desk: Organising, form: Submitted, ask: Ask) -> Response:
    locale = locale_of(request)
    where = await rule_fields.scope(ask, desk, form.text("event"), locale)
    try:
        discount_id = DiscountId(form.minted("discount"))
        new = _discount(form, where, locale)
        await ask.rules.put_discount(desk.organiser_id, discount_id, new, desk.token)
    except Problem as problem:
        told, errors = drafts.told(problem, locale, _NAMES)
        return _show(
            request, desk, where, form.values, told=told, errors=errors, status=problem.status
        )
    return redirect(request, f"{SECTION}?done=saved")


@router.post("/organiser/discounts/{discount_id}")
async def switch(
    request: Request, discount_id: DiscountId, desk: Organising, form: Submitted, ask: Ask
) -> Response:
    """On or off: undone by the same button."""
    known = (await ask.rules.discounts(desk.organiser_id, desk.token)).discounts
    found = next((one for one in known if one.id == discount_id), None)
    if found is None:
        raise NotFound
    changed = _switched(found, on=form.text("active") == "1")
    await ask.rules.put_discount(desk.organiser_id, discount_id, changed, desk.token)
    return redirect(request, f"{SECTION}?done=saved")


def _switched(known: DiscountView, *, on: bool) -> NewDiscount:
    return NewDiscount.model_validate(known.model_dump(exclude={"id"}) | {"active": on})


def _discount(form: Form, where: Scope, locale: Locale) -> NewDiscount:
    errors: dict[str, str] = {}
    kind = form.text("kind") if form.text("kind") in ("amount", "group") else "percent"
    numbers: dict[str, int] = {}
    for name, least, default in (("least", 1, "1"), ("size", 2, "2"), ("paid", 0, "1")):
        found = count(form.text(name) or default, least, _MOST)
        if found is None:
            errors[name] = count_rule(least, _MOST, locale)
        numbers[name] = found or 0
    if kind == "group" and not errors and numbers["paid"] >= numbers["size"]:
        errors["paid"] = locale.gettext("Of a group, fewer tickets are paid than it has.")
    if kind != "group":
        numbers |= {"size": 2, "paid": 1}
    terms: dict[str, Any] = {
        "name": form.text("name"), "kind": kind, "currency": where.currency,
        "value": rule_fields.value(form, kind, where.currency, errors, locale),
        "event_id": where.event.id if where.event else None,
        "ticket_type_ids": rule_fields.chosen_types(form, where),
        "least": numbers["least"], "group_size": numbers["size"], "group_paid": numbers["paid"],
        "stackable": form.ticked("stackable"),
    }  # fmt: skip
    terms["valid_from"], terms["valid_until"] = rule_fields.moments(form, where, errors, locale)
    if not terms["name"]:
        errors["name"] = locale.gettext("Fill this in.")
    if errors:
        raise drafts.Mistakes(errors)
    return drafts.made(NewDiscount, **terms)


def _show(
    request: Request, desk: Desk, where: Scope, values: dict[str, str], *,
    told: Sentence | None = None, errors: dict[str, str] | None = None, status: int = 200,
) -> Response:  # fmt: skip
    return show(
        request, desk, "discount_form.html", section=SECTION, where=where, told=told,
        values=defaultdict(str, values), errors=errors or {}, status=status,
    )  # fmt: skip

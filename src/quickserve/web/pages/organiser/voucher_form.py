"""Gives out codes: one that is chosen, or many that are drawn."""

from collections import defaultdict
from hmac import digest
from typing import Any, Final
from uuid import UUID

from fastapi import Request
from starlette.responses import Response

from quickserve.contracts.booking import VoucherId
from quickserve.contracts.booking_rules import CODES_MAX, USES_MAX, NewVoucher, NewVouchers
from quickserve.kernel.errors import Problem
from quickserve.kernel.ids import new_uuid
from quickserve.web.forms import Form, Submitted
from quickserve.web.i18n import Locale
from quickserve.web.page import Ask, locale_of, page_router, redirect, settings_of
from quickserve.web.pages.organiser import drafts, rule_fields
from quickserve.web.pages.organiser.desk import Desk, Organising, show
from quickserve.web.pages.organiser.numbers import count, count_rule
from quickserve.web.pages.organiser.rule_fields import Scope
from quickserve.web.pages.organiser.vouchers import SECTION
from quickserve.web.problems import Sentence

router = page_router()

_ALPHABET: Final = "23456789ABCDEFGHJKMNPQRSTVWXYZ"  # nothing that is mistaken when read aloud
_DRAWN_LENGTH: Final = 10
_NAMES: Final = {
    name: name
    for name in ("code", "tag", "uses", "value", "from", "until", "date", "types", "count")
} | {
    "date_id": "date", "ticket_type_ids": "types", "vouchers.0.code": "code",
    "valid_until": "until", "valid_from": "from", "vouchers": "count",
}  # fmt: skip
_TICKS: Final = ("unlock", "reserve", "stackable")


@router.get("/organiser/vouchers/new")
async def new_page(request: Request, desk: Organising, ask: Ask) -> Response:
    asked = request.query_params.get("event", "")
    where = await rule_fields.scope(ask, desk, asked, locale_of(request))
    values = {"count": "1", "uses": "1", "price": "percent", "batch": str(new_uuid())}
    return _show(request, desk, where, values)


@router.post("/organiser/vouchers/new")
async def create(request: Request, desk: Organising, form: Submitted, ask: Ask) -> Response:
    locale = locale_of(request)
    where = await rule_fields.scope(ask, desk, form.text("event"), locale)
    try:
        made = _vouchers(form, where, settings_of(request).key_for("voucher-codes"), locale)
        await ask.rules.put_vouchers(desk.organiser_id, made, desk.token)
    except Problem as problem:
        told, errors = drafts.told(problem, locale, _NAMES)
        return _show(
            request, desk, where, form.values, told=told, errors=errors, status=problem.status
        )
    if len(made.vouchers) == 1:
        return redirect(request, f"{SECTION}/{made.vouchers[0].id}?done=saved")
    return redirect(request, f"{SECTION}?done=saved")


def _vouchers(form: Form, where: Scope, key: bytes, locale: Locale) -> NewVouchers:
    """Raises Mistakes with all that the form finds by itself, or Malformed."""
    errors: dict[str, str] = {}
    number = count(form.text("count") or "1", 1, CODES_MAX)
    if number is None:
        errors["count"] = count_rule(1, CODES_MAX, locale)
    uses = count(form.text("uses"), 1, USES_MAX)
    if uses is None:
        errors["uses"] = count_rule(1, USES_MAX, locale)
    price = form.text("price") if form.text("price") in ("set", "percent", "amount") else "none"
    terms: dict[str, Any] = {
        "price": price, "currency": where.currency, "uses": uses, "tag": form.text("tag"),
        "value": rule_fields.value(form, price, where.currency, errors, locale),
        "event_id": where.event.id if where.event else None,
        "date_id": form.id("date") if where.event else None,
        "ticket_type_ids": rule_fields.chosen_types(form, where),
        **{name: form.ticked(name) for name in _TICKS},
    }  # fmt: skip
    terms["valid_from"], terms["valid_until"] = rule_fields.moments(form, where, errors, locale)
    if terms["reserve"] and (terms["date_id"] is None or len(terms["ticket_type_ids"]) != 1):
        errors["date"] = locale.gettext(
            "To set places aside, choose an event, one of its dates and exactly one ticket."
        )
    if price == "none" and not terms["unlock"] and not terms["reserve"]:
        errors["value"] = locale.gettext("Choose something that the code does.")
    if errors or number is None:
        raise drafts.Mistakes(errors)
    batch = form.minted("batch")
    return NewVouchers(
        vouchers=[
            drafts.made(
                NewVoucher, id=VoucherId(UUID(int=batch.int + n)), **terms,
                code=_code(form.text("code"), number, n, batch, key),
            )
            for n in range(number)
        ]
    )  # fmt: skip


def _code(typed: str, number: int, position: int, batch: UUID, key: bytes) -> str:
    """The one that was typed; of many it is how they begin. Sent twice, they are the same."""
    if typed and number == 1:
        return typed
    drawn = int.from_bytes(digest(key, f"{batch}:{position}".encode(), "sha256"), "big")
    letters: list[str] = []
    for _ in range(_DRAWN_LENGTH):
        drawn, letter = divmod(drawn, len(_ALPHABET))
        letters.append(_ALPHABET[letter])
    return (f"{typed}-" if typed else "") + "".join(letters)


def _show(
    request: Request, desk: Desk, where: Scope, values: dict[str, str], *,
    told: Sentence | None = None, errors: dict[str, str] | None = None, status: int = 200,
) -> Response:  # fmt: skip
    return show(
        request, desk, "voucher_form.html", section=SECTION, where=where, told=told,
        values=defaultdict(str, values), errors=errors or {}, status=status,
    )  # fmt: skip

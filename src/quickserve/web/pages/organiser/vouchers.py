"""Codes that were given out: searched, exported, and one of them with the bookings that used it."""

from typing import Final
from urllib.parse import urlencode

from fastapi import Request
from starlette.responses import Response

from quickserve.contracts.booking import VoucherId
from quickserve.contracts.booking_rules import USES_MAX, NewVoucher, NewVouchers, VoucherView
from quickserve.kernel.errors import Problem
from quickserve.web import csv_file
from quickserve.web.forms import Form, Submitted, clean, parse_id
from quickserve.web.i18n import Locale
from quickserve.web.page import (
    PRIVATE,
    Ask,
    Services,
    locale_of,
    page_router,
    redirect,
    settings_of,
)
from quickserve.web.pages.organiser import drafts, local_times, rule_fields
from quickserve.web.pages.organiser.desk import AtDesk, Desk, Organising, show
from quickserve.web.pages.organiser.numbers import count, count_rule
from quickserve.web.problems import Sentence

router = page_router()

SECTION: Final = "/organiser/vouchers"
_TEXT_MAX: Final = 60
_EXPORTED_MAX: Final = 50_000
_PAGE: Final = 1000


@router.get("/organiser/vouchers")
async def vouchers_page(request: Request, desk: Organising, ask: Ask) -> Response:
    text = _searched(request)
    after = parse_id(request.query_params.get("after", ""))
    found = await ask.rules.vouchers(
        desk.organiser_id, desk.token, text=text, after=VoucherId(after) if after else None
    )
    locale = locale_of(request)
    return show(
        request, desk, "vouchers.html", section=SECTION, text=text,
        rows=[(one, rule_fields.effect(one, locale)) for one in found.vouchers],
        discounts=await rule_fields.discount_rows(ask, desk, locale), first_page=after is None,
        next_path=f"{SECTION}?{urlencode({'q': text, 'after': found.next})}" if found.next else "",
    )  # fmt: skip


@router.get("/organiser/vouchers.csv")
async def export(request: Request, desk: Organising, ask: Ask) -> Response:
    """What the search finds, for a mailing or a spreadsheet."""
    vouchers: list[VoucherView] = []
    after: VoucherId | None = None
    while len(vouchers) < _EXPORTED_MAX:
        page = await ask.rules.vouchers(
            desk.organiser_id, desk.token, text=_searched(request), after=after, limit=_PAGE
        )
        vouchers += page.vouchers
        after = page.next
        if after is None:
            break
    base = settings_of(request).public_url.rstrip("/")
    headers = PRIVATE | {"Content-Disposition": 'attachment; filename="vouchers.csv"'}
    return Response(_table(vouchers, base, locale_of(request)), 200, headers, "text/csv")


def _table(vouchers: list[VoucherView], base: str, locale: Locale) -> str:
    head = [
        "code", "tag", "event", "effect", "uses", "used", "held", "valid_from", "valid_until",
        "link",
    ]  # fmt: skip
    return csv_file.table(head, (_row(one, base, locale) for one in vouchers))


def _row(one: VoucherView, base: str, locale: Locale) -> list[object]:
    path = f"/events/{one.event_id}?{urlencode({'code': one.code})}" if one.event_id else ""
    return [
        one.code, one.tag, one.event_title or "", rule_fields.effect(one, locale), one.uses,
        one.used, one.held, one.valid_from.isoformat() if one.valid_from else "",
        one.valid_until.isoformat() if one.valid_until else "",
        base + locale.path(path) if path else "",
    ]  # fmt: skip


def _searched(request: Request) -> str:
    return " ".join(clean(request.query_params.get("q", "")).split())[:_TEXT_MAX]


# -- One of them -----------------------------------------------------------------------------------


@router.get("/organiser/vouchers/{voucher_id}")
async def voucher_page(request: Request, voucher_id: VoucherId, desk: AtDesk, ask: Ask) -> Response:
    return await _show_one(request, voucher_id, desk, ask)


@router.post("/organiser/vouchers/{voucher_id}")
async def change_voucher(
    request: Request, voucher_id: VoucherId, desk: Organising, form: Submitted, ask: Ask
) -> Response:
    """How often, and until when; what it does stays as it was given out."""
    locale = locale_of(request)
    try:
        known = (await ask.rules.voucher(voucher_id, desk.token)).voucher
        changed = _changed(known, form, locale)
        await ask.rules.put_vouchers(desk.organiser_id, NewVouchers(vouchers=[changed]), desk.token)
    except Problem as problem:
        told, errors = drafts.told(problem, locale, {})
        return await _show_one(
            request, voucher_id, desk, ask, form=form, told=told, errors=errors,
            status=problem.status,
        )  # fmt: skip
    return redirect(request, f"{SECTION}/{voucher_id}?done=saved")


def _changed(known: VoucherView, form: Form, locale: Locale) -> NewVoucher:
    errors: dict[str, str] = {}
    uses = count(form.text("uses"), 0, USES_MAX)
    if uses is None:
        errors["uses"] = count_rule(0, USES_MAX, locale)
    until = known.valid_until
    if form.text("until"):
        until = local_times.same_or(form.text("until"), rule_fields.ZONE, known.valid_until)
        if until is None:
            errors["until"] = local_times.rule(form.text("until"), locale)
    else:
        until = None
    if errors:
        raise drafts.Mistakes(errors)
    told = known.model_dump(exclude={"held", "used", "set_aside", "event_title"})
    return NewVoucher.model_validate(told | {"uses": uses, "valid_until": until})


async def _show_one(
    request: Request, voucher_id: VoucherId, desk: Desk, ask: Services, *,
    form: Form | None = None, told: Sentence | None = None, errors: dict[str, str] | None = None,
    status: int = 200,
) -> Response:  # fmt: skip
    found = await ask.rules.voucher(voucher_id, desk.token)
    one = found.voucher
    values = form.values if form else {
        "uses": str(one.uses), "until": local_times.typed(one.valid_until, rule_fields.ZONE),
    }  # fmt: skip
    path = f"/events/{one.event_id}?{urlencode({'code': one.code})}" if one.event_id else ""
    return show(
        request, desk, "voucher.html", section=SECTION, voucher=one, uses=found.uses,
        effect=rule_fields.effect(one, locale_of(request)), values=values, told=told,
        errors=errors or {}, zone=rule_fields.ZONE, status=status,
        link=settings_of(request).public_url.rstrip("/") + locale_of(request).path(path)
        if path else "",
    )  # fmt: skip

"""What an event's tickets include at its stands, and codes that take something off orders."""

import asyncio
import re
from collections import defaultdict
from typing import Any, Final
from uuid import UUID

from fastapi import Request
from starlette.responses import Response

from quickserve.contracts.catalog import EventId, EventView, TicketTypeId
from quickserve.contracts.menus import Menu, MenuItemId, StandView
from quickserve.contracts.ordering_benefits import EntitlementDraft, OrderVoucherDraft
from quickserve.kernel.errors import NotFound, Problem
from quickserve.kernel.ids import new_uuid
from quickserve.web.forms import Form, Submitted, parse_id
from quickserve.web.i18n import Locale
from quickserve.web.page import Ask, Services, locale_of, page_router, redirect
from quickserve.web.pages.organiser import drafts, local_times
from quickserve.web.pages.organiser.desk import Desk, Organising, show
from quickserve.web.pages.organiser.numbers import amount, amount_rule, count, count_rule
from quickserve.web.pages.organiser.stands import events_of
from quickserve.web.pages.organiser.stands.frame import SECTION
from quickserve.web.problems import Sentence

router = page_router()

_PATH: Final = f"{SECTION}/extras"
_ITEM: Final = "i-"  # with an item's id: the name of its box
_MOST: Final = 100
_USES_MOST: Final = 1_000_000
_CODE: Final = re.compile(r"[A-Z0-9][A-Z0-9-]{2,39}")
_ZONE: Final = "Europe/Paris"
_NAMES: Final = {name: name for name in ("name", "quantity", "code", "value", "uses", "until")}


@router.get("/organiser/stands/extras")
async def extras_page(request: Request, desk: Organising, ask: Ask) -> Response:
    return await _show(request, desk, ask, parse_id(request.query_params.get("event", "")))


@router.post("/organiser/stands/extras/included")
async def include(request: Request, desk: Organising, form: Submitted, ask: Ask) -> Response:
    locale = locale_of(request)
    event_id = form.id("event")
    try:
        draft = _included(form, desk, event_id, locale)
        await ask.ordering.put_entitlement(form.minted("entitlement"), draft, desk.token)
    except Problem as problem:
        told, errors = drafts.told(problem, locale, _NAMES)
        return await _show(
            request, desk, ask, event_id, values=form.values, told=told, errors=errors,
            status=problem.status,
        )  # fmt: skip
    return redirect(request, f"{_PATH}?event={event_id}&done=saved")


@router.post("/organiser/stands/extras/included/{entitlement_id}")
async def switch(
    request: Request, entitlement_id: UUID, desk: Organising, form: Submitted, ask: Ask
) -> Response:
    """On or off: undone by the same button."""
    event_id = EventId(form.minted("event"))
    known = await ask.ordering.entitlements(desk.organiser_id, event_id, desk.token)
    found = next((one for one in known.entitlements if one.id == entitlement_id), None)
    if found is None:
        raise NotFound
    changed = found.model_dump(exclude={"id"}) | {"active": form.text("active") == "1"}
    draft = EntitlementDraft.model_validate(changed)
    await ask.ordering.put_entitlement(entitlement_id, draft, desk.token)
    return redirect(request, f"{_PATH}?event={event_id}&done=saved")


@router.post("/organiser/stands/extras/codes")
async def add_code(request: Request, desk: Organising, form: Submitted, ask: Ask) -> Response:
    """One that is there already is changed."""
    locale = locale_of(request)
    try:
        code, draft = _code(form, locale)
        await ask.ordering.put_voucher(desk.organiser_id, code, draft, desk.token)
    except Problem as problem:
        told, errors = drafts.told(problem, locale, _NAMES)
        return await _show(
            request, desk, ask, None, values=form.values, told=told, errors=errors,
            status=problem.status,
        )  # fmt: skip
    return redirect(request, f"{_PATH}?done=saved")


def _included(form: Form, desk: Desk, event_id: UUID | None, locale: Locale) -> EntitlementDraft:
    errors: dict[str, str] = {}
    quantity = count(form.text("quantity") or "1", 1, _MOST)
    if quantity is None:
        errors["quantity"] = count_rule(1, _MOST, locale)
    if not form.text("name"):
        errors["name"] = locale.gettext("Fill this in.")
    names = (name.removeprefix(_ITEM) for name, _ in form.pairs if name.startswith(_ITEM))
    items = [MenuItemId(found) for name in names if (found := parse_id(name))]
    if not items:
        errors["items"] = locale.gettext("Choose at least one thing.")
    if event_id is None:
        raise NotFound
    if errors:
        raise drafts.Mistakes(errors)
    kind = form.id("ticket_type")
    return drafts.made(
        EntitlementDraft, organiser_id=desk.organiser_id, event_id=EventId(event_id),
        ticket_type_id=TicketTypeId(kind) if kind else None, name=form.text("name"),
        item_ids=items, quantity=quantity or 1,
    )  # fmt: skip


def _code(form: Form, locale: Locale) -> tuple[str, OrderVoucherDraft]:
    errors: dict[str, str] = {}
    code = form.text("code").upper()
    if not _CODE.fullmatch(code):
        errors["code"] = locale.gettext("Enter 3 to 40 letters, digits and hyphens.")
    uses = count(form.text("uses") or "1", 1, _USES_MOST)
    if uses is None:
        errors["uses"] = count_rule(1, _USES_MOST, locale)
    terms: dict[str, Any] = {"uses_max": uses or 1}
    if form.text("kind") == "amount":
        terms["amount"] = amount(form.text("value"), "EUR")
        if terms["amount"] is None or terms["amount"].minor == 0:
            errors["value"] = amount_rule("EUR", locale)
    else:
        terms["percent"] = count(form.text("value"), 1, _MOST)
        if terms["percent"] is None:
            errors["value"] = count_rule(1, _MOST, locale)
    if typed := form.text("until"):
        terms["until"] = local_times.parse(typed, _ZONE)
        if terms["until"] is None:
            errors["until"] = local_times.rule(typed, locale)
    if errors:
        raise drafts.Mistakes(errors)
    return code, drafts.made(OrderVoucherDraft, **terms)


async def _show(
    request: Request, desk: Desk, ask: Services, event_id: UUID | None, *,
    values: dict[str, str] | None = None, told: Sentence | None = None,
    errors: dict[str, str] | None = None, status: int = 200,
) -> Response:  # fmt: skip
    stands = (await ask.menus.of_organiser(desk.organiser_id, desk.token)).stands
    ids = [one.draft.event_id for one in stands if one.draft.event_id]
    titles = await events_of.titles(ask, desk, ids)
    chosen = EventId(event_id) if event_id else next(iter(titles), None)
    event = await _event(ask, desk, chosen)
    known = []
    if event is not None:
        found = await ask.ordering.entitlements(desk.organiser_id, event.id, desk.token)
        known = found.entitlements
    here = [one for one in stands if event and one.draft.event_id == event.id]
    vouchers = await ask.ordering.vouchers(desk.organiser_id, desk.token)
    return show(
        request, desk, "extras.html", section=SECTION, status=status, titles=titles, event=event,
        known=known, menus=await _menus(ask, here), vouchers=vouchers.vouchers, zone=_ZONE,
        values=defaultdict(str, values or {}), told=told, errors=errors or {},
        entitlement_id=new_uuid(), item=_ITEM,
    )  # fmt: skip


async def _event(ask: Services, desk: Desk, event_id: EventId | None) -> EventView | None:
    if event_id is None:
        return None
    event = await ask.catalog.event(event_id, desk.token)
    desk.at(event.organiser.id, event.organiser.name)
    return event


async def _menus(ask: Services, stands: list[StandView]) -> list[tuple[StandView, Menu]]:
    """Of those that have one."""
    with_menu = [one for one in stands if one.menu_version is not None]
    menus = await asyncio.gather(*(ask.menus.latest_menu(one.id) for one in with_menu))
    return list(zip(with_menu, menus, strict=True))

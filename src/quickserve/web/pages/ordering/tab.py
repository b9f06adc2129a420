"""A tab: what was ordered on it, and its payment by card."""

from typing import Final

from fastapi import Request
from starlette.responses import Response

from quickserve.contracts.ordering import OrderId, TabId
from quickserve.contracts.tabs import NewSettlement, SettlementId, SettlementView, TabView
from quickserve.kernel.errors import NotFound, Problem
from quickserve.kernel.ids import new_uuid
from quickserve.kernel.money import Money
from quickserve.web import card_form, order_words
from quickserve.web.forms import Form, Submitted
from quickserve.web.page import PRIVATE, Ask, Services, locale_of, page_router, redirect
from quickserve.web.pages.ordering.order import OrderKey
from quickserve.web.pages.purchase import is_open
from quickserve.web.patience import begin, begin_again, optional
from quickserve.web.problems import Sentence, field_errors, sentence
from quickserve.web.templating import render

router = page_router()

_HEADERS: Final = PRIVATE | {"Referrer-Policy": "no-referrer"}
_TIPS_PERCENT: Final = (5, 10, 15)
_WAIT_MS: Final = 1500
_POLL_WAIT_MS: Final = 8000
_POLL_SECONDS: Final = _POLL_WAIT_MS / 1000 + 2


@router.get("/orders/{order_id}/{key}/tab")
async def tab_of_order(request: Request, order_id: OrderId, key: OrderKey, ask: Ask) -> Response:
    order = await ask.ordering.order(order_id, key)
    if order.tab_id is None:
        raise NotFound
    tab = await ask.tabs.facts(order.tab_id)
    return redirect(request, f"/tabs/{tab.id}/{tab.key}")


@router.get("/tabs/{tab_id}/{key}")
async def tab_page(request: Request, tab_id: TabId, key: OrderKey, ask: Ask) -> Response:
    return await _show(request, ask, await ask.tabs.tab(tab_id, key))


@router.post("/tabs/{tab_id}/{key}")
async def pay(
    request: Request, tab_id: TabId, key: OrderKey, form: Submitted, ask: Ask
) -> Response:
    """What was seen is what is paid."""
    tab = await ask.tabs.tab(tab_id, key)
    try:
        method = await card_form.method(form, ask)
        currency = tab.total.currency
        tip = form.whole("tip", 0) or 0
        new = NewSettlement(
            tab_id=tab_id, key=key, total=Money(form.whole("total", 0) or 0, currency),
            tip=Money(tip, currency) if tip else None, method=method,
        )  # fmt: skip
        settlement = await ask.settlements.put(SettlementId(form.minted("id")), new)
    except Problem as problem:
        errors = field_errors(problem, locale_of(request))
        told = None if errors else sentence(problem, locale_of(request))
        begin_again(request)
        tab = await ask.tabs.tab(tab_id, key)
        return await _show(request, ask, tab, form, errors, told, problem.status)
    return redirect(request, f"/tab-settlements/{settlement.id}")


@router.get("/tab-settlements/{settlement_id}")
async def settlement_page(request: Request, settlement_id: SettlementId, ask: Ask) -> Response:
    """On to the paid tab, to the bank, or back; asks again by itself while it is under way."""
    view = await optional(ask.settlements.get(settlement_id, wait_ms=_WAIT_MS), 2.5)
    if view is not None and view.state == "confirmed":
        return redirect(request, f"/tabs/{view.tab_id}/{view.tab_key}")
    if view is not None and view.state == "failed":
        tab = await ask.tabs.tab(view.tab_id, view.tab_key)
        told = order_words.failure(view.failure, locale_of(request))
        return await _show(request, ask, tab, told=told)
    path = await _bank(view, ask)
    if path:
        return redirect(request, path)
    return render(
        request, "paying.html", status=200 if view else 503, headers=_HEADERS,
        id=settlement_id, view=view, part="ordering/tab_paying_state.html",
        heading=locale_of(request).gettext("Your tab"), known=view is not None,
    )  # fmt: skip


@router.get("/tab-settlements/{settlement_id}/state")
async def settlement_state(request: Request, settlement_id: SettlementId, ask: Ask) -> Response:
    """The part of the page that changes; answers when there is something new, or after a while."""
    begin(request, _POLL_SECONDS)
    view = await optional(ask.settlements.get(settlement_id, wait_ms=_POLL_WAIT_MS), _POLL_SECONDS)
    path = await _bank(view, ask)
    if view is not None and view.state in ("confirmed", "failed"):
        path = f"/tab-settlements/{settlement_id}"
    if path:
        target = locale_of(request).path(path)
        return Response(headers={"HX-Redirect": target, "Cache-Control": "no-store"})
    return render(
        request, "ordering/tab_paying_state.html", headers=PRIVATE, id=settlement_id, view=view
    )


async def _bank(view: SettlementView | None, ask: Services) -> str:
    """Its page while it asks; else "", to wait here."""
    path = view.challenge_path if view and view.state == "challenge" else None
    return path if path and await optional(is_open(path, ask)) else ""


async def _show(
    request: Request, ask: Services, tab: TabView, form: Form | None = None,
    errors: dict[str, str] | None = None, told: Sentence | None = None, status: int = 200,
) -> Response:  # fmt: skip
    locale = locale_of(request)
    cards = await optional(ask.payment.sandbox_cards()) if tab.state == "open" else None
    tips = sorted({round(tab.total.minor * share / 1000) * 10 for share in _TIPS_PERCENT} - {0})
    return render(
        request, "ordering/tab.html", status=status, headers=_HEADERS, tab=tab, told=told,
        errors=errors or {}, own_id=new_uuid(), cards=cards.cards if cards else [],
        tips=[Money(minor, tab.total.currency) for minor in tips],
        tip=form.whole("tip", 0) if form else 0, behaviours=card_form.behaviours(locale),
        words=order_words.states(locale, "pickup"),
    )  # fmt: skip

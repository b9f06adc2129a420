"""An order's page behind its key: how it stands, live; and the ones of this browser."""

import asyncio
from datetime import datetime
from typing import Annotated, Any, Final

from fastapi import Path, Request
from starlette.responses import Response

from quickserve.contracts import notices
from quickserve.contracts.menus import Fulfilment, StandView
from quickserve.contracts.ordering import ENDED, OrderId, OrderState, OrderView
from quickserve.kernel.errors import NotFound, Problem
from quickserve.kernel.service import Ctx
from quickserve.kernel.shared.port import Notice
from quickserve.web import kept, order_words
from quickserve.web.forms import Submitted
from quickserve.web.i18n import Locale
from quickserve.web.live import stream
from quickserve.web.page import PRIVATE, Ask, Services, locale_of, page_router, redirect
from quickserve.web.pages.tracking.following import follow, is_brought
from quickserve.web.patience import optional
from quickserve.web.problems import Sentence, sentence
from quickserve.web.templating import fragment, render
from quickserve.web.tiles import tiles_of

router = page_router()

OrderKey = Annotated[str, Path(pattern=r"^[A-Za-z0-9_-]{8,100}$")]
_HEADERS: Final = PRIVATE | {"Referrer-Policy": "no-referrer"}

# What an order goes through, by how it is handed over.
_WAY: Final[dict[Fulfilment, tuple[OrderState, ...]]] = {
    "pickup": ("accepted", "preparing", "ready", "picked-up"),
    "table": ("accepted", "preparing", "ready", "delivered"),
    "seat": ("accepted", "preparing", "on-the-way", "delivered"),
    "delivery": ("accepted", "preparing", "on-the-way", "delivered"),
}


@router.get("/orders")
async def my_orders(request: Request, ask: Ask) -> Response:
    """Those of this browser that still open."""
    asked = (ask.ordering.order(OrderId(one.id), one.key) for one in kept.ORDERS.of(request))
    found = await asyncio.gather(*asked, return_exceptions=True)
    away = any(isinstance(one, Problem) and one.transient for one in found)
    return render(
        request, "ordering/mine.html", headers=PRIVATE, away=away,
        orders=[one for one in found if isinstance(one, OrderView)],
        words=_states(locale_of(request)),
    )  # fmt: skip


@router.get("/orders/{order_id}/{key}")
async def order_page(request: Request, order_id: OrderId, key: OrderKey, ask: Ask) -> Response:
    return await _show(request, ask, order_id, key)


@router.get("/orders/{order_id}/{key}/now")
async def order_now(
    request: Request, order_id: OrderId, key: OrderKey, ask: Ask, ctx: Ctx
) -> Response:
    locale = locale_of(request)
    order = await ask.ordering.order(order_id, key)
    zone = _zone(await optional(ask.menus.stand(order.stand_id)))

    async def show(_notice: Notice | None) -> str | None:
        order = await ask.ordering.order(order_id, key)
        return fragment(locale.code, "ordering/order_now.html", **_now(order, zone, locale))

    return stream(request, ctx.fanout, [notices.order(order_id)], show)


@router.post("/orders/{order_id}/{key}/reopening")
async def reopen(
    request: Request, order_id: OrderId, key: OrderKey, _form: Submitted, ask: Ask
) -> Response:
    """Back to the basket with all its choices, while the stand has not accepted it."""
    try:
        order = await ask.ordering.reopen(order_id, key)
    except NotFound:
        raise
    except Problem as problem:
        told = sentence(problem, locale_of(request))
        return await _show(request, ask, order_id, key, told=told, status=problem.status)
    stand = await ask.menus.stand(order.stand_id)
    return redirect(request, f"/stands/{stand.slug}/basket")


async def _show(
    request: Request, ask: Services, order_id: OrderId, key: str, *,
    told: Sentence | None = None, status: int = 200,
) -> Response:  # fmt: skip
    order = await ask.ordering.order(order_id, key)
    stand = await optional(ask.menus.stand(order.stand_id))
    locale, tiles = locale_of(request), tiles_of(request)
    response = render(
        request, "ordering/order.html", status=status, headers=_HEADERS, told=told, key=key,
        tiles=tiles, images=tiles.origin if tiles else "",
        slug=stand.slug if stand else None, ways=order_words.ways(locale),
        brought=is_brought(order), follow=await follow(request, ask, order, _zone(stand)),
        **_now(order, _zone(stand), locale),
    )  # fmt: skip
    kept.ORDERS.keep(request, response, kept.Key(id=order.id, key=key))
    return response


def _zone(stand: StandView | None) -> str:
    return stand.draft.zone if stand else "UTC"


def _now(order: OrderView, zone: str, locale: Locale) -> dict[str, Any]:
    words = order_words.states(locale, order.destination.fulfilment)
    reasons = order_words.reasons(locale)
    last = order.steps[-1] if order.steps else None
    reason = last.reason if last and last.reason else ""
    return {
        "order": order, "word": words[order.state], "steps": _steps(order, locale),
        "ended": order.state in ENDED, "reason": reasons.get(reason, reason),
        "late": order.state not in ENDED and order.server_now > order.promise.latest,
        "zone": zone,
    }  # fmt: skip


def _steps(order: OrderView, locale: Locale) -> list[tuple[str, datetime | None, str]]:
    """Word, when, and `done`, `now` or "" of each; what ended it early is the last."""
    words = order_words.states(locale, order.destination.fulfilment)
    way = _WAY[order.destination.fulfilment]
    reached: dict[OrderState, datetime] = {step.state: step.at for step in order.steps}
    found = [(words[one], reached.get(one), _mark(one, order, way)) for one in way]
    if order.state in ENDED and order.state not in way:
        found = [one for one in found if one[1] is not None]
        found.append((words[order.state], reached.get(order.state), "now"))
    return found


def _mark(step: OrderState, order: OrderView, way: tuple[OrderState, ...]) -> str:
    if step == order.state:
        return "done" if order.state in ENDED else "now"
    if order.state in way:
        return "done" if way.index(step) < way.index(order.state) else ""
    # `ready` of what is brought stands between being made and being on its way.
    return "done" if order.state == "ready" and step in ("accepted", "preparing") else ""


def _states(locale: Locale) -> dict[Fulfilment, Any]:
    return {way: order_words.states(locale, way) for way in _WAY}

"""A stand's menu: what there is, what is out, how long it takes; live."""

import asyncio
from typing import Annotated, Any, Final
from uuid import UUID, uuid4

from fastapi import Query, Request
from starlette.responses import Response

from quickserve.contracts import notices
from quickserve.contracts.menus import Menu, MenuItem, StandId, StandView
from quickserve.contracts.ordering import BasketId, BasketView
from quickserve.kernel.service import Ctx
from quickserve.kernel.shared.port import Notice
from quickserve.web import kept, order_words
from quickserve.web.live import stream
from quickserve.web.page import PRIVATE, Ask, Services, locale_of, page_router
from quickserve.web.pages.ordering.stands import Slug, the_stand
from quickserve.web.patience import optional
from quickserve.web.templating import fragment, render

router = page_router()

_SETTLE_SECONDS: Final = 0.3


@router.get("/stands/{slug}")
async def menu_page(
    request: Request, slug: Slug, ask: Ask,
    table: Annotated[str, Query(max_length=40)] = "",
    added: Annotated[str, Query(max_length=40)] = "",
    without: Annotated[list[str] | None, Query()] = None,
    only: Annotated[list[str] | None, Query()] = None,
) -> Response:  # fmt: skip
    """`without` allergens; `only` what fits diets; `table` is what the code on the table said."""
    stand = await the_stand(ask, slug)
    menu = await ask.menus.latest_menu(stand.id)
    basket = await open_basket(request, ask, stand.id)
    locale = locale_of(request)
    avoided, wanted = set(without or ()), set(only or ())
    shown = [
        (section, [one for one in section.items if _fits(one, avoided, wanted)])
        for section in menu.sections
    ]
    response = render(
        request, "ordering/menu.html", headers=PRIVATE, stand=stand, menu=menu,
        basket=basket, allergens=order_words.allergens(locale), diets=order_words.diets(locale),
        table=table, added=added, without=avoided, only=wanted,
        shown=shown if any(items for _, items in shown) else [],
        line_ids={item.id: uuid4() for _, items in shown for item in items},
        **await _now(ask, stand, menu),
    )  # fmt: skip
    if table:
        kept.keep_table(request, response, stand.id, table)
    return response


def _fits(item: MenuItem, without: set[str], only: set[str]) -> bool:
    return not without & set(item.allergens) and only <= set(item.diets)


@router.get("/stands/{slug}/now")
async def menu_now(request: Request, slug: Slug, ask: Ask, ctx: Ctx) -> Response:
    """How long it takes and what is out, as it changes."""
    stand = await the_stand(ask, slug)
    menu = await ask.menus.latest_menu(stand.id)
    locale = locale_of(request)

    async def show(notice: Notice | None) -> str | None:
        await settle(notice)
        now = await _now(ask, stand, menu)
        return fragment(locale.code, "ordering/wait.html", stand=stand, **now)

    return stream(request, ctx.fanout, [notices.stand(stand.id)], show, pause_seconds=0.5)


async def settle(notice: Notice | None) -> None:
    """Another process of ordering may have a look that is a quarter of a second old."""
    if notice is not None:
        await asyncio.sleep(_SETTLE_SECONDS)


async def _now(ask: Services, stand: StandView, menu: Menu) -> dict[str, Any]:
    slots, sold_out = await asyncio.gather(
        optional(ask.ordering.slots(stand.id)), optional(ask.menus.sold_out(stand.id))
    )
    out = {one.id for one in sold_out.entries} if sold_out else set[UUID]()
    gone = [one.name for section in menu.sections for one in section.items if one.id in out]
    gone += [one.name for group in menu.groups for one in group.modifiers if one.id in out]
    return {"slots": slots, "out": out, "gone": list(dict.fromkeys(gone))}


async def open_basket(request: Request, ask: Services, stand_id: StandId) -> BasketView | None:
    """The one this browser fills at the stand, unless it was ordered or is too old."""
    known = kept.basket(request, stand_id)
    if known is None or known.basket_id is None:
        return None
    basket = await optional(ask.ordering.basket(BasketId(known.basket_id)))
    return basket if basket and basket.order_id is None else None

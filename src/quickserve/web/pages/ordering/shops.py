"""Shops and restaurants that are there without any event."""

import asyncio

from fastapi import Request
from starlette.responses import Response

from quickserve.web import order_words
from quickserve.web.page import Ask, locale_of, page_router
from quickserve.web.patience import optional
from quickserve.web.templating import render

router = page_router()


@router.get("/shops")
async def shops_page(request: Request, ask: Ask) -> Response:
    stands = (await ask.menus.shops()).stands
    waits = await asyncio.gather(*(optional(ask.ordering.slots(one.id)) for one in stands))
    return render(
        request, "ordering/shops.html", stands=list(zip(stands, waits, strict=True)),
        ways=order_words.ways(locale_of(request)),
    )  # fmt: skip

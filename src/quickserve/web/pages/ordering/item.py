"""One thing of a menu, with its choices, goes into the basket."""

from collections import Counter
from typing import Final
from uuid import uuid4

from fastapi import Request
from starlette.responses import Response

from quickserve.contracts.menus import Menu, MenuItem, MenuItemId, ModifierId, StandView
from quickserve.contracts.ordering import (
    QUANTITY_MAX,
    BasketId,
    BasketLineId,
    BasketView,
    ChosenModifier,
    Destination,
    LineDraft,
    NewBasket,
    NewLine,
)
from quickserve.contracts.ordering_problems import BasketOrdered
from quickserve.kernel.errors import NotFound, Problem
from quickserve.web import kept, order_words
from quickserve.web.forms import Form, Submitted, parse_id
from quickserve.web.page import PRIVATE, Ask, Services, locale_of, page_router, redirect
from quickserve.web.pages.ordering.stands import Slug, the_stand
from quickserve.web.problems import sentence
from quickserve.web.templating import render

router = page_router()

_NOTE_MAX: Final = 200
_GUEST_MAX: Final = 60


@router.get("/stands/{slug}/items/{item_id}")
async def item_page(request: Request, slug: Slug, item_id: MenuItemId, ask: Ask) -> Response:
    stand = await the_stand(ask, slug)
    return await _show(request, ask, stand, item_id)


@router.post("/stands/{slug}/items/{item_id}")
async def add(
    request: Request, slug: Slug, item_id: MenuItemId, form: Submitted, ask: Ask
) -> Response:
    """Back to the menu, or to the choices where they are not complete."""
    stand = await the_stand(ask, slug)
    line_id = BasketLineId(form.minted("line"))
    try:
        basket = await _put(request, ask, stand, line_id, _line(item_id, form))
    except Problem as problem:
        told = str(sentence(problem, locale_of(request)))
        return await _show(request, ask, stand, item_id, form, told, problem.status)
    line = next((one for one in basket.lines if one.id == line_id), None)
    wrong = [one for one in line.problems if one.code.startswith("modifier")] if line else []
    if wrong:
        await ask.ordering.remove_line(basket.id, line_id)
        told = order_words.problem(wrong[0], locale_of(request))
        return await _show(request, ask, stand, item_id, form, told, 422)
    response = redirect(request, f"/stands/{slug}?added={line_id}#i{item_id}")
    kept.keep_basket(request, response, kept.Basket(stand_id=stand.id, basket_id=basket.id))
    return response


def _line(item_id: MenuItemId, form: Form) -> LineDraft:
    chosen = [
        ChosenModifier(modifier_id=one, quantity=min(count, QUANTITY_MAX))
        for one, count in Counter(_chosen(form)).items()
    ]
    quantity = form.whole("quantity", 1) or 1
    return LineDraft(
        item_id=item_id, quantity=min(quantity, QUANTITY_MAX), modifiers=chosen[:100],
        note=form.text("note")[:_NOTE_MAX], guest=form.text("guest")[:_GUEST_MAX],
    )  # fmt: skip


def _chosen(form: Form) -> list[ModifierId]:
    """Ticked, picked of a group, or counted: each as often as it is wanted."""
    found: list[ModifierId] = []
    for name, value in form.pairs:
        kind, _, modifier = name.partition("-")
        if kind == "choice" and (picked := parse_id(value)):
            found.append(ModifierId(picked))
        elif kind == "count" and (counted := parse_id(modifier)):
            times = min(form.whole(name, 0) or 0, QUANTITY_MAX)
            found += [ModifierId(counted)] * times
    return found


async def _put(
    request: Request, ask: Services, stand: StandView, line_id: BasketLineId, line: LineDraft
) -> BasketView:
    """Into the basket this browser has at the stand; a new one where that was ordered."""
    known = kept.basket(request, stand.id)
    if known is not None and known.basket_id is not None:
        try:
            return await ask.ordering.put_line(BasketId(known.basket_id), line_id, line)
        except (NotFound, BasketOrdered):
            pass
    table = known.table if known else ""
    fulfilment = "table" if table and "table" in stand.draft.fulfilments else None
    destination = Destination(fulfilment=fulfilment or stand.draft.fulfilments[0], table=table)
    new = NewBasket(
        stand_id=stand.id, destination=destination,
        lines=[NewLine(id=line_id, **line.model_dump())],
    )  # fmt: skip
    return await ask.ordering.put_basket(BasketId(uuid4()), new)


async def _show(
    request: Request, ask: Services, stand: StandView, item_id: MenuItemId,
    form: Form | None = None, told: str = "", status: int = 200,
) -> Response:  # fmt: skip
    menu = await ask.menus.latest_menu(stand.id)
    out = {one.id for one in (await ask.menus.sold_out(stand.id)).entries}
    item, locale = _item(menu, item_id), locale_of(request)
    groups = {group.id: group for group in menu.groups}
    return render(
        request, "ordering/item.html", status=status, headers=PRIVATE, stand=stand, item=item,
        groups=[groups[one] for one in item.groups if one in groups], out=out, told=told,
        allergens=order_words.allergens(locale), diets=order_words.diets(locale),
        chosen=[str(one) for one in _chosen(form)] if form else None,
        values=form.values if form else {}, line_id=uuid4(), most=QUANTITY_MAX,
    )  # fmt: skip


def _item(menu: Menu, item_id: MenuItemId) -> MenuItem:
    for section in menu.sections:
        for item in section.items:
            if item.id == item_id:
                return item
    raise NotFound("It is no longer on the menu.")

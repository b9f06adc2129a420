"""The basket: what is in it, where to and when, and the order out of it, on one page."""

import re
from typing import Any, Final
from uuid import uuid4

from fastapi import Request
from pydantic import ValidationError
from starlette.responses import Response

from quickserve.contracts import notices
from quickserve.contracts.menus import StandView
from quickserve.contracts.ordering import (
    Address,
    BasketDraft,
    BasketId,
    BasketLineId,
    BasketView,
    Destination,
    LineDraft,
    NewBasket,
    PricedLine,
)
from quickserve.contracts.ordering_problems import BasketOrdered
from quickserve.kernel.errors import FieldError, Malformed, Problem
from quickserve.kernel.money import Money
from quickserve.kernel.service import Ctx
from quickserve.kernel.shared.port import Notice
from quickserve.web import card_form, kept, order_words
from quickserve.web.forms import Form, Submitted
from quickserve.web.i18n import Locale
from quickserve.web.live import stream
from quickserve.web.page import (
    PRIVATE,
    Ask,
    Services,
    locale_of,
    page_router,
    redirect,
    settings_of,
)
from quickserve.web.pages.ordering import split
from quickserve.web.pages.ordering.menu import open_basket, settle
from quickserve.web.pages.ordering.placing import order_of_basket, place
from quickserve.web.pages.ordering.stands import Slug, the_stand
from quickserve.web.patience import begin_again, optional
from quickserve.web.problems import Sentence, field_errors, sentence
from quickserve.web.templating import fragment, render

router = page_router()

_POSITION: Final = re.compile(r"(-?\d{1,3}(?:\.\d+)?)\s*[,; ]\s*(-?\d{1,3}(?:\.\d+)?)", re.ASCII)
_OF_FIELDS: Final = {
    "seat-missing": "seat", "table-missing": "table", "address-missing": "address",
    "order-code-not-valid": "code",
}  # fmt: skip
_TIPS_PERCENT: Final = (5, 10, 15)


@router.get("/stands/{slug}/basket")
async def basket_page(request: Request, slug: Slug, ask: Ask) -> Response:
    stand = await the_stand(ask, slug)
    return await _show(request, ask, stand, await open_basket(request, ask, stand.id))


@router.get("/stands/{slug}/basket/now")
async def basket_now(request: Request, slug: Slug, ask: Ask, ctx: Ctx) -> Response:
    """What has become wrong in it: a thing is out, the stand pauses."""
    stand = await the_stand(ask, slug)
    locale = locale_of(request)

    async def show(notice: Notice | None) -> str | None:
        await settle(notice)
        basket = await open_basket(request, ask, stand.id)
        wrong = _wrong_now(basket, locale) if basket else []
        return fragment(locale.code, "ordering/basket_now.html", wrong=wrong)

    return stream(request, ctx.fanout, [notices.stand(stand.id)], show, pause_seconds=0.5)


@router.get("/stands/{slug}/baskets/{basket_id}")
async def join(request: Request, slug: Slug, basket_id: BasketId, ask: Ask) -> Response:
    """The link by which several fill one basket."""
    stand = await the_stand(ask, slug)
    basket = await ask.ordering.basket(basket_id)
    response = redirect(request, f"/stands/{slug}")
    if basket.draft.stand_id == stand.id:
        kept.keep_basket(request, response, kept.Basket(stand_id=stand.id, basket_id=basket_id))
    return response


@router.post("/stands/{slug}/basket/lines/{line_id}")
async def change_line(
    request: Request, slug: Slug, line_id: BasketLineId, form: Submitted, ask: Ask
) -> Response:
    """Another quantity; none takes it out."""
    stand = await the_stand(ask, slug)
    basket = await open_basket(request, ask, stand.id)
    line = next((one for one in basket.lines if one.id == line_id), None) if basket else None
    if basket is None or line is None:
        return redirect(request, f"/stands/{slug}/basket")
    quantity = 0 if form.ticked("remove") else form.whole("quantity", line.quantity)
    if quantity is None:
        quantity = line.quantity
    try:
        if quantity == 0:
            await ask.ordering.remove_line(basket.id, line_id)
        else:
            await ask.ordering.put_line(basket.id, line_id, _again(line, quantity))
    except Problem as problem:
        told = sentence(problem, locale_of(request))
        begin_again(request)
        return await _show(request, ask, stand, basket, told=told, status=problem.status)
    return redirect(request, f"/stands/{slug}/basket")


@router.post("/stands/{slug}/basket")
async def order(request: Request, slug: Slug, form: Submitted, ask: Ask) -> Response:
    """Sets where to and when; with `order` the basket becomes an order, as it was shown."""
    stand = await the_stand(ask, slug)
    known = kept.basket(request, stand.id)
    if known is None or known.basket_id is None:
        return redirect(request, f"/stands/{slug}/basket")
    basket = await ask.ordering.basket(BasketId(known.basket_id))
    if basket.order_id is not None:
        return await order_of_basket(request, ask, basket)
    seen = form.whole("version")
    errors: dict[str, str] = {}
    told: Sentence | None = None
    status = 200
    try:
        draft = _settings(form, stand, basket)
        basket = await ask.ordering.put_basket(basket.id, draft)
        if form.ticked("order") or form.ticked("split"):
            told = _another(request, form, basket, seen)
            if told is None and not _wrong(basket):
                go_on = split.begin if form.ticked("split") else place
                return await go_on(request, ask, basket, form)
            status = 409
    except BasketOrdered:
        return await order_of_basket(request, ask, await ask.ordering.basket(basket.id))
    except Problem as problem:
        errors = field_errors(problem, locale_of(request))
        told = None if errors else sentence(problem, locale_of(request))
        status = problem.status
        begin_again(request)
        basket = await ask.ordering.basket(basket.id)
    return await _show(
        request, ask, stand, basket, form=form, errors=errors, told=told, status=status
    )


def _again(line: PricedLine, quantity: int) -> LineDraft:
    modifiers = [
        {"modifier_id": one.modifier_id, "quantity": one.quantity} for one in line.modifiers
    ]
    return LineDraft.model_validate(
        {"item_id": line.item_id, "quantity": min(quantity, 50), "modifiers": modifiers,
         "note": line.note, "guest": line.guest}
    )  # fmt: skip


def _settings(form: Form, stand: StandView, basket: BasketView) -> NewBasket:
    """Raises Malformed with the form's fields."""
    fulfilment = form.text("fulfilment") or basket.draft.destination.fulfilment
    destination: dict[str, Any] = {"fulfilment": fulfilment}
    if fulfilment == "seat":
        destination["seat"] = form.text("seat")
    elif fulfilment == "table":
        destination["table"] = form.text("table")
    elif fulfilment == "delivery" and form.text("address"):
        destination["address"] = _address(form)
    tip = form.whole("tip", 0)
    try:
        return NewBasket.model_validate({
            "stand_id": stand.id,
            "destination": Destination.model_validate(destination),
            "slot": form.text("slot") or None,
            "tip": Money(tip, stand.draft.currency) if tip else None,
            "codes": [code[:60] for code in form.all("code") if code][:5],
        })  # fmt: skip
    except ValidationError as error:
        raise _malformed(error) from error


def _address(form: Form) -> Address:
    found = _POSITION.search(form.text("position"))
    if found is None:
        raise Malformed(errors=[FieldError(field="position", code="position-missing", message="")])
    try:
        return Address(
            text=form.text("address"), latitude=float(found[1]), longitude=float(found[2]),
            instructions=form.text("instructions")[:300],
        )  # fmt: skip
    except ValidationError as error:
        raise _malformed(error) from error


def _malformed(error: ValidationError) -> Malformed:
    errors = {str(found["loc"][-1]): found["type"] for found in error.errors()}
    if errors.pop("latitude", None) or errors.pop("longitude", None):
        errors["position"] = "position-missing"
    if "text" in errors:
        errors["address"] = errors.pop("text")
    found = [FieldError(field=name, code=code, message="") for name, code in errors.items()]
    return Malformed(errors=found)


def _another(request: Request, form: Form, basket: BasketView, seen: int | None) -> Sentence | None:
    """What is ordered is what was seen: lines by the basket's version, the price by its total."""
    gettext = locale_of(request).gettext
    if seen is not None and seen != basket.version - 1:
        return Sentence(
            gettext("The basket has changed meanwhile."),
            gettext("Look through it again; then order."),
        )
    if form.whole("total", 0) != basket.totals.total.minor:
        return Sentence(
            gettext("The total is another one now."), gettext("Look at it; then order.")
        )
    return None


def _wrong(basket: BasketView) -> bool:
    return bool(basket.problems) or any(line.problems for line in basket.lines)


async def _show(
    request: Request, ask: Services, stand: StandView, basket: BasketView | None, *,
    form: Form | None = None, errors: dict[str, str] | None = None,
    told: Sentence | None = None, status: int = 200,
) -> Response:  # fmt: skip
    locale = locale_of(request)
    if basket is None or not basket.lines:
        return render(request, "ordering/empty.html", status=status, headers=PRIVATE, stand=stand)
    slots = await optional(ask.ordering.slots(stand.id, basket.id))
    cards = await optional(ask.payment.sandbox_cards()) if basket.totals.total.minor else None
    problems = {
        line.id: [order_words.problem(one, locale) for one in line.problems]
        for line in basket.lines
    }
    errors = (errors or {}) | (_at_fields(basket, locale) if form else {})
    return render(
        request, "ordering/basket.html", status=status, headers=PRIVATE, locates=True, stand=stand,
        basket=basket, slots=slots, cards=cards.cards if cards else [], problems=problems,
        wrong=_wrong_now(basket, locale),
        ways=order_words.ways(locale), values=_values(request, basket.draft, form),
        tips=_tips(basket), errors=errors, told=told, order_id=uuid4(),
        link=_link(request, stand, basket),
        allergens=order_words.allergens(locale), behaviours=card_form.behaviours(locale),
    )  # fmt: skip


def _at_fields(basket: BasketView, locale: Locale) -> dict[str, str]:
    """What is not told yet is no mistake before somebody has sent the form."""
    return {
        _OF_FIELDS[one.code]: order_words.problem(one, locale)
        for one in basket.problems
        if one.code in _OF_FIELDS
    }


def _wrong_now(basket: BasketView, locale: Locale) -> list[tuple[str, str]]:
    """Whose line, "" of the whole; and what."""
    found = [
        ("", order_words.problem(one, locale))
        for one in basket.problems
        if one.code not in _OF_FIELDS
    ]
    return found + [
        (line.name, order_words.problem(one, locale))
        for line in basket.lines
        for one in line.problems
    ]


def _link(request: Request, stand: StandView, basket: BasketView) -> str:
    base = settings_of(request).public_url.rstrip("/")
    return base + locale_of(request).path(f"/stands/{stand.slug}/baskets/{basket.id}")


def _values(request: Request, draft: BasketDraft, form: Form | None) -> dict[str, str]:
    """What is typed, else what the basket and this browser know."""
    before, to = kept.answers(request), draft.destination
    known = kept.basket(request, draft.stand_id)
    values = {
        "name": before.name, "email": before.email, "phone": "", "seat": to.seat,
        "table": to.table or (known.table if known else ""), "fulfilment": to.fulfilment,
        "slot": draft.slot.isoformat() if draft.slot else "", "payment": "card",
        "address": to.address.text if to.address else "",
        "position": f"{to.address.latitude}, {to.address.longitude}" if to.address else "",
        "instructions": to.address.instructions if to.address else "",
    }  # fmt: skip
    return values | (form.values if form else {})


def _tips(basket: BasketView) -> list[Money]:
    """Shares of what is eaten and drunk, in whole tens of the currency's smallest unit."""
    items = basket.totals.items
    amounts = {round(items.minor * share / 1000) * 10 for share in _TIPS_PERCENT}
    if basket.draft.tip is not None:
        amounts.add(basket.draft.tip.minor)
    return [Money(minor, items.currency) for minor in sorted(amounts) if minor]

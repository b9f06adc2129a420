"""An order of a stand gives money back, or its tab is paid in cash."""

from typing import Final

from fastapi import Request
from pydantic import ValidationError
from starlette.responses import Response

from quickserve.contracts.order_cancelling import (
    CancellationNotAllowed,
    NewOrderCancellation,
    OrderCancellationId,
)
from quickserve.contracts.ordering import OrderId, OrderView
from quickserve.contracts.tabs import CashPayment
from quickserve.kernel.errors import NotFound, Problem
from quickserve.kernel.money import Money
from quickserve.web.forms import Form, Submitted, UnreadableForm
from quickserve.web.i18n import Locale
from quickserve.web.page import Ask, Services, locale_of, page_router, redirect
from quickserve.web.pages.organiser.stands.frame import OwnStand, TheStand
from quickserve.web.pages.organiser.stands.stand_orders import show_order
from quickserve.web.problems import Sentence, sentence, sentence_for

router = page_router()

_WAIT_MS: Final = 6000
_WORDS_MAX: Final = 200


@router.post("/organiser/stands/{stand_id}/orders/{order_id}/cancellation")
async def cancel(
    request: Request, own: TheStand, order_id: OrderId, form: Submitted, ask: Ask
) -> Response:
    """The lines that are ticked; with `all` whatever is left."""
    locale = locale_of(request)
    await _of_this_stand(own, ask, order_id)
    if not form.ticked("all") and not form.all("line"):
        told = Sentence(
            locale.gettext("Nothing is ticked."), locale.gettext("Tick what to cancel.")
        )
        return await show_order(request, own, ask, order_id, told=told, status=422)
    try:
        told = await _cancelled(own, ask, order_id, form, locale)
    except Problem as problem:
        told = sentence(problem, locale)
    if told is not None:
        return await show_order(request, own, ask, order_id, told=told, status=409)
    return redirect(request, f"{own.path}/orders/{order_id}?done=lines-cancelled")


async def _cancelled(
    own: OwnStand, ask: Services, order_id: OrderId, form: Form, locale: Locale
) -> Sentence | None:
    """Why not; None when it is, or goes on without this page."""
    try:
        new = NewOrderCancellation.model_validate({
            "order_id": order_id, "lines": [] if form.ticked("all") else form.all("line"),
            "words": form.text("words")[:_WORDS_MAX],
        })  # fmt: skip
    except ValidationError as error:
        raise UnreadableForm from error
    minted = OrderCancellationId(form.minted("id"))
    view = await ask.order_cancellations.put(minted, new, own.desk.token, wait_ms=_WAIT_MS)
    if view.state != "refused":
        return None
    found = sentence_for(view.failure.code, locale) if view.failure else None
    return found or sentence(CancellationNotAllowed(), locale)


@router.post("/organiser/stands/{stand_id}/orders/{order_id}/cash")
async def take_cash(
    request: Request, own: TheStand, order_id: OrderId, form: Submitted, ask: Ask
) -> Response:
    """The whole tab of the order, as it was shown."""
    order = await _of_this_stand(own, ask, order_id)
    if order.tab_id is None:
        raise NotFound("This order is on no tab.")
    total = Money(form.whole("total", 0) or 0, order.totals.total.currency)
    try:
        await ask.tabs.pay_cash(order.tab_id, CashPayment(total=total), own.desk.token)
    except Problem as problem:
        told = sentence(problem, locale_of(request))
        return await show_order(request, own, ask, order_id, told=told, status=problem.status)
    return redirect(request, f"{own.path}/orders/{order_id}?done=tab-paid")


async def _of_this_stand(own: OwnStand, ask: Services, order_id: OrderId) -> OrderView:
    order = await ask.ordering.order_for_staff(order_id, own.desk.token)
    if order.stand_id != own.id:
        raise NotFound("There is no such order at this stand.")
    return order

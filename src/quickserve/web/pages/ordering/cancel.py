"""Lines of an order, or all of it, called off by its buyer while nobody began to make it."""

from fastapi import Request
from pydantic import ValidationError
from starlette.responses import Response

from quickserve.contracts.order_cancelling import (
    CancellationNotAllowed,
    NewOrderCancellation,
    OrderCancellationId,
)
from quickserve.contracts.ordering import OrderId
from quickserve.kernel.errors import NotFound, Problem
from quickserve.kernel.ids import new_uuid
from quickserve.web.forms import Submitted, UnreadableForm
from quickserve.web.page import PRIVATE, Ask, Services, locale_of, page_router, redirect
from quickserve.web.pages.ordering.order import OrderKey
from quickserve.web.problems import Sentence, sentence, sentence_for
from quickserve.web.templating import render

router = page_router()

_WAIT_MS = 6000


@router.get("/orders/{order_id}/{key}/cancellation")
async def cancellation_page(
    request: Request, order_id: OrderId, key: OrderKey, ask: Ask
) -> Response:
    return await _show(request, ask, order_id, key)


@router.post("/orders/{order_id}/{key}/cancellation")
async def cancel(
    request: Request, order_id: OrderId, key: OrderKey, form: Submitted, ask: Ask
) -> Response:
    """With `all` the whole order, else the lines that are ticked."""
    own_id = OrderCancellationId(form.minted("id"))
    lines = [] if form.ticked("all") else form.all("line")
    if not lines and not form.ticked("all"):
        return await _show(request, ask, order_id, key)
    try:
        new = NewOrderCancellation.model_validate(
            {"order_id": order_id, "key": key, "lines": lines}
        )
    except ValidationError as error:
        raise UnreadableForm from error
    try:
        view = await ask.order_cancellations.put(own_id, new, wait_ms=_WAIT_MS)
    except NotFound:
        raise
    except Problem as problem:
        told = sentence(problem, locale_of(request))
        return await _show(request, ask, order_id, key, told, problem.status)
    if view.state == "refused":
        code = view.failure.code if view.failure else ""
        told = sentence_for(code, locale_of(request)) or sentence(
            CancellationNotAllowed(), locale_of(request)
        )
        return await _show(request, ask, order_id, key, told, 409)
    return redirect(request, f"/orders/{order_id}/{key}")


async def _show(
    request: Request, ask: Services, order_id: OrderId, key: str, told: Sentence | None = None,
    status: int = 200,
) -> Response:  # fmt: skip
    order = await ask.ordering.order(order_id, key)
    headers = PRIVATE | {"Referrer-Policy": "no-referrer"}
    return render(
        request, "ordering/cancel.html", status=status, headers=headers, order=order, key=key,
        told=told, own_id=new_uuid(), allowed=order.state == "accepted",
    )  # fmt: skip

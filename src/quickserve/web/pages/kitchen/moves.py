"""A touch of the board: an order moves on. Sent again under the same id it changes nothing."""

from typing import Final, cast, get_args

from fastapi import Request
from starlette.responses import Response

from quickserve.contracts.menus import StandId
from quickserve.contracts.ordering import OrderId, OrderMove, OrderState, RejectReason
from quickserve.kernel.errors import Conflict, Malformed, Problem
from quickserve.web.forms import Form, Submitted
from quickserve.web.page import Ask, locale_of, page_router, redirect
from quickserve.web.pages.kitchen.board import board_path, show_board
from quickserve.web.problems import sentence
from quickserve.web.sessions import Staff

router = page_router()

_STATES: Final = frozenset(get_args(OrderState))
_REASONS: Final = frozenset(get_args(RejectReason))
_CONFLICT: Final = Conflict.status


@router.post("/kitchen/{stand_id}/moves")
async def move(
    request: Request, stand_id: StandId, form: Submitted, who: Staff, ask: Ask
) -> Response:
    """The script asks for no page: 204, or a problem document."""
    order_id, wanted = OrderId(form.minted("order")), _move(form)
    wants_page = "text/html" in request.headers.get("accept", "")
    station = form.text("station")
    try:
        await ask.kitchen.move(order_id, wanted, who.access_token)
    except Problem as problem:
        if problem.status != _CONFLICT or not wants_page:
            raise
        told = sentence(problem, locale_of(request))
        return await show_board(
            request, stand_id, who, ask, station, told=told, status=problem.status
        )
    if not wants_page:
        return Response(status_code=204)
    return redirect(request, board_path(stand_id, station))


def _move(form: Form) -> OrderMove:
    """`to` is a state, or `rejected:` with the reason. Raises Malformed."""
    to, _, reason = form.text("to").partition(":")
    seen = form.text("seen")
    if to not in _STATES or (seen and seen not in _STATES) or (reason and reason not in _REASONS):
        raise Malformed
    return OrderMove(
        state=cast("OrderState", to), reason=reason or None, id=form.minted("id"),
        seen=cast("OrderState", seen) if seen else None,
    )  # fmt: skip

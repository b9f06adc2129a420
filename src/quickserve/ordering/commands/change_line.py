"""One line of a basket is put or removed: several people may fill one basket at once."""

import json
from collections.abc import Sequence

from quickserve.contracts.ordering import LINES_MAX, BasketId, BasketLineId, LineDraft, NewLine
from quickserve.contracts.ordering_problems import BasketOrdered
from quickserve.kernel.db import Transaction
from quickserve.kernel.errors import NotFound, TooLarge
from quickserve.kernel.service import Context
from quickserve.ordering.model import Basket
from quickserve.ordering.store import baskets


async def put_line(
    ctx: Context, basket_id: BasketId, line_id: BasketLineId, draft: LineDraft
) -> None:
    """What it asks for is judged when the basket is shown and ordered. A repeat changes nothing.

    Errors: NotFound, BasketOrdered, TooLarge.
    """
    new = NewLine(id=line_id, **draft.model_dump())
    async with ctx.db.transaction() as tx:
        basket = await _open_basket(tx, basket_id)
        lines = [new if line.id == line_id else line for line in basket.lines]
        if new not in lines:
            lines.append(new)
        if len(lines) > LINES_MAX:
            raise TooLarge(f"A basket has {LINES_MAX} lines at most.")
        if lines != basket.lines:
            await _save(tx, basket_id, lines)


async def remove_line(ctx: Context, basket_id: BasketId, line_id: BasketLineId) -> None:
    """A line that is not there is removed already. Errors: NotFound, BasketOrdered."""
    async with ctx.db.transaction() as tx:
        basket = await _open_basket(tx, basket_id)
        lines = [line for line in basket.lines if line.id != line_id]
        if lines != basket.lines:
            await _save(tx, basket_id, lines)


async def _open_basket(tx: Transaction, basket_id: BasketId) -> Basket:
    basket = await baskets.lock(tx, basket_id)
    if basket is None:
        raise NotFound("There is no such basket, or it is older than a day.")
    if basket.order_id is not None:
        raise BasketOrdered
    return basket


async def _save(tx: Transaction, basket_id: BasketId, lines: Sequence[NewLine]) -> None:
    dumped = json.dumps([line.model_dump(mode="json") for line in lines])
    await baskets.update_lines(tx, basket_id, dumped)

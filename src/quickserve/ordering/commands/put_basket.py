"""A basket is made, or set as a whole."""

import json
from dataclasses import asdict
from uuid import uuid4

from quickserve.contracts.menus import Fulfilment, StandId
from quickserve.contracts.ordering import (
    BasketDraft,
    BasketId,
    Destination,
    NewBasket,
    TicketBasket,
)
from quickserve.contracts.ordering_problems import BasketOrdered
from quickserve.kernel.errors import Conflict, NotFound
from quickserve.kernel.service import Context
from quickserve.ordering.commands.find_ticket import find_ticket
from quickserve.ordering.model import Stand, TicketFacts
from quickserve.ordering.resources import resources
from quickserve.ordering.store import baskets


async def put_basket(ctx: Context, basket_id: BasketId, new: NewBasket) -> None:
    """Errors: NotFound without such a stand, TicketNotAccepted, BasketOrdered, Conflict when it is
    another stand's.
    """
    stand = await the_stand(ctx, new.stand_id)
    ticket = await find_ticket(ctx, stand, new.ticket) if new.ticket else None
    draft = BasketDraft.model_validate(new.model_dump(exclude={"lines", "ticket"}))
    lines = None if new.lines is None else [line.model_dump(mode="json") for line in new.lines]
    async with ctx.db.transaction() as tx:
        fresh = await baskets.insert(
            tx, basket_id, new.stand_id, draft.model_dump_json(), json.dumps(lines or []),
            ticket.ticket_id if ticket else None, _dumped(ticket),
        )  # fmt: skip
        if fresh:
            return
        kept = await baskets.lock(tx, basket_id)
        assert kept is not None, "it was in the way of the insert"
        if kept.order_id is not None:
            raise BasketOrdered
        if kept.draft.stand_id != new.stand_id:
            raise Conflict("This basket is another stand's.")
        ticket = ticket or kept.ticket
        await baskets.update(
            tx, basket_id, draft.model_dump_json(),
            json.dumps(
                [line.model_dump(mode="json") for line in kept.lines] if lines is None else lines
            ),
            ticket.ticket_id if ticket else None, _dumped(ticket),
        )  # fmt: skip


async def open_basket_of_ticket(ctx: Context, cmd: TicketBasket) -> BasketId:
    """The ticket's basket at the stand that is not ordered yet: the same on all its devices.

    Errors: NotFound, TicketNotAccepted.
    """
    stand = await the_stand(ctx, cmd.stand_id)
    ticket = await find_ticket(ctx, stand, cmd.ticket)
    seat = ticket.seat if "seat" in stand.draft.fulfilments else ""
    others: list[Fulfilment] = [one for one in stand.draft.fulfilments if one != "seat"]
    fulfilment: Fulfilment = "seat" if seat or not others else others[0]
    destination = Destination(fulfilment=fulfilment, seat=seat)
    draft = BasketDraft(stand_id=cmd.stand_id, destination=destination)
    async with ctx.db.transaction() as tx:
        return await baskets.open_shared(
            tx, BasketId(uuid4()), cmd.stand_id, draft.model_dump_json(), ticket.ticket_id,
            _dumped(ticket) or "",
        )  # fmt: skip


async def the_stand(ctx: Context, stand_id: StandId) -> Stand:
    """Raises NotFound; also while its first menu has not arrived."""
    stand = await resources(ctx).shelf.stand(stand_id)
    if stand is None or stand.menu is None or stand.draft.state == "hidden":
        stand = await resources(ctx).shelf.stand(stand_id, fresh=True)
    if stand is None or stand.menu is None or stand.draft.state == "hidden":
        raise NotFound("There is no such stand, or it has no menu yet.")
    return stand


def _dumped(ticket: TicketFacts | None) -> str | None:
    return None if ticket is None else json.dumps(asdict(ticket), default=str)

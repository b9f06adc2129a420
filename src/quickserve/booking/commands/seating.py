"""Seats for what is held: those that were chosen, or the best that are left."""

from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Literal
from uuid import UUID

from quickserve.booking.houses import House, Houses
from quickserve.booking.model import Basket, Offer, Outrun, SeatWish, field_problem
from quickserve.booking.resources import resources
from quickserve.booking.store import seats
from quickserve.contracts.booking import (
    HeldItem,
    HeldSeat,
    Item,
    SeatTaken,
    SoldOut,
    UnknownSeat,
)
from quickserve.contracts.catalog import DateId
from quickserve.contracts.seating import SeatId
from quickserve.kernel.db import Database, Transaction
from quickserve.kernel.errors import Problem, Unavailable
from quickserve.kernel.service import Context


async def wish_for_seats(
    ctx: Context, offer: Offer, basket: Basket, items: Sequence[Item], *, accessible: bool
) -> SeatWish | None:
    """None where nothing of the basket has seats.

    Reads the plan, so that nobody has to while the house is locked. Errors: Malformed for seats
    that cannot be wished for, Unavailable while the plan is under way.
    """
    chosen: dict[object, list[SeatId]] = {}
    for position, item in enumerate(items):
        chosen.setdefault(item.ticket_type_id, []).extend(item.seats)
        if item.seats and len(set(item.seats)) != item.quantity:
            fix = f"Name {item.quantity} different seats, or none."
            raise field_problem(f"items.{position}.seats", "not-the-quantity", fix)
    of_type = {type_id: kind.seat_category for type_id, kind in offer.types.items()}
    seated = offer.plan_id is not None and any(of_type.get(i.ticket_type_id) for i in basket.items)
    for position, item in enumerate(items):
        if item.seats and not (seated and of_type.get(item.ticket_type_id)):
            raise field_problem(f"items.{position}.seats", "no-seats", "This ticket has no seats.")
    if not seated or offer.plan_id is None or offer.plan_version is None:
        return None
    if await resources(ctx).houses.layout(offer.plan_id, offer.plan_version) is None:
        raise Unavailable("The seats of this date are being prepared.", retry_after=2)
    wishes: list[tuple[str | None, tuple[SeatId, ...]]] = []
    for item in basket.items:  # a ticket type may have several lines, at several prices
        left = chosen.get(item.ticket_type_id, [])
        wishes.append((of_type.get(item.ticket_type_id), tuple(left[: item.quantity])))
        del left[: item.quantity]
    return SeatWish(tuple(wishes), accessible)


class Seating:
    """Gives seats of one locked house; without a house, nobody who wishes for seats is served."""

    def __init__(self, date_id: DateId, house: House | None) -> None:
        self._date_id = date_id
        self._house = house

    def seat(self, basket: Basket, wish: SeatWish | None) -> Basket | Problem:
        """The basket with its seats, which are taken in the map, or why there are none."""
        if wish is None:
            return basket
        if self._house is None:
            return Unavailable("The seats of this date are being prepared.", retry_after=2)
        given: list[HeldItem] = []
        taken: list[SeatId] = []
        for item, (category, chosen) in zip(basket.items, wish.items, strict=True):
            found = self._find(item, category, chosen, accessible=wish.accessible)
            if isinstance(found, Problem):
                self._house.seats.free(taken)
                return found
            self._house.seats.take(found)
            taken += found
            label = self._house.seats.label
            its_seats = [HeldSeat(id=seat_id, label=label(seat_id)) for seat_id in found]
            given.append(item.model_copy(update={"seats": its_seats}))
        return replace(basket, items=given)

    def take_back(self, basket: Basket) -> None:
        if self._house is not None:
            self._house.seats.free(basket.seat_ids)

    def _find(
        self, item: HeldItem, category: str | None, chosen: tuple[SeatId, ...], *, accessible: bool
    ) -> list[SeatId] | Problem:
        assert self._house is not None
        if category is None:
            return []
        house = self._house.seats
        if len(chosen) != item.quantity:
            best = house.best(category, item.quantity, accessible=accessible)
            return best or SoldOut(ticket_type_id=str(item.ticket_type_id))
        if strange := [one for one in chosen if house.category(one) != category]:
            return UnknownSeat(seats=strange[:50])
        if gone := [one for one in chosen if not house.is_free(one)]:
            return SeatTaken(seats=gone[:50])
        return list(chosen)

    async def record(
        self, tx: Transaction, served: Sequence[tuple[UUID, Basket]], state: Literal["held", "sold"]
    ) -> None:
        """Raises Outrun when the map was wrong, which another process's writing cannot make it."""
        taken = [(seat_id, who) for who, basket in served for seat_id in basket.seat_ids]
        if not taken or self._house is None:
            return
        version = self._house.version + 1
        if await seats.take_seats(tx, self._date_id, version, taken, state) != len(taken):
            raise Outrun
        self._house.version = version


@asynccontextmanager
async def locked_seating(
    db: Database, houses: Houses, wishes: Sequence[tuple[DateId, SeatWish | None]]
) -> AsyncGenerator[tuple[Transaction, Seating]]:
    """A transaction in which the date's house is locked, if anybody wishes for a seat of it."""
    date_id = wishes[0][0]
    seated = any(wish for _, wish in wishes)
    try:
        async with db.transaction() as tx:
            house = await houses.lock(tx, date_id) if seated else None
            yield tx, Seating(date_id, house)
    except BaseException:
        if seated:
            houses.forget(date_id)
        raise

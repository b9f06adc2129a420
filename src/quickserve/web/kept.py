"""What this browser keeps for its visitor in sealed cookies: typed answers and recent tickets.

Neither stands in an address, where it would end up in logs and histories.
"""

from typing import Final
from uuid import UUID

from fastapi import Request
from pydantic import BaseModel
from starlette.responses import Response

from quickserve.web import cookies
from quickserve.web.page import settings_of

_ANSWERS: Final = "answers"
_ANSWERS_SECONDS: Final = 3600
_TICKETS: Final = "tickets"
_WAITING: Final = "waiting"
_TICKETS_SECONDS: Final = 400 * 24 * 3600  # the longest that browsers keep a cookie
TICKETS_MAX: Final = 20
WAITING_MAX: Final = 10
_BASKETS: Final = "baskets"
_BASKETS_SECONDS: Final = 24 * 3600  # as long as ordering keeps them
_BASKETS_MAX: Final = 10
_ORDERS: Final = "orders"
_ORDERS_SECONDS: Final = 30 * 24 * 3600
ORDERS_MAX: Final = 20


class Answers(BaseModel):
    """What somebody typed at the checkout, for as long as the purchase may take."""

    email: str = ""
    name: str = ""
    hold_id: UUID | None = None
    checkout_id: UUID | None = None


class Key(BaseModel):
    """What opens the page of a booking, or of a place on a waiting list."""

    id: UUID
    key: str


class Basket(BaseModel):
    """What this browser orders at a stand; `table` is what the code on the table said."""

    stand_id: UUID
    basket_id: UUID | None = None
    table: str = ""


class _Baskets(BaseModel):
    baskets: list[Basket]


class _Keys(BaseModel):
    keys: list[Key]


def answers(request: Request) -> Answers:
    text = cookies.read(request.cookies, settings_of(request), _ANSWERS)
    found = cookies.unseal(settings_of(request), _ANSWERS, text, Answers, max_age=_ANSWERS_SECONDS)
    return found or Answers()


def keep_answers(request: Request, response: Response, given: Answers) -> None:
    short = given.model_copy(update={"email": given.email[:320], "name": given.name[:200]})
    text = cookies.seal(settings_of(request), _ANSWERS, short)
    cookies.write(response, settings_of(request), _ANSWERS, text, max_age=_ANSWERS_SECONDS)


def tickets(request: Request) -> list[Key]:
    """The bookings opened in this browser, the latest first."""
    text = cookies.read(request.cookies, settings_of(request), _TICKETS)
    found = cookies.unseal(settings_of(request), _TICKETS, text, _Keys, max_age=_TICKETS_SECONDS)
    return found.keys[:TICKETS_MAX] if found else []


def keep_ticket(request: Request, response: Response, key: Key) -> None:
    before = tickets(request)
    if before[:1] == [key]:
        return
    keys = [key, *(other for other in before if other.id != key.id)][:TICKETS_MAX]
    _write_tickets(request, response, keys)


def forget_ticket(request: Request, response: Response, booking_id: UUID) -> None:
    keys = [key for key in tickets(request) if key.id != booking_id]
    _write_tickets(request, response, keys)


def _write_tickets(request: Request, response: Response, keys: list[Key]) -> None:
    text = cookies.seal(settings_of(request), _TICKETS, _Keys(keys=keys))
    cookies.write(response, settings_of(request), _TICKETS, text, max_age=_TICKETS_SECONDS)


def waiting(request: Request) -> list[Key]:
    """The places on waiting lists opened in this browser, the latest first."""
    text = cookies.read(request.cookies, settings_of(request), _WAITING)
    found = cookies.unseal(settings_of(request), _WAITING, text, _Keys, max_age=_TICKETS_SECONDS)
    return found.keys[:WAITING_MAX] if found else []


def keep_waiting(request: Request, response: Response, key: Key, *, over: bool) -> None:
    """One that is `over` is kept no longer."""
    before = waiting(request)
    others = [other for other in before if other.id != key.id]
    keys = others if over else [key, *others][:WAITING_MAX]
    if keys == before:
        return
    text = cookies.seal(settings_of(request), _WAITING, _Keys(keys=keys))
    cookies.write(response, settings_of(request), _WAITING, text, max_age=_TICKETS_SECONDS)


def _baskets(request: Request) -> list[Basket]:
    text = cookies.read(request.cookies, settings_of(request), _BASKETS)
    found = cookies.unseal(settings_of(request), _BASKETS, text, _Baskets, max_age=_BASKETS_SECONDS)
    return found.baskets[:_BASKETS_MAX] if found else []


def basket(request: Request, stand_id: UUID) -> Basket | None:
    return next((one for one in _baskets(request) if one.stand_id == stand_id), None)


def keep_basket(request: Request, response: Response, new: Basket) -> None:
    """The table that is known stays."""
    before = basket(request, new.stand_id)
    if before is not None and not new.table:
        new = new.model_copy(update={"table": before.table})
    others = [one for one in _baskets(request) if one.stand_id != new.stand_id]
    text = cookies.seal(
        settings_of(request), _BASKETS, _Baskets(baskets=[new, *others][:_BASKETS_MAX])
    )
    cookies.write(response, settings_of(request), _BASKETS, text, max_age=_BASKETS_SECONDS)


def orders(request: Request) -> list[Key]:
    """Those placed or opened in this browser, the latest first."""
    text = cookies.read(request.cookies, settings_of(request), _ORDERS)
    found = cookies.unseal(settings_of(request), _ORDERS, text, _Keys, max_age=_ORDERS_SECONDS)
    return found.keys[:ORDERS_MAX] if found else []


def keep_order(request: Request, response: Response, key: Key) -> None:
    before = orders(request)
    if before[:1] == [key]:
        return
    keys = [key, *(other for other in before if other.id != key.id)][:ORDERS_MAX]
    text = cookies.seal(settings_of(request), _ORDERS, _Keys(keys=keys))
    cookies.write(response, settings_of(request), _ORDERS, text, max_age=_ORDERS_SECONDS)


def keep_table(request: Request, response: Response, stand_id: UUID, table: str) -> None:
    before = basket(request, stand_id) or Basket(stand_id=stand_id)
    keep_basket(request, response, before.model_copy(update={"table": table}))

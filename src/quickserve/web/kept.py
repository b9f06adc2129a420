"""What this browser keeps for its visitor in sealed cookies: typed answers and recent tickets.

Neither stands in an address, where it would end up in logs and histories.
"""

from dataclasses import dataclass
from typing import Final
from uuid import UUID

from fastapi import Request
from pydantic import BaseModel
from starlette.responses import Response

from quickserve.web import cookies
from quickserve.web.page import settings_of

_ANSWERS: Final = "answers"
_ANSWERS_SECONDS: Final = 3600
_LONGEST_SECONDS: Final = 400 * 24 * 3600  # that browsers keep a cookie
_BASKETS: Final = "baskets"
_BASKETS_SECONDS: Final = 24 * 3600  # as long as ordering keeps them
_BASKETS_MAX: Final = 10


class Answers(BaseModel):
    """What somebody typed at the checkout, for as long as the purchase may take."""

    email: str = ""
    name: str = ""
    hold_id: UUID | None = None
    checkout_id: UUID | None = None


class Key(BaseModel):
    """What opens the page of a booking, a ticket, an order, or a place on a waiting list."""

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


@dataclass(frozen=True, slots=True)
class Kept:
    """Keys of pages that were opened in this browser, the latest first."""

    cookie: str
    seconds: int
    most: int

    def of(self, request: Request) -> list[Key]:
        text = cookies.read(request.cookies, settings_of(request), self.cookie)
        found = cookies.unseal(settings_of(request), self.cookie, text, _Keys, max_age=self.seconds)
        return found.keys[: self.most] if found else []

    def keep(self, request: Request, response: Response, key: Key) -> None:
        before = self.of(request)
        if before[:1] != [key]:
            others = [other for other in before if other.id != key.id]
            self._write(request, response, [key, *others][: self.most])

    def forget(self, request: Request, response: Response, key_id: UUID) -> None:
        before = self.of(request)
        keys = [key for key in before if key.id != key_id]
        if keys != before:
            self._write(request, response, keys)

    def _write(self, request: Request, response: Response, keys: list[Key]) -> None:
        text = cookies.seal(settings_of(request), self.cookie, _Keys(keys=keys))
        cookies.write(response, settings_of(request), self.cookie, text, max_age=self.seconds)


TICKETS: Final = Kept("tickets", _LONGEST_SECONDS, most=20)
WAITING: Final = Kept("waiting", _LONGEST_SECONDS, most=10)
HELD: Final = Kept("held", _LONGEST_SECONDS, most=10)  # tickets that were passed on to whom uses it
SENT: Final = Kept("sent", _LONGEST_SECONDS, most=10)  # tickets that were passed on in it
ORDERS: Final = Kept("orders", 30 * 24 * 3600, most=20)


def answers(request: Request) -> Answers:
    text = cookies.read(request.cookies, settings_of(request), _ANSWERS)
    found = cookies.unseal(settings_of(request), _ANSWERS, text, Answers, max_age=_ANSWERS_SECONDS)
    return found or Answers()


def keep_answers(request: Request, response: Response, given: Answers) -> None:
    short = given.model_copy(update={"email": given.email[:320], "name": given.name[:200]})
    text = cookies.seal(settings_of(request), _ANSWERS, short)
    cookies.write(response, settings_of(request), _ANSWERS, text, max_age=_ANSWERS_SECONDS)


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


def keep_table(request: Request, response: Response, stand_id: UUID, table: str) -> None:
    before = basket(request, stand_id) or Basket(stand_id=stand_id)
    keep_basket(request, response, before.model_copy(update={"table": table}))

"""Selling rules: vouchers and access codes, discounts, and what ticket types ask of each other."""

import re
from datetime import datetime
from typing import Annotated, Literal, NewType, Self
from uuid import UUID

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    Field,
    StringConstraints,
    WithJsonSchema,
    model_validator,
)
from pydantic_core import PydanticCustomError

from quickserve.contracts.booking import BookingId, BookingState, Line, Request, VoucherId
from quickserve.contracts.catalog import DateId, EventId, TicketTypeId
from quickserve.kernel.client import Client
from quickserve.kernel.errors import Problem
from quickserve.kernel.ids import OrganiserId
from quickserve.kernel.money import Money

DiscountId = NewType("DiscountId", UUID)

CODES_MAX = 1000  # of one call
USES_MAX = 100_000
DISCOUNTS_MAX = 50  # of one organiser: each look at a date reads them all
PARTS_MAX = 10

_CODE = r"^[0-9A-Za-z][0-9A-Za-z _-]{2,39}$"


def _a_code(text: str) -> str:
    if not re.match(_CODE, text):
        raise PydanticCustomError(
            "voucher-code", "Use 3 to 40 letters without accents, digits, spaces and dashes."
        )
    return text


# What people type is compared without case, spaces and dashes.
VoucherCode = Annotated[
    str, StringConstraints(strip_whitespace=True), AfterValidator(_a_code),
    WithJsonSchema({"type": "string", "pattern": _CODE}),
]  # fmt: skip
# `set`: the ticket costs `value`; `percent` in basis points; `amount`: off each ticket.
PriceEffect = Literal["none", "set", "percent", "amount"]
# As above; `group`: of `group_size` tickets, `group_paid` are paid, all of them a little less.
DiscountKind = Literal["percent", "amount", "group"]
_WHOLE_BP = 10_000


class NewVoucher(Request):
    """A code and what it does. One use is one ticket.

    Without `event_id` and `date_id` it holds for all of the organiser's events; without
    `ticket_type_ids` for all types. `unlock`: hidden types of these can be bought with it.
    `reserve`: as many places as it has uses are set aside for it at once; it then names a date
    and exactly one ticket type. `stackable`: its price effect adds to discounts, else the better
    one counts.
    """

    id: VoucherId
    code: VoucherCode
    tag: Line = Field(default="", max_length=60)
    event_id: EventId | None = None
    date_id: DateId | None = None
    ticket_type_ids: list[TicketTypeId] = Field(default=[], max_length=50)
    valid_from: AwareDatetime | None = None
    valid_until: AwareDatetime | None = None
    uses: int = Field(default=1, ge=0, le=USES_MAX)
    unlock: bool = False
    reserve: bool = False
    price: PriceEffect = "none"
    value: int = Field(default=0, ge=0, le=10**12)
    currency: str = Field(default="EUR", pattern=r"^[A-Z]{3}$")
    stackable: bool = False

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if self.price == "percent" and self.value > _WHOLE_BP:
            raise ValueError("a reduction is at most 100 %")
        if self.reserve and (self.date_id is None or len(self.ticket_type_ids) != 1):
            raise ValueError("to set places aside, name a date and one ticket type")
        return self


class NewVouchers(Request):
    """Many at once: all or none."""

    vouchers: list[NewVoucher] = Field(min_length=1, max_length=CODES_MAX)


class VoucherView(BaseModel):
    """`set_aside`: how many places wait for it now."""

    id: VoucherId
    code: str
    tag: str
    event_id: EventId | None
    date_id: DateId | None
    event_title: str | None
    ticket_type_ids: list[TicketTypeId]
    valid_from: datetime | None
    valid_until: datetime | None
    uses: int
    held: int
    used: int
    unlock: bool
    reserve: bool
    set_aside: int
    price: PriceEffect
    value: int
    currency: str
    stackable: bool


class VoucherList(BaseModel):
    """The newest first; pass `next` as `after`."""

    vouchers: list[VoucherView]
    next: VoucherId | None


class VoucherUse(BaseModel):
    booking_id: BookingId
    number: str
    state: BookingState
    name: str
    event_title: str
    starts_at: datetime
    zone: str
    tickets: int
    created_at: datetime


class VoucherUses(BaseModel):
    voucher: VoucherView
    uses: list[VoucherUse]


class NewDiscount(Request):
    """Takes off by itself what it says, where `least` of its tickets are bought together."""

    name: Line = Field(min_length=1, max_length=60)
    event_id: EventId | None = None
    ticket_type_ids: list[TicketTypeId] = Field(default=[], max_length=50)
    kind: DiscountKind
    value: int = Field(default=0, ge=0, le=10**12)
    currency: str = Field(default="EUR", pattern=r"^[A-Z]{3}$")
    least: int = Field(default=1, ge=1, le=100)
    group_size: int = Field(default=2, ge=2, le=100)
    group_paid: int = Field(default=1, ge=0, le=99)
    valid_from: AwareDatetime | None = None
    valid_until: AwareDatetime | None = None
    stackable: bool = False
    active: bool = True

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if self.kind == "percent" and self.value > _WHOLE_BP:
            raise ValueError("a reduction is at most 100 %")
        if self.group_paid >= self.group_size:
            raise ValueError("of a group fewer tickets are paid than it has")
        return self


class DiscountView(NewDiscount):
    id: DiscountId


class DiscountList(BaseModel):
    discounts: list[DiscountView]


class BundlePart(Request):
    ticket_type_id: TicketTypeId
    quantity: int = Field(ge=1, le=20)


class TypeRules(Request):
    """What one ticket type asks beyond price, window and number.

    `per_person`: so many by one e-mail address, for a date or for the whole `event`.
    `addon_of`: bought only together with these, `addon_min` to `addon_max` for each of them.
    `requires`: bought only together with one of each of these. `parts`: it is a bundle, its price
    is shared out over them, and it takes their places.
    """

    ticket_type_id: TicketTypeId
    hidden: bool = False
    per_person: int | None = Field(default=None, ge=1, le=100)
    per_person_scope: Literal["date", "event"] = "event"
    addon_of: list[TicketTypeId] = Field(default=[], max_length=20)
    addon_min: int = Field(default=0, ge=0, le=20)
    addon_max: int = Field(default=1, ge=1, le=20)
    requires: list[TicketTypeId] = Field(default=[], max_length=20)
    parts: list[BundlePart] = Field(default=[], max_length=PARTS_MAX)


class EventRules(Request):
    """Of all ticket types that have any; whatever is not named has none."""

    types: list[TypeRules] = Field(max_length=100)


# -- What a buyer is told --------------------------------------------------------------------------

CodeState = Literal["good", "unknown", "not-yet", "expired", "used-up", "elsewhere"]


class CodeTold(BaseModel):
    """`left`: how many tickets it is still good for."""

    code: str
    state: CodeState
    left: int


class TypeTerms(BaseModel):
    """`price`: of one ticket with the codes; None where it is the usual one."""

    ticket_type_id: TicketTypeId
    shown: bool
    price: Money | None
    available: int
    per_person: int | None
    addon_of: list[TicketTypeId]
    addon_min: int
    addon_max: int
    requires: list[TicketTypeId]
    parts: list[BundlePart]


class DiscountTold(BaseModel):
    name: str
    kind: DiscountKind
    value: int
    currency: str
    least: int
    group_size: int
    group_paid: int
    ticket_type_ids: list[TicketTypeId]


class Terms(BaseModel):
    """Selling rules of a date as a buyer with these codes meets them, a second old at most."""

    date_id: DateId
    types: list[TypeTerms]
    discounts: list[DiscountTold]
    codes: list[CodeTold]


# -- Errors ----------------------------------------------------------------------------------------


class CodeNotValid(Problem):
    """`extra`: code, reason: unknown, not-yet, expired, used-up, elsewhere; left."""

    status = 409
    code = "code-not-valid"
    title = "This code cannot be used here now"


class CodeRequired(Problem):
    status = 409
    code = "code-required"
    title = "This ticket is sold with a code only"


class PerPersonExceeded(Problem):
    """`extra`: name, most, left."""

    status = 409
    code = "per-person-exceeded"
    title = "One person can book only so many of these tickets"


class MissingCompanion(Problem):
    """`extra`: name, needs (names), least, most."""

    status = 422
    code = "missing-companion"
    title = "This ticket is bought together with another one"


class CodeTaken(Problem):
    status = 409
    code = "code-taken"
    title = "Another voucher has this code already"


class UsesBelowTaken(Problem):
    status = 409
    code = "uses-below-taken"
    title = "The code was used more often than that"


class BookingRulesClient:
    def __init__(self, client: Client) -> None:
        self._client = client

    async def terms(self, date_id: DateId, codes: list[str]) -> Terms:
        return await self._client.get(Terms, f"/dates/{date_id}/terms", query={"code": codes})

    async def put_vouchers(
        self, organiser_id: OrganiserId, vouchers: NewVouchers, token: str | None = None
    ) -> None:
        path = f"/organisers/{organiser_id}/vouchers"
        await self._client.call("PUT", path, body=vouchers, token=token)

    async def vouchers(
        self, organiser_id: OrganiserId, token: str, *, text: str = "",
        after: VoucherId | None = None, limit: int = 50,
    ) -> VoucherList:  # fmt: skip
        query: dict[str, str | int] = {"text": text, "limit": limit}
        if after:
            query["after"] = str(after)
        path = f"/organisers/{organiser_id}/vouchers"
        return await self._client.get(VoucherList, path, query=query, token=token)

    async def voucher(self, voucher_id: VoucherId, token: str) -> VoucherUses:
        return await self._client.get(VoucherUses, f"/vouchers/{voucher_id}", token=token)

    async def discounts(self, organiser_id: OrganiserId, token: str) -> DiscountList:
        path = f"/organisers/{organiser_id}/discounts"
        return await self._client.get(DiscountList, path, token=token)

    async def put_discount(
        self, organiser_id: OrganiserId, discount_id: DiscountId, discount: NewDiscount,
        token: str | None = None,
    ) -> None:  # fmt: skip
        path = f"/organisers/{organiser_id}/discounts/{discount_id}"
        await self._client.call("PUT", path, body=discount, token=token)

    async def event_rules(self, event_id: EventId, token: str) -> EventRules:
        return await self._client.get(EventRules, f"/events/{event_id}/selling-rules", token=token)

    async def put_event_rules(
        self, event_id: EventId, rules: EventRules, token: str | None = None
    ) -> None:
        path = f"/events/{event_id}/selling-rules"
        await self._client.call("PUT", path, body=rules, token=token)

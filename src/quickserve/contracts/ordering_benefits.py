"""What tickets include, and vouchers for orders."""

from datetime import datetime
from typing import Self
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, Field, model_validator

from quickserve.contracts.catalog import EventId, TicketTypeId
from quickserve.contracts.menus import MenuItemId, Name
from quickserve.contracts.ordering import Request
from quickserve.kernel.ids import OrganiserId
from quickserve.kernel.money import Money


class EntitlementDraft(Request):
    """So many of any of these items with each ticket of the type: one drink included.

    One that is not `active` counts no more; what was taken with it stays as it is.
    """

    organiser_id: OrganiserId
    event_id: EventId
    ticket_type_id: TicketTypeId | None = None
    name: Name
    item_ids: list[MenuItemId] = Field(min_length=1, max_length=500)
    quantity: int = Field(default=1, ge=1, le=100, strict=True)
    active: bool = True


class EntitlementView(EntitlementDraft):
    id: UUID


class EntitlementList(BaseModel):
    entitlements: list[EntitlementView]


class OrderVoucherDraft(Request):
    """A share, or an amount, off one order."""

    percent: int | None = Field(default=None, ge=1, le=100)
    amount: Money | None = None
    uses_max: int = Field(default=1, ge=1, le=1_000_000)
    until: AwareDatetime | None = None

    @model_validator(mode="after")
    def _one_kind(self) -> Self:
        if (self.percent is None) == (self.amount is None):
            raise ValueError("give either percent or amount")
        if self.amount is not None and self.amount.minor <= 0:
            raise ValueError("amount must be positive")
        return self


class OrderVoucherView(BaseModel):
    """`used` of `uses_max`."""

    code: str
    percent: int | None
    amount: Money | None
    uses_max: int
    used: int
    until: datetime | None


class OrderVoucherList(BaseModel):
    """Those that last longest first, a thousand at most."""

    vouchers: list[OrderVoucherView]

"""What a payment is, and the rules its states follow. No I/O."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import UUID

from quickserve.contracts.payment import (
    PAYMENT_MAX_MINOR,
    IntentId,
    IntentState,
    IntentView,
    RefundId,
)  # fmt: skip
from quickserve.kernel.errors import FieldError, Malformed
from quickserve.kernel.ids import OrganiserId
from quickserve.kernel.money import Money

# The provider is asked again after 1 s, doubling up to this.
RETRY_SECONDS_MAX = 300.0

RefundState = Literal["processing", "done", "refused"]


@dataclass(frozen=True, slots=True)
class Intent:
    """One payment.

    `due`: the provider is to be asked again (lost answer) or to release. `given_up`: voided before
    it came to be, which may have been at the very moment it did.
    """

    id: IntentId
    organiser_id: OrganiserId
    amount_minor: int
    currency: str
    method: str
    reference: UUID
    return_path: str
    provider: str
    state: IntentState
    failure: str | None
    challenge_path: str | None
    charge_id: str | None
    capturing: bool
    reserved_minor: int
    refunded_minor: int
    attempts: int
    due: bool
    created_at: datetime
    given_up: bool

    @property
    def amount(self) -> Money:
        return Money(self.amount_minor, self.currency)

    @property
    def view(self) -> IntentView:
        return IntentView(
            id=self.id,
            state=self.state,
            amount=self.amount,
            refunded=Money(self.refunded_minor, self.currency),
            failure=self.failure,
            challenge_path=self.challenge_path if self.state == "challenge" else None,
            created_at=self.created_at,
        )


@dataclass(frozen=True, slots=True)
class Refund:
    id: RefundId
    intent_id: IntentId
    amount_minor: int
    currency: str
    reason: str
    state: RefundState

    @property
    def amount(self) -> Money:
        return Money(self.amount_minor, self.currency)


@dataclass(frozen=True, slots=True)
class Sides:
    """The two accounts of a transfer, as codes."""

    debit: str
    credit: str


def provider_account(provider: str, currency: str) -> str:
    return f"provider-receivable:{provider}:{currency}"


def organiser_account(organiser_id: OrganiserId, currency: str) -> str:
    return f"organiser-payable:{organiser_id}:{currency}"


def sale_sides(intent: Intent) -> Sides:
    """The provider owes us what it took; we owe it to the organiser."""
    return Sides(
        debit=provider_account(intent.provider, intent.currency),
        credit=organiser_account(intent.organiser_id, intent.currency),
    )


def refund_sides(intent: Intent) -> Sides:
    sale = sale_sides(intent)
    return Sides(debit=sale.credit, credit=sale.debit)


def check_amount(amount: Money) -> None:
    """Raises Malformed unless it is more than nothing and within the bound."""
    if not 0 < amount.minor <= PAYMENT_MAX_MINOR:
        message = f"Give an amount from 1 to {PAYMENT_MAX_MINOR} minor units."
        raise Malformed(
            message, errors=[FieldError(field="amount.minor", code="out-of-range", message=message)]
        )

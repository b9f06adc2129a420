"""`payment` as the others see it: intents, the sandbox provider's cards, the ledger."""

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar, Literal, NewType
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from quickserve.kernel.client import Client
from quickserve.kernel.errors import Problem
from quickserve.kernel.events import DomainEvent
from quickserve.kernel.ids import OrganiserId
from quickserve.kernel.money import Money

IntentId = NewType("IntentId", UUID)
RefundId = NewType("RefundId", UUID)
ChallengeId = NewType("ChallengeId", UUID)

# The largest payment, so the largest price and total too: a thousand million of a currency with two
# decimals, enough where prices have many digits (IDR). Sums of very many stay inside Money.
PAYMENT_MAX_MINOR = 10**11

IntentState = Literal[
    "processing", "challenge", "authorized", "captured", "declined", "voided"
]  # fmt: skip


class NewIntent(BaseModel):
    """`method` is a provider's token, never a card number; `reference` is what is paid."""

    model_config = ConfigDict(extra="forbid")

    organiser_id: OrganiserId
    amount: Money
    method: str = Field(min_length=1, max_length=200)
    reference: UUID
    # A path of ours: `//host` would lead the buyer elsewhere.
    return_path: str = Field(default="/", max_length=500, pattern=r"^/([^/\s\\][^\s\\]*)?$")


class IntentView(BaseModel):
    """`failure` is a provider's reason in our words: `card-declined`, `insufficient-funds`, …"""

    id: IntentId
    state: IntentState
    amount: Money
    refunded: Money
    failure: str | None
    challenge_path: str | None
    created_at: datetime


class NewRefund(BaseModel):
    model_config = ConfigDict(extra="forbid")

    amount: Money
    reason: str = Field(default="", max_length=200)


class SandboxCard(BaseModel):
    """A test card as typed on the sandbox's form."""

    model_config = ConfigDict(extra="forbid")

    number: str = Field(max_length=40)
    expiry: str = Field(max_length=10, description="MM/YY")
    cvc: str = Field(max_length=6)


class PaymentMethod(BaseModel):
    method: str


class TestCard(BaseModel):
    """A number of the sandbox and what it does."""

    number: str
    behaviour: str


class TestCards(BaseModel):
    cards: list[TestCard]


class Challenge(BaseModel):
    """What the bank's page shows: the buyer approves or refuses.

    `id` is the bank's, told in `challenge_path` only: `return_path` leads to the purchase.
    """

    id: ChallengeId
    amount: Money
    open: bool
    return_path: str


class ChallengeAnswer(BaseModel):
    approve: bool


class AccountBalance(BaseModel):
    account: str
    posted: Money
    pending: Money


class LedgerCheck(BaseModel):
    """`balanced` is true when every finding list is empty."""

    balanced: bool
    transfers: int
    findings: list[str]
    accounts: list[AccountBalance]


@dataclass(frozen=True)
class PaymentAuthorized(DomainEvent):
    """The money is set aside: after a challenge or a late answer too."""

    TYPE: ClassVar[str] = "quickserve.payment.authorized.v1"
    intent_id: IntentId
    reference: UUID


@dataclass(frozen=True)
class PaymentDeclined(DomainEvent):
    TYPE: ClassVar[str] = "quickserve.payment.declined.v1"
    intent_id: IntentId
    reference: UUID
    failure: str


@dataclass(frozen=True)
class PaymentCaptured(DomainEvent):
    TYPE: ClassVar[str] = "quickserve.payment.captured.v1"
    intent_id: IntentId
    reference: UUID
    amount: Money


@dataclass(frozen=True)
class PaymentVoided(DomainEvent):
    TYPE: ClassVar[str] = "quickserve.payment.voided.v1"
    intent_id: IntentId
    reference: UUID


@dataclass(frozen=True)
class PaymentRefunded(DomainEvent):
    TYPE: ClassVar[str] = "quickserve.payment.refunded.v1"
    refund_id: RefundId
    intent_id: IntentId
    amount: Money


class CardDeclined(Problem):
    """`extra.failure`: card-declined, insufficient-funds, challenge-refused, expired-card."""

    status = 402
    code = "card-declined"
    title = "The card was declined: nothing was charged"


class UnknownPaymentMethod(Problem):
    status = 422
    code = "unknown-payment-method"
    title = "This payment method is not known here"


class CardInvalid(Problem):
    status = 422
    code = "card-invalid"
    title = "The card's details are not right"


class IntentNotAuthorized(Problem):
    status = 409
    code = "intent-not-authorized"
    title = "This payment cannot be captured"


class IntentCaptured(Problem):
    status = 409
    code = "intent-captured"
    title = "This payment is captured: refund it instead"


class RefundTooLarge(Problem):
    status = 409
    code = "refund-too-large"
    title = "More cannot be refunded than was captured"


class PaymentClient:
    def __init__(self, client: Client) -> None:
        self._client = client

    async def put_intent(self, intent_id: IntentId, intent: NewIntent) -> IntentView:
        """Authorises. A decline is a view in state `declined`, not an error."""
        return await self._client.put(IntentView, f"/intents/{intent_id}", intent)

    async def intent(self, intent_id: IntentId) -> IntentView:
        return await self._client.get(IntentView, f"/intents/{intent_id}")

    async def capture(self, intent_id: IntentId) -> IntentView:
        return await self._client.put(IntentView, f"/intents/{intent_id}/capture", None)

    async def void(self, intent_id: IntentId) -> None:
        """Also when the intent never came to be: then a later authorisation of it is refused."""
        await self._client.call("PUT", f"/intents/{intent_id}/void")

    async def refund(
        self, intent_id: IntentId, refund_id: RefundId, refund: NewRefund
    ) -> IntentView:
        path = f"/intents/{intent_id}/refunds/{refund_id}"
        return await self._client.put(IntentView, path, refund)

    async def close_refund(
        self, intent_id: IntentId, refund_id: RefundId, refund: NewRefund
    ) -> None:
        """Also when it never came to be: then it is refused when it comes late."""
        path = f"/intents/{intent_id}/refunds/{refund_id}/refusal"
        await self._client.call("PUT", path, body=refund)

    async def sandbox_method(self, card: SandboxCard) -> PaymentMethod:
        path = "/sandbox/payment-methods"
        return await self._client.post(PaymentMethod, path, card, repeatable=True)

    async def sandbox_cards(self) -> TestCards:
        return await self._client.get(TestCards, "/sandbox/cards")

    async def challenge(self, challenge_id: ChallengeId) -> Challenge:
        return await self._client.get(Challenge, f"/sandbox/challenges/{challenge_id}")

    async def answer_challenge(self, challenge_id: ChallengeId, *, approve: bool) -> Challenge:
        path = f"/sandbox/challenges/{challenge_id}/answer"
        return await self._client.put(Challenge, path, ChallengeAnswer(approve=approve))

    async def check_ledger(self, token: str | None = None) -> LedgerCheck:
        return await self._client.get(LedgerCheck, "/ledger/check", token=token)

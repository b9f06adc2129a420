"""What a payment provider does for us, whichever it is.

Every call carries an idempotency key: repeated with the same key it has one effect and one answer.
What a provider decides is a value; that it cannot be reached is a transient Problem.
"""

from dataclasses import dataclass
from typing import Protocol

from quickserve.contracts.payment import IntentId, RefundId
from quickserve.kernel.money import Money


@dataclass(frozen=True, slots=True)
class Order:
    """What to set aside. The intent's id is the idempotency key."""

    intent_id: IntentId
    amount: Money
    method: str


@dataclass(frozen=True, slots=True)
class Authorized:
    """The money is set aside under the provider's charge `ref`."""

    ref: str


@dataclass(frozen=True, slots=True)
class ChallengeNeeded:
    """The buyer is to approve at `path`; a callback tells how it went."""

    ref: str
    path: str


@dataclass(frozen=True, slots=True)
class Declined:
    """`failure` in our words: card-declined, insufficient-funds, expired-card, …"""

    failure: str


@dataclass(frozen=True, slots=True)
class Pending:
    """Not decided yet; a callback tells."""

    ref: str


@dataclass(frozen=True, slots=True)
class Done:
    """The money moved."""


Outcome = Authorized | ChallengeNeeded | Declined | Pending


@dataclass(frozen=True, slots=True)
class Callback:
    """An answer that came by itself. The same `id` may come more than once, in any order."""

    provider: str
    id: str
    intent_id: IntentId
    outcome: Authorized | Declined


class Provider(Protocol):
    """Keys: the intent for `authorize`, the charge for `capture` and `void`, else the refund."""

    @property
    def name(self) -> str: ...

    def accepts(self, method: str) -> bool:
        """Whether the token can be one of this provider's."""
        ...

    async def authorize(self, order: Order) -> Outcome: ...

    async def capture(self, ref: str, amount: Money) -> Done | Declined: ...

    async def void(self, ref: str) -> None:
        """Releases a charge that is authorised, or may become so; a second time does nothing."""
        ...

    async def refund(self, ref: str, refund_id: RefundId, amount: Money) -> Done | Declined: ...

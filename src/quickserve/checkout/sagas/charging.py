"""Money that is set aside and taken: the steps that sagas with a card have in common."""

from typing import Any, Protocol, TypeVar

from quickserve.contracts.checkout import PaymentTimeout
from quickserve.contracts.payment import (
    CardDeclined,
    IntentId,
    IntentNotAuthorized,
    IntentView,
    PaymentClient,
)
from quickserve.kernel.saga import Do, State, Step, Undo, Wait, step
from quickserve.kernel.service import Context

P = TypeVar("P")


class Charging(Protocol):
    """A saga with one payment."""

    @property
    def intent_id(self) -> IntentId: ...


def payment(ctx: Context) -> PaymentClient:
    return PaymentClient(ctx.client("payment"))


def payment_decided(intent_id: IntentId) -> str:
    """The signal that a bank has answered, one way or the other."""
    return f"payment:{intent_id}"


def decided_or_wait(intent: IntentView) -> dict[str, Any] | Wait:
    """Raises CardDeclined, IntentNotAuthorized."""
    match intent.state:
        case "authorized" | "captured":
            return {"intent": str(intent.id)}
        case "challenge" | "processing":
            return Wait(payment_decided(intent.id), {"challenge_path": intent.challenge_path})
        case "declined":
            raise CardDeclined(failure=intent.failure)
        case "voided":
            raise IntentNotAuthorized


async def void(ctx: Context, work: Charging, _state: State) -> None:
    await payment(ctx).void(work.intent_id)


async def capture(ctx: Context, work: Charging, _state: State) -> dict[str, Any]:
    intent = await payment(ctx).capture(work.intent_id)
    return {"captured": intent.state}


def authorize_step(do: Do[P], undo: Undo[P]) -> Step[P]:
    """Waits for the bank as long as the settings allow."""
    return step(
        "authorize", do=do, undo=undo,
        wait_seconds=lambda settings: settings.payment_wait_seconds, late=PaymentTimeout,
    )  # fmt: skip

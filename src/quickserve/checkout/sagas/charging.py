"""Money that is set aside: what a bank's answer, or its silence, means to a saga."""

from typing import Any

from quickserve.contracts.payment import CardDeclined, IntentId, IntentNotAuthorized, IntentView
from quickserve.kernel.saga import Wait


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

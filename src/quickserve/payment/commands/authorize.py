"""Sets a payment's amount aside with the provider."""

from dataclasses import dataclass

from quickserve.contracts.payment import (
    IntentId,
    IntentNotAuthorized,
    NewIntent,
    UnknownPaymentMethod,
)
from quickserve.kernel.errors import IdReused
from quickserve.kernel.service import Context
from quickserve.payment import store
from quickserve.payment.commands._provider import ask, provider_of
from quickserve.payment.model import Intent, check_amount


@dataclass(frozen=True, slots=True)
class Authorize:
    intent_id: IntentId
    intent: NewIntent


async def authorize(ctx: Context, cmd: Authorize) -> Intent:
    """The intent as it stands: a decline is a state; `processing` means not known yet.

    Repeating it asks the provider again with the same key while the outcome is unknown. Raises
    IdReused for another content, IntentNotAuthorized when it was voided, before it came even.
    """
    provider = provider_of(ctx)
    check_amount(cmd.intent.amount)
    if not provider.accepts(cmd.intent.method):
        raise UnknownPaymentMethod
    fresh = _fresh(cmd, provider.name, ctx)
    # The job leaves it alone while this request may still be waiting for the provider.
    patience = ctx.settings.provider_timeout_ms / 1000 + 1
    async with ctx.db.read() as tx:
        if await store.insert_intent(tx, fresh, retry_seconds=patience):
            intent = fresh
        else:
            found = await store.find_intent(tx, cmd.intent_id)
            if found is None:
                raise IntentNotAuthorized("This payment was voided before it began.")
            intent = found
    if _content(intent) != _content(fresh):
        raise IdReused
    if intent.state == "processing":
        intent = await ask(ctx, intent)
    if intent.state == "voided":
        raise IntentNotAuthorized("This payment was voided.", state="voided")
    return intent


def _fresh(cmd: Authorize, provider: str, ctx: Context) -> Intent:
    new = cmd.intent
    return Intent(
        id=cmd.intent_id, organiser_id=new.organiser_id, amount_minor=new.amount.minor,
        currency=new.amount.currency, method=new.method, reference=new.reference,
        return_path=new.return_path, provider=provider, state="processing", failure=None,
        challenge_path=None, charge_id=None, capturing=False, reserved_minor=0,
        refunded_minor=0, attempts=0, due=True, created_at=ctx.clock.now(),
        given_up=False,
    )  # fmt: skip


def _content(intent: Intent) -> tuple[object, ...]:
    """What the caller asked for; the rest came to be here."""
    return (
        intent.organiser_id, intent.amount, intent.method, intent.reference, intent.return_path,
    )  # fmt: skip

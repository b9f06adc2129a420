"""HTTP in, commands out."""

from fastapi import APIRouter

from quickserve.contracts.erasure import Erased, Erasure
from quickserve.contracts.payment import (
    CardInvalid,
    Challenge,
    ChallengeAnswer,
    ChallengeId,
    IntentCaptured,
    IntentId,
    IntentNotAuthorized,
    IntentView,
    LedgerCheck,
    NewIntent,
    NewRefund,
    PaymentMethod,
    RefundId,
    RefundTooLarge,
    SandboxCard,
    TestCards,
    UnknownPaymentMethod,
)
from quickserve.kernel.auth import anyone, services, signed_in
from quickserve.kernel.errors import (
    Conflict,
    DeadlineExceeded,
    Forbidden,
    IdReused,
    Malformed,
    NotFound,
    Unauthenticated,
    errors,
)
from quickserve.kernel.service import Ctx
from quickserve.payment import reads
from quickserve.payment.commands.answer_challenge import answer_challenge
from quickserve.payment.commands.authorize import Authorize, authorize
from quickserve.payment.commands.capture import capture
from quickserve.payment.commands.close_refund import close_refund
from quickserve.payment.commands.erase_person import erase_person
from quickserve.payment.commands.refund import GiveRefund, refund
from quickserve.payment.commands.void import void
from quickserve.payment.providers.sandbox.cards import method_for, test_cards

router = APIRouter()

_checkout = [services("checkout")]
_readers = [services("checkout", "web", "cli")]
_CALLERS = (Unauthenticated, Forbidden, Malformed)


@router.put(
    "/intents/{intent_id}",
    dependencies=_checkout,
    responses=errors(*_CALLERS, UnknownPaymentMethod, IdReused, IntentNotAuthorized),
)
async def put_intent(intent_id: IntentId, body: NewIntent, ctx: Ctx) -> IntentView:
    return (await authorize(ctx, Authorize(intent_id, body))).view


@router.get("/intents/{intent_id}", dependencies=_readers, responses=errors(*_CALLERS, NotFound))
async def get_intent(intent_id: IntentId, ctx: Ctx) -> IntentView:
    return (await reads.find_intent(ctx, intent_id)).view


@router.put(
    "/intents/{intent_id}/capture",
    dependencies=_checkout,
    responses=errors(*_CALLERS, NotFound, IntentNotAuthorized, DeadlineExceeded),
)
async def put_capture(intent_id: IntentId, ctx: Ctx) -> IntentView:
    return (await capture(ctx, intent_id)).view


@router.put(
    "/intents/{intent_id}/void",
    status_code=204,
    dependencies=_checkout,
    responses=errors(*_CALLERS, IntentCaptured),
)
async def put_void(intent_id: IntentId, ctx: Ctx) -> None:
    await void(ctx, intent_id)


@router.put(
    "/intents/{intent_id}/refunds/{refund_id}",
    dependencies=_checkout,
    responses=errors(
        *_CALLERS, NotFound, IdReused, IntentNotAuthorized, RefundTooLarge, Conflict,
        DeadlineExceeded,
    ),
)  # fmt: skip
async def put_refund(
    intent_id: IntentId, refund_id: RefundId, body: NewRefund, ctx: Ctx
) -> IntentView:
    return (await refund(ctx, GiveRefund(intent_id, refund_id, body))).view


@router.put(
    "/intents/{intent_id}/refunds/{refund_id}/refusal",
    status_code=204,
    dependencies=_checkout,
    responses=errors(*_CALLERS, NotFound, Conflict),
)
async def put_refusal(intent_id: IntentId, refund_id: RefundId, body: NewRefund, ctx: Ctx) -> None:
    """A refund of this id that comes later is refused."""
    await close_refund(ctx, GiveRefund(intent_id, refund_id, body))


@router.get("/ledger/check", dependencies=[signed_in], responses=errors(Unauthenticated, Forbidden))
async def get_ledger_check(ctx: Ctx) -> LedgerCheck:
    return await reads.check_ledger(ctx)


# -- The sandbox: the bank's own pages ------------------------------------------------------------


@router.get("/sandbox/cards", dependencies=[anyone])
async def get_cards() -> TestCards:
    return TestCards(cards=test_cards())


@router.post(
    "/sandbox/payment-methods", dependencies=[anyone], responses=errors(Malformed, CardInvalid)
)
async def post_payment_method(body: SandboxCard, ctx: Ctx) -> PaymentMethod:
    return PaymentMethod(method=method_for(body, ctx.clock.now()))


@router.get(
    "/sandbox/challenges/{challenge_id}",
    dependencies=[anyone],
    responses=errors(Malformed, NotFound),
)
async def get_challenge(challenge_id: ChallengeId, ctx: Ctx) -> Challenge:
    """Who knows the id is the buyer: it is told to nobody else."""
    return await reads.challenge(ctx, challenge_id)


@router.put(
    "/sandbox/challenges/{challenge_id}/answer",
    dependencies=[anyone],
    responses=errors(Malformed, NotFound),
)
async def put_challenge_answer(
    challenge_id: ChallengeId, body: ChallengeAnswer, ctx: Ctx
) -> Challenge:
    return await answer_challenge(ctx, challenge_id, approve=body.approve)


# -- Personal data --------------------------------------------------------------------------------


@router.post(
    "/personal-data/erasure",
    dependencies=[services("cli")],
    responses=errors(Unauthenticated, Forbidden, Malformed),
)
async def post_erasure(body: Erasure, ctx: Ctx) -> Erased:
    return await erase_person(ctx, body)

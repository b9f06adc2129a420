"""The buyer approves or refuses on the bank's page (the sandbox's)."""

from quickserve.contracts.payment import Challenge, ChallengeId
from quickserve.kernel.service import Context
from quickserve.payment.commands.resume import deliver_sandbox_callbacks
from quickserve.payment.providers.registry import Providers
from quickserve.payment.reads import challenge


async def answer_challenge(ctx: Context, challenge_id: ChallengeId, *, approve: bool) -> Challenge:
    """The first answer counts. Raises NotFound when the bank asked nothing."""
    resources = ctx.resources
    assert isinstance(resources, Providers)
    if (await challenge(ctx, challenge_id)).open:
        await resources.sandbox.answer_challenge(challenge_id, approve=approve)
        # At once rather than at the job's next round: somebody is looking at the page.
        await deliver_sandbox_callbacks(ctx)
    return await challenge(ctx, challenge_id)

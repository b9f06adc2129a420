"""A version of a seating plan is saved: the first of a new plan, or the next one."""

import asyncio
from dataclasses import dataclass
from hashlib import sha256

from quickserve.catalog import plan_rows
from quickserve.catalog.seating.checks import check_draft
from quickserve.catalog.store import seating as store
from quickserve.contracts.seating import PlanChanged, PlanId, SeatingPlan, SeatingPlanDraft
from quickserve.kernel.auth import Role
from quickserve.kernel.db import Transaction
from quickserve.kernel.errors import Conflict, NotFound
from quickserve.kernel.ids import OrganiserId
from quickserve.kernel.service import Context

_PLANS_MAX = 500  # of one organiser


@dataclass(frozen=True, slots=True)
class PutSeatingPlan:
    """`kept` is what a file says beyond the draft; None keeps that of the version before."""

    organiser_id: OrganiserId
    plan_id: PlanId
    draft: SeatingPlanDraft
    kept: str | None = None


async def put_seating_plan(ctx: Context, cmd: PutSeatingPlan) -> None:
    """Raises PlanHasDefects, or PlanChanged when another version came in between.

    The same draft again is no change.
    """
    ctx.principal.require(cmd.organiser_id, Role.ORGANISER)
    await asyncio.to_thread(check_draft, cmd.draft)  # a large house takes a second
    async with ctx.db.transaction() as tx:
        await save_version(tx, cmd)


async def save_version(tx: Transaction, cmd: PutSeatingPlan) -> int:
    """The version that has the draft's content now. The draft is checked already."""
    draft = cmd.draft
    digest = sha256(draft.model_dump_json(exclude={"base_version"}).encode()).digest()
    await store.claim_plan(tx, cmd.plan_id, cmd.organiser_id)
    head = await store.lock_plan(tx, cmd.plan_id)
    assert head is not None, "it was just made"
    if head.organiser_id != cmd.organiser_id:
        raise NotFound("This organiser has no such plan.")
    if head.content_hash == digest and draft.base_version in (head.version - 1, head.version):
        return head.version
    if head.version != draft.base_version:
        raise PlanChanged(
            f"The latest version is {head.version}, this was made from {draft.base_version}.",
            version=head.version,
        )
    if head.version == 0 and await store.count_plans(tx, cmd.organiser_id) > _PLANS_MAX:
        raise Conflict(f"An organiser has at most {_PLANS_MAX} seating plans.")
    kept = cmd.kept
    if kept is None and head.version:
        before = await store.find_content(tx, cmd.plan_id, head.version)
        kept = before.kept if before else None
    await store.insert_version(tx, _row(cmd, head.version + 1, digest, kept))
    return head.version + 1


def _row(
    cmd: PutSeatingPlan, version: int, digest: bytes, kept: str | None
) -> plan_rows.SavedPlanVersion:
    draft = cmd.draft
    plan = SeatingPlan(
        id=cmd.plan_id, version=version, name=draft.name, width=draft.width, height=draft.height,
        categories=draft.categories, sections=draft.sections,
    )  # fmt: skip
    seats = [seat for section in draft.sections for row in section.rows for seat in row.seats]
    return plan_rows.SavedPlanVersion(
        plan_id=cmd.plan_id,
        version=version,
        name=draft.name,
        seats=len(seats),
        sellable=sum(not seat.blocked for seat in seats),
        sections=len(draft.sections),
        categories=[category.name for category in draft.categories],
        content=plan.model_dump_json(),
        kept=kept,
        content_hash=digest,
    )

"""Answers about seating plans."""

import asyncio
import json
from collections import Counter

from pydantic import TypeAdapter

from quickserve.catalog import plan_rows
from quickserve.catalog.seating.checks import examine, loose, told
from quickserve.catalog.seating.formats.pretix_export import export
from quickserve.catalog.seating.loose import Refused
from quickserve.catalog.store import seating as store
from quickserve.catalog.store import seating_imports
from quickserve.contracts.seating import (
    PlanFinding,
    PlanId,
    PlanRefused,
    PlanReport,
    SeatingImportId,
    SeatingImportView,
    SeatingPlan,
    SeatingPlanDraft,
    SeatingPlanList,
    SeatingPlanSummary,
)
from quickserve.kernel.auth import Role
from quickserve.kernel.errors import NotFound
from quickserve.kernel.ids import OrganiserId
from quickserve.kernel.service import Context

_PLANS_MAX = 500
_FINDINGS = TypeAdapter(list[PlanFinding])
_FINDINGS_TOLD = 5_000


async def plan_version(ctx: Context, plan_id: PlanId, version: int) -> bytes:
    """A SeatingPlan as it was saved. Raises NotFound."""
    async with ctx.db.read() as tx:
        stored = await store.find_content(tx, plan_id, version)
    if stored is None:
        raise NotFound("There is no such version of a seating plan.")
    return stored.content.encode()


async def plans_of_organiser(ctx: Context, organiser_id: OrganiserId) -> SeatingPlanList:
    ctx.principal.require(organiser_id, Role.ORGANISER)
    async with ctx.db.read() as tx:
        rows = await store.plans_of_organiser(tx, organiser_id, _PLANS_MAX)
    return SeatingPlanList(plans=[summary(row) for row in rows])


async def plan(ctx: Context, organiser_id: OrganiserId, plan_id: PlanId) -> SeatingPlanSummary:
    """Raises NotFound."""
    ctx.principal.require(organiser_id, Role.ORGANISER)
    async with ctx.db.read() as tx:
        row = await store.find_plan(tx, plan_id)
    if row is None or row.organiser_id != organiser_id:
        raise NotFound("This organiser has no such plan.")
    return summary(row)


async def exported(ctx: Context, organiser_id: OrganiserId, plan_id: PlanId, version: int) -> bytes:
    """As pretix's seating-plan JSON. Raises NotFound."""
    ctx.principal.require(organiser_id, Role.ORGANISER)
    async with ctx.db.read() as tx:
        stored = await store.find_content(tx, plan_id, version)
    if stored is None or stored.organiser_id != organiser_id:
        raise NotFound("This organiser has no such plan.")

    def write() -> bytes:
        kept = json.loads(stored.kept) if stored.kept else None
        made = export(SeatingPlan.model_validate_json(stored.content), kept)
        return json.dumps(made, indent=1).encode()

    return await asyncio.to_thread(write)


async def report(ctx: Context, organiser_id: OrganiserId, draft: SeatingPlanDraft) -> PlanReport:
    """What is wrong with a draft. Raises PlanRefused for one that no repair makes right."""
    ctx.principal.require(organiser_id, Role.ORGANISER)

    def check() -> PlanReport:
        examined = examine(loose(draft))
        findings = sorted(examined.findings, key=lambda finding: not finding.defect)
        repaired = examined.draft.model_copy(update={"base_version": draft.base_version})
        return PlanReport(
            findings=told(findings[:_FINDINGS_TOLD]),
            counts=Counter(finding.code for finding in findings),
            defects=sum(finding.defect for finding in findings),
            plan=repaired,
        )

    try:
        return await asyncio.to_thread(check)
    except Refused as refused:
        raise PlanRefused(refused.sentence, reason=refused.code) from None


async def import_(
    ctx: Context, organiser_id: OrganiserId, import_id: SeatingImportId
) -> SeatingImportView:
    row = await _import_row(ctx, organiser_id, import_id)
    draft = SeatingPlanDraft.model_validate_json(row.draft)
    return SeatingImportView(
        id=row.id, organiser_id=row.organiser_id, filename=row.filename, format=row.format,
        name=draft.name, seats=row.seats, sections=len(draft.sections),
        categories=[category.name for category in draft.categories],
        findings=_FINDINGS.validate_json(row.findings), counts=json.loads(row.counts),
        defects=row.defects, waiting=row.waiting, accepted=row.accepted, plan_id=row.plan_id,
        plan_version=row.plan_version, created_at=row.created_at,
    )  # fmt: skip


async def import_draft(
    ctx: Context, organiser_id: OrganiserId, import_id: SeatingImportId
) -> bytes:
    """A SeatingPlanDraft: the plan with all repairs."""
    return (await _import_row(ctx, organiser_id, import_id)).draft.encode()


async def _import_row(
    ctx: Context, organiser_id: OrganiserId, import_id: SeatingImportId
) -> plan_rows.PlanImportRow:
    ctx.principal.require(organiser_id, Role.ORGANISER)
    async with ctx.db.read() as tx:
        row = await seating_imports.find_import(tx, import_id)
    if row is None or row.organiser_id != organiser_id:
        raise NotFound("There is no such import, or it is older than a day: send it again.")
    return row


def summary(row: plan_rows.PlanRow) -> SeatingPlanSummary:
    return SeatingPlanSummary(
        id=row.id, organiser_id=row.organiser_id, version=row.version, name=row.name,
        seats=row.seats, sellable=row.sellable, sections=row.sections, categories=row.categories,
        dates=row.dates, created_at=row.created_at, changed_at=row.changed_at,
    )  # fmt: skip

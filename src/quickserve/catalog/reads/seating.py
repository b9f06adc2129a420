"""Answers about seating plans."""

from quickserve.catalog import plan_rows
from quickserve.catalog.store import seating as store
from quickserve.contracts.seating import PlanId, SeatingPlanList, SeatingPlanSummary
from quickserve.kernel.auth import Role
from quickserve.kernel.errors import NotFound
from quickserve.kernel.ids import OrganiserId
from quickserve.kernel.service import Context

_PLANS_MAX = 500


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


def summary(row: plan_rows.PlanRow) -> SeatingPlanSummary:
    return SeatingPlanSummary(
        id=row.id, organiser_id=row.organiser_id, version=row.version, name=row.name,
        seats=row.seats, sellable=row.sellable, sections=row.sections, categories=row.categories,
        dates=row.dates, created_at=row.created_at, changed_at=row.changed_at,
    )  # fmt: skip

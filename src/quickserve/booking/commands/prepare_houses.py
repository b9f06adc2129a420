"""Dates with seats are made ready: their plan is fetched, each category gets its quota."""

from uuid import UUID, uuid5

from quickserve.booking.resources import resources, tell_changed
from quickserve.booking.seating.layout import Layout
from quickserve.booking.store import seats
from quickserve.booking.store.seats import SeatedDate
from quickserve.contracts.catalog import CatalogClient, DateId
from quickserve.kernel.errors import NotFound
from quickserve.kernel.service import Context

_BATCH = 50


async def prepare_houses(ctx: Context) -> None:
    """All that are not ready. A plan that catalog does not know is asked for again."""
    async with ctx.db.read() as tx:
        waiting = await seats.dates_to_prepare(tx, _BATCH)
    for seated in waiting:
        try:
            plan = await _layout(ctx, seated)
        except NotFound:
            continue
        await _prepare(ctx, seated, plan)


async def _layout(ctx: Context, seated: SeatedDate) -> Layout:
    """Raises NotFound."""
    houses = resources(ctx).houses
    if found := await houses.layout(seated.plan_id, seated.plan_version):
        return found
    client = CatalogClient(ctx.client("catalog"))
    plan = await client.seating_plan(seated.plan_id, seated.plan_version)
    async with ctx.db.transaction() as tx:
        await seats.keep_plan(tx, plan.id, plan.version, plan.model_dump_json())
    return houses.keep(plan)


async def _prepare(ctx: Context, seated: SeatedDate, plan: Layout) -> None:
    categories = [
        (quota_of(seated.date_id, name), name, size) for name, size in plan.sellable.items()
    ]
    async with ctx.db.transaction() as tx:
        event_id = await seats.set_ready(tx, seated)
        if event_id is None:
            return  # it has another plan by now
        await seats.put_category_quotas(tx, seated.date_id, categories)
        await seats.retire_other_categories(tx, seated.date_id, [one[0] for one in categories])
        await seats.link_categories(tx, event_id)
    resources(ctx).shelf.forget([seated.date_id])
    tell_changed(ctx, seated.date_id)


def quota_of(date_id: DateId, category: str) -> UUID:
    """Always the same one."""
    return uuid5(date_id, f"seats:{category}")

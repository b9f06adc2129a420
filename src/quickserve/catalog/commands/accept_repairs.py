"""Repairs of an imported plan are accepted; with the last one the plan is saved."""

from dataclasses import dataclass

from quickserve.catalog import rules
from quickserve.catalog.commands.put_seating_plan import PutSeatingPlan, save_version
from quickserve.catalog.store import seating_imports as store
from quickserve.contracts.seating import Acceptance, SeatingImportId, SeatingPlanDraft
from quickserve.kernel.auth import Role
from quickserve.kernel.errors import NotFound
from quickserve.kernel.ids import OrganiserId
from quickserve.kernel.service import Context


@dataclass(frozen=True, slots=True)
class AcceptRepairs:
    organiser_id: OrganiserId
    import_id: SeatingImportId
    acceptance: Acceptance


async def accept_repairs(ctx: Context, cmd: AcceptRepairs) -> None:
    """Raises NotFound, Malformed for a repair that there is not, PlanChanged."""
    ctx.principal.require(cmd.organiser_id, Role.ORGANISER)
    wanted = cmd.acceptance
    if wanted.name is not None:
        rules.check_line("name", wanted.name)
    async with ctx.db.transaction() as tx:
        row = await store.lock_import(tx, cmd.import_id)
        if row is None or row.organiser_id != cmd.organiser_id:
            raise NotFound("There is no such import, or it is older than a day: send it again.")
        if row.plan_id is not None:
            return
        codes, defects = set(row.defect_codes), len(row.defect_codes)
        for at, repair in enumerate(wanted.repairs):
            number = repair.isascii() and repair.isdigit() and 1 <= int(repair) <= defects
            if not (repair == "all" or number or repair.removeprefix("code:") in codes):
                raise rules.refuse(
                    f"repairs.{at}", "unknown-repair",
                    "Give ids of findings, code: with one of their codes, or all.",
                )  # fmt: skip
        accepted = sorted({*row.accepted, *wanted.repairs})
        await store.accept(tx, cmd.import_id, accepted)
        row = await store.lock_import(tx, cmd.import_id)
        assert row is not None
        if row.waiting:
            return
        draft = SeatingPlanDraft.model_validate_json(row.draft)
        changes = {"base_version": wanted.base_version}
        draft = draft.model_copy(update=changes | ({"name": wanted.name} if wanted.name else {}))
        put = PutSeatingPlan(cmd.organiser_id, wanted.plan_id, draft, row.kept)
        version = await save_version(tx, put)
        await store.mark_saved(tx, cmd.import_id, wanted.plan_id, version)

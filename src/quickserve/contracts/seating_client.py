"""Calls about seating plans: for who draws and imports them."""

from quickserve.contracts.seating import (
    Acceptance,
    PlanId,
    PlanReport,
    SeatingImportId,
    SeatingImportView,
    SeatingPlan,
    SeatingPlanDraft,
    SeatingPlanList,
    SeatingPlanSummary,
)
from quickserve.kernel.client import Client
from quickserve.kernel.ids import OrganiserId


class SeatingClient:
    """`token` is the acting person's access token; without one the calling service acts."""

    def __init__(self, client: Client) -> None:
        self._client = client

    async def plans(self, organiser_id: OrganiserId, token: str | None = None) -> SeatingPlanList:
        path = f"/organisers/{organiser_id}/seating-plans"
        return await self._client.get(SeatingPlanList, path, token=token)

    async def plan(
        self, organiser_id: OrganiserId, plan_id: PlanId, token: str | None = None
    ) -> SeatingPlanSummary:
        """Raises NotFound."""
        path = f"/organisers/{organiser_id}/seating-plans/{plan_id}"
        return await self._client.get(SeatingPlanSummary, path, token=token)

    async def version(self, plan_id: PlanId, version: int) -> SeatingPlan:
        path = f"/seating-plans/{plan_id}/versions/{version}"
        return await self._client.get(SeatingPlan, path)

    async def version_json(self, plan_id: PlanId, version: int) -> bytes:
        """The same, unread: for who only passes it on."""
        return await self._client.call("GET", f"/seating-plans/{plan_id}/versions/{version}")

    async def exported(
        self, organiser_id: OrganiserId, plan_id: PlanId, version: int, token: str
    ) -> bytes:
        """As pretix's seating-plan JSON."""
        path = f"/organisers/{organiser_id}/seating-plans/{plan_id}/versions/{version}/pretix"
        return await self._client.call("GET", path, token=token)

    async def put_plan(
        self, organiser_id: OrganiserId, plan_id: PlanId, draft: SeatingPlanDraft,
        token: str | None = None,
    ) -> SeatingPlanSummary:  # fmt: skip
        """Raises PlanHasDefects, PlanChanged."""
        path = f"/organisers/{organiser_id}/seating-plans/{plan_id}"
        return await self._client.put(SeatingPlanSummary, path, draft, token=token)

    async def check(
        self, organiser_id: OrganiserId, draft: SeatingPlanDraft, token: str | None = None
    ) -> PlanReport:
        """What is wrong with it, and the draft with all repairs. Saves nothing."""
        path = f"/organisers/{organiser_id}/seating-plans/checks"
        return await self._client.post(PlanReport, path, draft, token=token, repeatable=True)

    async def put_import(
        self, organiser_id: OrganiserId, import_id: SeatingImportId, *, filename: str,
        content: bytes, token: str | None = None,
    ) -> SeatingImportView:  # fmt: skip
        """Raises PlanRefused where the file as a whole is no plan."""
        body = await self._client.call(
            "PUT",
            f"/organisers/{organiser_id}/seating-imports/{import_id}",
            query={"filename": filename},
            content=content,
            content_type="application/octet-stream",
            token=token,
        )
        return SeatingImportView.model_validate_json(body)

    async def import_(
        self, organiser_id: OrganiserId, import_id: SeatingImportId, token: str | None = None
    ) -> SeatingImportView:
        path = f"/organisers/{organiser_id}/seating-imports/{import_id}"
        return await self._client.get(SeatingImportView, path, token=token)

    async def import_draft(
        self, organiser_id: OrganiserId, import_id: SeatingImportId, token: str | None = None
    ) -> SeatingPlanDraft:
        """The plan as it would be saved, with all repairs."""
        path = f"/organisers/{organiser_id}/seating-imports/{import_id}/plan"
        return await self._client.get(SeatingPlanDraft, path, token=token)

    async def accept(
        self, organiser_id: OrganiserId, import_id: SeatingImportId, acceptance: Acceptance,
        token: str | None = None,
    ) -> SeatingImportView:  # fmt: skip
        path = f"/organisers/{organiser_id}/seating-imports/{import_id}/acceptance"
        return await self._client.put(SeatingImportView, path, acceptance, token=token)

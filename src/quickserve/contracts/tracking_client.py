"""How the others call `tracking`: shifts, jobs, what buyers and organisers see."""

from quickserve.contracts.ordering import OrderId
from quickserve.contracts.tracking import (
    Assignment,
    CheckpointScan,
    CheckpointScanId,
    DeviceId,
    DeviceView,
    Fixes,
    FixesTaken,
    Fleet,
    HandoverId,
    JobId,
    JobList,
    JobView,
    LookList,
    NewDevice,
    NewHandover,
    NewShift,
    PickUp,
    Position,
    Route,
    ShiftId,
    ShiftJobs,
    ShiftList,
    ShiftView,
    TrackLinks,
    TrackView,
)
from quickserve.kernel.client import Client
from quickserve.kernel.ids import OrganiserId


class TrackingClient:
    """`token` is the acting person's access token; following an order needs none."""

    def __init__(self, client: Client) -> None:
        self._client = client

    async def put_shift(self, shift_id: ShiftId, shift: NewShift, token: str) -> ShiftView:
        return await self._client.put(ShiftView, f"/shifts/{shift_id}", shift, token=token)

    async def end_shift(self, shift_id: ShiftId, token: str) -> ShiftView:
        path = f"/shifts/{shift_id}/ending"
        return await self._client.put(ShiftView, path, None, token=token)

    async def own_shifts(self, token: str) -> ShiftList:
        """Those of the person that go on."""
        return await self._client.get(ShiftList, "/own-shifts", token=token)

    async def shift(self, shift_id: ShiftId, token: str) -> ShiftJobs:
        return await self._client.get(ShiftJobs, f"/shifts/{shift_id}", token=token)

    async def put_device(
        self, shift_id: ShiftId, device_id: DeviceId, token: str | None = None,
        *, speed_up: float = 1,
    ) -> DeviceView:  # fmt: skip
        path = f"/shifts/{shift_id}/devices/{device_id}"
        body = NewDevice(speed_up=speed_up)
        return await self._client.put(DeviceView, path, body, token=token)

    async def put_fixes(self, device_id: DeviceId, fixes: Fixes) -> FixesTaken:
        return await self._client.put(FixesTaken, f"/fixes/{device_id}", fixes)

    async def put_scan(
        self, shift_id: ShiftId, scan_id: CheckpointScanId, scan: CheckpointScan, token: str
    ) -> Position:
        path = f"/shifts/{shift_id}/scans/{scan_id}"
        return await self._client.put(Position, path, scan, token=token)

    async def jobs(self, organiser_id: OrganiserId, token: str) -> JobList:
        path = f"/organisers/{organiser_id}/jobs"
        return await self._client.get(JobList, path, token=token)

    async def job(self, job_id: JobId) -> JobView:
        return await self._client.get(JobView, f"/jobs/{job_id}")

    async def assign(self, job_id: JobId, shift_id: ShiftId | None, token: str) -> JobView:
        body = Assignment(shift_id=shift_id)
        return await self._client.put(JobView, f"/jobs/{job_id}/assignment", body, token=token)

    async def pick_up(self, job_id: JobId, pick_up: PickUp, token: str) -> JobView:
        return await self._client.put(JobView, f"/jobs/{job_id}/pickup", pick_up, token=token)

    async def hand_over(
        self, handover_id: HandoverId, handover: NewHandover, token: str
    ) -> JobView:
        return await self._client.put(JobView, f"/handovers/{handover_id}", handover, token=token)

    async def put_route(self, job_id: JobId, route: Route, token: str) -> JobView:
        return await self._client.put(JobView, f"/jobs/{job_id}/route", route, token=token)

    async def track(self, order_id: OrderId) -> TrackView:
        """For the buyer, whom the caller has recognised. Raises NotFound: nobody carries it."""
        return await self._client.get(TrackView, f"/orders/{order_id}/track")

    async def links(self, order_id: OrderId) -> TrackLinks:
        return await self._client.get(TrackLinks, f"/orders/{order_id}/links")

    async def track_of_link(self, link: str) -> TrackView:
        """Raises NotFound for a forged link, LinkExpired."""
        return await self._client.get(TrackView, f"/tracks/{link}")

    async def fleet(self, organiser_id: OrganiserId, token: str) -> Fleet:
        return await self._client.get(Fleet, f"/organisers/{organiser_id}/fleet", token=token)

    async def looks(self, order_id: OrderId, token: str) -> LookList:
        return await self._client.get(LookList, f"/orders/{order_id}/looks", token=token)

"""How the others call `booking`: quotas, holds, bookings, tickets, the door, reports."""

from quickserve.contracts.booking import (
    Admissions,
    AvailabilityList,
    BookingId,
    BookingView,
    DoorDates,
    FreeBooking,
    HoldId,
    HoldView,
    NewBooking,
    NewHold,
    NewScan,
    QuotaChanges,
    QuotaList,
    ScanId,
    ScanView,
    TicketId,
    TicketKeyId,
    TicketKeys,
    TicketView,
)
from quickserve.contracts.booking_reports import OrganiserReport, SalesReport
from quickserve.contracts.catalog import DateId, EventId
from quickserve.kernel.client import Client
from quickserve.kernel.ids import OrganiserId


class BookingClient:
    """`token` is the acting person's access token where staff act."""

    def __init__(self, client: Client) -> None:
        self._client = client

    async def put_quotas(
        self, organiser_id: OrganiserId, changes: QuotaChanges, token: str | None = None
    ) -> None:
        path = f"/organisers/{organiser_id}/quotas"
        await self._client.call("PUT", path, body=changes, token=token)

    async def quotas(self, event_id: EventId, token: str) -> QuotaList:
        return await self._client.get(QuotaList, f"/events/{event_id}/quotas", token=token)

    async def availability(self, date_ids: list[DateId]) -> AvailabilityList:
        """Dates that nothing is known of are left out. At most 100 dates."""
        query = {"date_id": [str(i) for i in date_ids]}
        return await self._client.get(AvailabilityList, "/availability", query=query)

    async def put_hold(self, hold_id: HoldId, hold: NewHold) -> HoldView:
        return await self._client.put(HoldView, f"/holds/{hold_id}", hold)

    async def hold(self, hold_id: HoldId) -> HoldView:
        return await self._client.get(HoldView, f"/holds/{hold_id}")

    async def release_hold(self, hold_id: HoldId) -> None:
        await self._client.call("DELETE", f"/holds/{hold_id}")

    async def put_booking(self, booking_id: BookingId, booking: NewBooking) -> BookingView:
        return await self._client.put(BookingView, f"/bookings/{booking_id}", booking)

    async def confirm(self, booking_id: BookingId) -> BookingView:
        return await self._client.put(BookingView, f"/bookings/{booking_id}/confirmation", None)

    async def withdraw(self, booking_id: BookingId) -> None:
        """Gives the places back; also when the booking never came to be."""
        await self._client.call("PUT", f"/bookings/{booking_id}/withdrawal")

    async def book_free(self, booking_id: BookingId, booking: FreeBooking) -> BookingView:
        return await self._client.put(BookingView, f"/free-bookings/{booking_id}", booking)

    async def booking(self, booking_id: BookingId, key: str) -> BookingView:
        """Raises NotFound when the key does not fit."""
        return await self._client.get(BookingView, f"/bookings/{booking_id}", query={"key": key})

    async def put_scan(self, scan_id: ScanId, scan: NewScan, token: str) -> ScanView:
        return await self._client.put(ScanView, f"/scans/{scan_id}", scan, token=token)

    async def admissions(self, date_id: DateId, token: str) -> Admissions:
        return await self._client.get(Admissions, f"/dates/{date_id}/admissions", token=token)

    async def door_dates(
        self, organiser_id: OrganiserId, token: str, *, text: str = ""
    ) -> DoorDates:
        path = f"/organisers/{organiser_id}/door-dates"
        return await self._client.get(DoorDates, path, query={"text": text}, token=token)

    async def ticket_keys(self, organiser_id: OrganiserId, token: str) -> TicketKeys:
        path = f"/organisers/{organiser_id}/ticket-keys"
        return await self._client.get(TicketKeys, path, token=token)

    async def rotate_ticket_key(
        self, organiser_id: OrganiserId, key_id: TicketKeyId, token: str
    ) -> TicketKeys:
        """The caller mints `key_id`. At most once a minute: else TooManyRequests."""
        path = f"/organisers/{organiser_id}/ticket-keys/{key_id}"
        return await self._client.put(TicketKeys, path, None, token=token)

    async def revoke_ticket(self, ticket_id: TicketId, token: str) -> TicketView:
        path = f"/tickets/{ticket_id}/revocation"
        return await self._client.put(TicketView, path, None, token=token)

    async def sales_report(self, event_id: EventId, token: str) -> SalesReport:
        return await self._client.get(SalesReport, f"/events/{event_id}/sales", token=token)

    async def organiser_report(self, organiser_id: OrganiserId, token: str) -> OrganiserReport:
        path = f"/organisers/{organiser_id}/report"
        return await self._client.get(OrganiserReport, path, token=token)

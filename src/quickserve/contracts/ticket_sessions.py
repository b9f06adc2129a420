"""The ticket is the session: what it says of who shows it, without a person's name."""

from typing import Literal

from pydantic import BaseModel, Field

from quickserve.contracts.booking import Request, TicketId
from quickserve.contracts.catalog import DateId, EventId, TicketTypeId
from quickserve.kernel.client import Client
from quickserve.kernel.ids import OrganiserId

SessionRefusal = Literal["unknown", "forged", "other-organiser", "revoked", "cancelled"]


class TicketLook(Request):
    """`code`: a QR's text, or what people read aloud."""

    organiser_id: OrganiserId
    code: str = Field(min_length=1, max_length=1000)


class TicketSession(BaseModel):
    """Without a `refusal` all of it is known, but a seat only where the ticket has one."""

    refusal: SessionRefusal | None
    ticket_id: TicketId | None = None
    event_id: EventId | None = None
    date_id: DateId | None = None
    ticket_type_id: TicketTypeId | None = None
    ticket_type: str | None = None
    seat: str | None = None


class TicketSessionsClient:
    def __init__(self, client: Client) -> None:
        self._client = client

    async def look(self, organiser_id: OrganiserId, code: str) -> TicketSession:
        body = TicketLook(organiser_id=organiser_id, code=code)
        return await self._client.post(TicketSession, "/ticket-sessions", body, repeatable=True)

"""Forgetting a person: the same questions to every service that keeps something of people.

`booking`, `ordering` and `identity` say what they keep; these, `payment`, `checkout` and `tracking`
erase it. For the command line only. E-mail addresses travel in bodies, which nobody logs.
"""

from collections.abc import Sequence

from pydantic import BaseModel, ConfigDict, EmailStr, Field

from quickserve.contracts.booking import BookingId, TicketId
from quickserve.contracts.ordering import OrderId, TabId
from quickserve.kernel.client import Client
from quickserve.kernel.ids import PersonId

BOOKINGS_MAX = 500  # erased at once; ask again for more
ORDERS_MAX = 500
TICKETS_MAX = 10_000  # of so many bookings


class _Request(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Whose(_Request):
    """`ticket_ids`: a ticket orders without an address."""

    email: EmailStr
    ticket_ids: list[TicketId] = Field(default=[], max_length=TICKETS_MAX)


class PersonalData(BaseModel):
    """Ids are the first ones that can be erased; `under_way` counts those that cannot."""

    person_id: PersonId | None = None
    booking_ids: list[BookingId] = []
    ticket_ids: list[TicketId] = []
    order_ids: list[OrderId] = []
    tab_ids: list[TabId] = []
    under_way: int = 0


class Erasure(_Request):
    """Whose traces, by the address and by the ids under which services know each other's rows."""

    email: EmailStr
    person_id: PersonId | None = None
    booking_ids: list[BookingId] = Field(default=[], max_length=BOOKINGS_MAX)
    ticket_ids: list[TicketId] = Field(default=[], max_length=TICKETS_MAX)
    order_ids: list[OrderId] = Field(default=[], max_length=ORDERS_MAX)
    tab_ids: list[TabId] = Field(default=[], max_length=ORDERS_MAX)


class Erased(BaseModel):
    """What was erased just now, by kind; `under_way` is what cannot be erased yet."""

    counts: dict[str, int]
    under_way: int = 0


class ErasureClient:
    def __init__(self, client: Client) -> None:
        self._client = client

    async def search(self, email: str, ticket_ids: Sequence[TicketId] = ()) -> PersonalData:
        whose = Whose(email=email, ticket_ids=list(ticket_ids))
        return await self._client.post(
            PersonalData, "/personal-data/search", whose, repeatable=True
        )

    async def erase(self, erasure: Erasure) -> Erased:
        return await self._client.post(Erased, "/personal-data/erasure", erasure, repeatable=True)

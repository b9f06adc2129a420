"""Forgetting a person: the same questions to every service that keeps something of people.

`booking` and `identity` say what they keep; these two, `payment` and `checkout` erase it. For the
command line only. E-mail addresses travel in bodies, which nobody logs.
"""

from pydantic import BaseModel, ConfigDict, EmailStr, Field

from quickserve.contracts.booking import BookingId
from quickserve.kernel.client import Client
from quickserve.kernel.ids import PersonId

BOOKINGS_MAX = 500  # erased at once; ask again for more


class _Request(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Whose(_Request):
    email: EmailStr


class PersonalData(BaseModel):
    """`booking_ids` are the first ones that can be erased; `under_way` counts those that cannot."""

    person_id: PersonId | None = None
    booking_ids: list[BookingId] = []
    under_way: int = 0


class Erasure(_Request):
    """Whose traces, by the address and by the ids under which services know each other's rows."""

    email: EmailStr
    person_id: PersonId | None = None
    booking_ids: list[BookingId] = Field(default=[], max_length=BOOKINGS_MAX)


class Erased(BaseModel):
    """What was erased just now, by kind; `under_way` is what cannot be erased yet."""

    counts: dict[str, int]
    under_way: int = 0


class ErasureClient:
    def __init__(self, client: Client) -> None:
        self._client = client

    async def search(self, email: str) -> PersonalData:
        return await self._client.post(
            PersonalData, "/personal-data/search", Whose(email=email), repeatable=True
        )

    async def erase(self, erasure: Erasure) -> Erased:
        return await self._client.post(Erased, "/personal-data/erasure", erasure, repeatable=True)

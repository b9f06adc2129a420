"""Identifiers: UUIDv7 (RFC 9562), minted by the caller so that a repeated request is recognised."""

from typing import NewType
from uuid import UUID

from uuid_utils.compat import uuid7

__all__ = ["UUID", "MessageId", "OrganiserId", "PersonId", "new_uuid"]

# The ids that the kernel itself carries; each service names its own in contracts/.
PersonId = NewType("PersonId", UUID)
OrganiserId = NewType("OrganiserId", UUID)
MessageId = NewType("MessageId", UUID)


def new_uuid() -> UUID:
    """A UUIDv7: sorts by the time it was made, so indexes grow at one end."""
    return uuid7()

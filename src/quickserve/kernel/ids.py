"""Identifiers: UUIDv7 (RFC 9562), minted by the caller so that a repeated request is recognised."""

import os
import time
from typing import Final, NewType
from uuid import UUID

__all__ = ["UUID", "MessageId", "OrganiserId", "PersonId", "new_uuid"]

# The ids that the kernel itself carries; each service names its own in contracts/.
PersonId = NewType("PersonId", UUID)
OrganiserId = NewType("OrganiserId", UUID)
MessageId = NewType("MessageId", UUID)


_RANDOM_BITS: Final = 80  # 74 of them stay
_VERSION: Final = (0xF << 76, 0x7 << 76)
_VARIANT: Final = (0x3 << 62, 0x2 << 62)


def new_uuid() -> UUID:
    """A UUIDv7: sorts by the time it was made, so indexes grow at one end.

    All but the millisecond is random, never a counter: some ids open what they name, and whoever
    has one must not guess its neighbour.
    """
    number = time.time_ns() // 1_000_000 << _RANDOM_BITS
    number |= int.from_bytes(os.urandom(_RANDOM_BITS // 8))
    for mask, bits in (_VERSION, _VARIANT):
        number = number & ~mask | bits
    return UUID(int=number)

"""What the commands share within a process, beside the database."""

from dataclasses import dataclass

from quickserve.booking.batches import Batch
from quickserve.booking.keys import KeyRing
from quickserve.booking.model import HoldTimes, NewHoldRow, Sale
from quickserve.kernel.service import Context


@dataclass(frozen=True, slots=True)
class Resources:
    keys: KeyRing
    sales: Batch[Sale, None]
    holds: Batch[NewHoldRow, HoldTimes]


def resources(ctx: Context) -> Resources:
    assert isinstance(ctx.resources, Resources)
    return ctx.resources

"""`tracking` as the others see it: who carries an order, and where it is."""

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar, Literal, NewType
from uuid import UUID

from pydantic import BaseModel

from quickserve.contracts.ordering import OrderId
from quickserve.kernel.events import DomainEvent

ShiftId = NewType("ShiftId", UUID)
JobId = NewType("JobId", UUID)  # the order's id: one job carries one order
DeviceId = NewType("DeviceId", UUID)

# `waiting`: nobody has it; `dropped`: the order was cancelled.
JobState = Literal["waiting", "assigned", "carried", "done", "dropped"]


class JobView(BaseModel):
    id: JobId
    state: JobState


@dataclass(frozen=True)
class OrderPickedUp(DomainEvent):
    """The runner has it and is on the way."""

    TYPE: ClassVar[str] = "quickserve.tracking.order-picked-up.v1"
    order_id: OrderId
    at: datetime


@dataclass(frozen=True)
class OrderHandedOver(DomainEvent):
    """`proof`: pin, photo or offline; who received it is nobody's business here."""

    TYPE: ClassVar[str] = "quickserve.tracking.order-handed-over.v1"
    order_id: OrderId
    at: datetime
    proof: str


@dataclass(frozen=True)
class RunnerNearby(DomainEvent):
    """Told once an order."""

    TYPE: ClassVar[str] = "quickserve.tracking.runner-nearby.v1"
    order_id: OrderId
    at: datetime

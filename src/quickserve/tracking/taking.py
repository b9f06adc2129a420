"""A call with fixes, from when it is read until it is written with the others."""

from dataclasses import dataclass

from quickserve.contracts.tracking import DeviceId
from quickserve.tracking.trails import Point


@dataclass(frozen=True, slots=True)
class Call:
    """`refused`: how many of it were none."""

    device_id: DeviceId
    points: list[Point]
    refused: int

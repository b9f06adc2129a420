"""`quickserve replay TRACE.gpx --shift ID`: a recorded way, told as if somebody went it now."""

import argparse
import asyncio
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

from quickserve.contracts.tracking import DeviceId, Fix, Fixes, FixesTaken, GpxRefused, ShiftId
from quickserve.contracts.tracking_client import TrackingClient
from quickserve.kernel.ids import new_uuid
from quickserve.laptop import CannotStart, Home, clients, default_folder
from quickserve.tracking.geo import distance_m
from quickserve.tracking.gpx import GpxPoint, read_gpx

_DESCRIPTION = """\
Reads a GPX trace (1.0 or 1.1, packed or not) and tells its points to the running product as the
positions of a shift, in the trace's own rhythm: maps move, arrival is told, "nearby" comes once.

  quickserve replay way.gpx --shift ID               as it was
  quickserve replay way.gpx --shift ID --speed 20    twenty times as fast
  quickserve replay way.gpx --shift ID --pace 1.3    without the trace's times: 1.3 m/s throughout

The shift is the one of the runner's page: its address ends with the id. Buyers see the positions
only between pickup and handover, as they see those of a phone. A trace without times needs --pace.
"""
_SPEED_MAX = 1000.0
_PACE_MAX = 100  # metres a second
_BETWEEN_SECONDS = 1.0  # between two calls; what falls into it goes together
_FIXES_AT_ONCE = 200


def add(commands: Any) -> None:
    parser = commands.add_parser(
        "replay",
        help="replay a GPX trace as a runner's positions",
        description=_DESCRIPTION,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("file", type=Path, metavar="FILE")
    parser.add_argument("--shift", type=UUID, required=True, metavar="ID", help="the shift's id")
    parser.add_argument(
        "--speed", type=_factor, default=1.0, metavar="FACTOR",
        help="times as fast as it was: 1 to 1000 (default: %(default)g)",
    )  # fmt: skip
    parser.add_argument(
        "--pace", type=_pace, default=None, metavar="M/S",
        help="metres a second, instead of the trace's times",
    )  # fmt: skip
    parser.add_argument(
        "--data", type=Path, metavar="FOLDER", default=None,
        help=f"folder of the running product (default: {default_folder()})",
    )  # fmt: skip
    parser.set_defaults(run=_run)


def _factor(text: str) -> float:
    factor = float(text)
    if not 1 <= factor <= _SPEED_MAX:
        raise argparse.ArgumentTypeError(f"between 1 and {_SPEED_MAX:g}")
    return factor


def _pace(text: str) -> float:
    pace = float(text)
    if not 0 < pace <= _PACE_MAX:
        raise argparse.ArgumentTypeError(f"between 0 and {_PACE_MAX} metres a second")
    return pace


def _run(arguments: argparse.Namespace) -> int:
    home = Home(arguments.data or default_folder())
    shift_id = ShiftId(arguments.shift)
    return asyncio.run(run(home, arguments.file, shift_id, arguments.speed, arguments.pace))


async def run(
    home: Home, file: Path, shift_id: ShiftId, speed: float = 1, pace: float | None = None
) -> int:
    """Prints what became of the points. 0 when some were taken."""
    try:
        content = await asyncio.to_thread(file.read_bytes)
    except OSError as error:
        raise CannotStart(f"{file} cannot be read: {error.strerror}.") from error
    steps = timed(read_gpx(content).track, speed, pace)
    async with clients(home) as client:
        tracking = TrackingClient(client("tracking"))
        taken = await replay(tracking, shift_id, steps, speed)
    if sys.stderr.isatty():
        print(file=sys.stderr)  # noqa: T201
    print(  # noqa: T201
        f"{file.name}: {len(steps)} points, {taken.accepted} taken, {taken.duplicates} twice,"
        f" {taken.jumps} impossible leaps, {taken.refused + taken.off_shift} refused"
    )
    return 0 if taken.accepted else 1


@dataclass(frozen=True, slots=True)
class Step:
    """A point, seconds after the start."""

    after: float
    latitude: float
    longitude: float


def timed(track: Sequence[GpxPoint], speed: float, pace: float | None) -> list[Step]:
    """When each point is told. Raises GpxRefused for a trace that says nothing of when."""
    if pace is None:
        dated = sorted(
            ((point.at, point) for point in track if point.at is not None), key=lambda one: one[0]
        )
        if not dated:
            raise GpxRefused("There is no track point with a time in it: give --pace.")
        begin = dated[0][0]
        return [
            Step((at - begin).total_seconds() / speed, point.latitude, point.longitude)
            for at, point in dated
        ]
    if not track:
        raise GpxRefused("There is no track point in it.")
    steps: list[Step] = []
    after, before = 0.0, track[0]
    for point in track:
        way = distance_m((before.latitude, before.longitude), (point.latitude, point.longitude))
        after += way / (pace * speed)
        steps.append(Step(after, point.latitude, point.longitude))
        before = point
    return steps


async def replay(
    tracking: TrackingClient, shift_id: ShiftId, steps: Sequence[Step], speed: float
) -> FixesTaken:
    """With a device of its own, which may move as much faster as the replay is."""
    device = await tracking.put_device(shift_id, DeviceId(new_uuid()), speed_up=speed)
    taken, told = FixesTaken(), 0
    began, clock = datetime.now(UTC).timestamp(), time.monotonic()
    while told < len(steps):
        passed = time.monotonic() - clock
        some: list[Fix] = []
        while told < len(steps) and steps[told].after <= passed and len(some) < _FIXES_AT_ONCE:
            step = steps[told]
            at = datetime.fromtimestamp(began + step.after, UTC)
            some.append(Fix(at=at, latitude=step.latitude, longitude=step.longitude))
            told += 1
        if some:
            answer = await tracking.put_fixes(device.id, Fixes(key=device.key, fixes=some))
            taken = FixesTaken(
                **{name: getattr(taken, name) + n for name, n in answer.model_dump().items()}
            )
        if sys.stderr.isatty():
            print(f"\r{told} of {len(steps)}", end="", file=sys.stderr, flush=True)  # noqa: T201
        if told < len(steps):
            await asyncio.sleep(
                min(_BETWEEN_SECONDS, max(0.05, steps[told].after - (time.monotonic() - clock)))
            )
    return taken

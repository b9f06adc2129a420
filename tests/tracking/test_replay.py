"""A recorded way is told as if somebody went it now."""

from datetime import timedelta

import pytest

from quickserve.commandline.replay import replay, timed
from quickserve.contracts.tracking import GpxRefused
from quickserve.contracts.tracking_client import TrackingClient
from quickserve.tracking.geo import distance_m
from quickserve.tracking.gpx import GpxPoint
from tests.tracking.conftest import HOME, STAND, Crew, now, way


def recorded(seconds: float = 120, points: int = 25) -> list[GpxPoint]:
    begin = now() - timedelta(days=400)
    step = seconds / (points - 1)
    return [
        GpxPoint(latitude, longitude, begin + timedelta(seconds=step * i))
        for i, (latitude, longitude) in enumerate(way(STAND, HOME, points))
    ]


async def test_it_moves_the_order_faster_than_it_was(crew: Crew):
    runner, order_id = await crew.carried()
    tracking = TrackingClient(crew.depot.platform.client("tracking", "cli"))
    steps = timed(recorded(), 100, None)
    taken = await replay(tracking, runner.id, steps, 100)
    assert (taken.accepted, taken.jumps, taken.off_shift) == (25, 0, 0)
    track = await crew.track(order_id)
    assert track.position
    assert (track.position.latitude, track.position.longitude) == HOME
    assert track.near


def test_without_times_it_goes_at_a_pace():
    bare = [GpxPoint(point.latitude, point.longitude, None) for point in recorded()]
    with pytest.raises(GpxRefused):
        timed(bare, 1, None)
    steps = timed(bare, 2, 5)
    assert steps[-1].after == pytest.approx(distance_m(STAND, HOME) / 10, rel=0.01)
    assert steps[0].after == 0


def test_points_out_of_order_are_told_in_order():
    steps = timed(recorded()[::-1], 10, None)
    assert [step.after for step in steps] == sorted(step.after for step in steps)
    assert steps[-1].after == pytest.approx(12)

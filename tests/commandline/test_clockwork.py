"""In real time what is asked for meanwhile happens when it should, not after what was next."""

from datetime import UTC, datetime
from functools import partial

from quickserve.commandline.simulate.clockwork import Clockwork
from quickserve.commandline.simulate.command import RealHand


async def test_what_is_asked_for_later_but_due_sooner_is_not_late() -> None:
    clock = Clockwork(RealHand(), datetime.now(UTC), together=False)
    seen: list[tuple[str, float]] = []

    async def note(name: str) -> None:
        seen.append((name, clock.seconds(datetime.now(UTC))))

    async def ask() -> None:
        clock.at(clock.now + 0.2, 0, partial(note, "soon"))

    clock.at(0.0, 0, ask)
    clock.at(1.0, 0, partial(note, "late"))
    await clock.run()
    assert [name for name, _ in seen] == ["soon", "late"]
    assert 0.2 <= seen[0][1] < 0.8

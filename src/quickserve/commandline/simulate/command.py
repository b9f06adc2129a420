"""`quickserve simulate`: options, progress, and what is printed in the end."""

import argparse
import asyncio
import json
import sys
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from quickserve import laptop
from quickserve.commandline.simulate.clockwork import Clockwork
from quickserve.commandline.simulate.crowd import CannotRead, Visitor, read_sizes, visitors
from quickserve.commandline.simulate.fast import open_fast
from quickserve.commandline.simulate.play import Match
from quickserve.commandline.simulate.scenario import HALF_TIME_S, Scenario
from quickserve.commandline.simulate.tally import table
from quickserve.commandline.simulate.venue import set_up

_DESCRIPTION = """\
Fills a venue with people who order, cooks who cook and runners who run, and tells how well the
promised times held. Everything is drawn from --seed: the same numbers give the same match.

Without --live the real services run in this process, on a database of their own that is thrown
away, with its clock turned forward: a match of 75 minutes takes a few. Nothing else is touched.

With --live the crowd orders at the installation that runs in --data, or at the addresses of the
settings, in real time: a load test. It makes an organiser "Simulation …" with stands where nothing
costs anything, and hides them afterwards; the orders stay in the books.
"""
_EPILOG = """\
examples:
  quickserve simulate                                    20,000 seats, a half-time rush
  quickserve simulate --seats 2000 --stands 4 --seed 7   a small hall
  quickserve simulate --cooks-speed 0.8                  cooks slower than the menu says
  quickserve simulate --from 40 --until 60 --live        the rush alone, against what runs here

What is printed: how far from the promised moment orders were ready; by how much the intake was
slowed and the promises widened meanwhile; how long people waited; who went away without ordering,
and why; and orders lost, which must be 0 (else the status is 1). docs/simulate.md says on which
assumptions about people it rests.
"""
_SEATS_MAX, _STANDS_MAX, _MINUTES_MAX = 200_000, 1_000, 105
_FAST_START = datetime(2031, 5, 17, 19, 0, tzinfo=UTC)
_PROGRESS_SECONDS = 2.0


def add(commands: Any) -> None:
    parser = commands.add_parser(
        "simulate",
        help="fill a venue with people who order, and see whether the promises hold",
        description=_DESCRIPTION,
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    number = parser.add_argument
    number("--seats", type=_whole(1, _SEATS_MAX), default=20_000, metavar="N",
           help="seats that are taken (default: %(default)s)")  # fmt: skip
    number("--stands", type=_whole(1, _STANDS_MAX), metavar="N",
           help="stands, each with 9 cooks and 4 runners (default: one for 500 seats)")  # fmt: skip
    number("--take", type=_share(0.01, 5), default=0.4, metavar="X",
           help="orders a seat in the whole match (default: %(default)s)")  # fmt: skip
    number("--cooks-speed", type=_share(0.2, 5), default=1.0, metavar="X",
           help="1 is as fast as the menu says (default: %(default)s)")  # fmt: skip
    number("--from", dest="first", type=_whole(-45, _MINUTES_MAX), default=0, metavar="MINUTE",
           help="of the match; half-time is 45 to 60 (default: %(default)s)")  # fmt: skip
    number("--until", dest="last", type=_whole(-44, _MINUTES_MAX), default=75, metavar="MINUTE",
           help="who comes later is left out (default: %(default)s)")  # fmt: skip
    number("--seed", type=int, default=1, metavar="N", help="another match (default: %(default)s)")
    number("--like", type=Path, metavar="FILE",
           help="sizes of orders from a till's export: a CSV or TSV with a row a line, and a"
           " column order_id, order or transaction; quantity where there is one")  # fmt: skip
    number("--live", action="store_true", help="against a running installation, in real time")
    number("--data", type=Path, metavar="FOLDER",
           help=f"with --live: its folder (default: {laptop.default_folder()})")  # fmt: skip
    number("--json", action="store_true", help="the figures for programs")
    parser.set_defaults(run=_run)


def _whole(least: int, most: int) -> Any:
    def whole(text: str) -> int:
        if not text.lstrip("-").isdecimal() or not least <= int(text) <= most:
            raise argparse.ArgumentTypeError(f"{text!r} is no whole number from {least} to {most}")
        return int(text)

    return whole


def _share(least: float, most: float) -> Any:
    def share(text: str) -> float:
        try:
            value = float(text)
        except ValueError:
            value = float("nan")
        if not least <= value <= most:
            raise argparse.ArgumentTypeError(f"{text!r} is no number from {least:g} to {most:g}")
        return value

    return share


def _run(arguments: argparse.Namespace) -> int:
    if arguments.last <= arguments.first:
        raise laptop.CannotStart("--until must be later than --from.")
    if arguments.data and not arguments.live:
        raise laptop.CannotStart("--data is for --live; without it nothing there is touched.")
    try:
        sizes = read_sizes(arguments.like) if arguments.like else []
    except CannotRead as error:
        raise laptop.CannotStart(str(error)) from error
    scenario = Scenario(
        seats=arguments.seats, stands=arguments.stands or max(1, arguments.seats // 500),
        take=arguments.take, slowness=1 / arguments.cooks_speed, seed=arguments.seed,
        first_minute=arguments.first, last_minute=arguments.last,
    )  # fmt: skip
    crowd = visitors(scenario, sizes)
    if not crowd:
        raise laptop.CannotStart("Nobody comes in these minutes: more --seats, or a larger --take.")
    found = asyncio.run(_play(arguments, scenario, crowd))
    print(json.dumps(found, indent=2) if arguments.json else table(found))  # noqa: T201
    return 1 if found["orders_lost"] or found["orders_unknown"] else 0


async def _play(
    arguments: argparse.Namespace, scenario: Scenario, crowd: list[Visitor]
) -> dict[str, Any]:
    if not arguments.live:
        return await simulate(scenario, crowd, _Progress(len(crowd)))
    home = laptop.Home((arguments.data or laptop.default_folder()).absolute())
    return await load(home, scenario, crowd, _Progress(len(crowd)))


async def simulate(
    scenario: Scenario, crowd: list[Visitor], progress: "_Progress | None" = None
) -> dict[str, Any]:
    """As fast as it goes. Returns the figures."""
    began = time.monotonic()
    start = _FAST_START + timedelta(minutes=scenario.first_minute)
    async with open_fast(start - timedelta(minutes=5)) as (platform, hand):
        clients = platform.clients_for("cli")
        venue = await set_up(clients.__getitem__, scenario, _FAST_START, hand.a_moment)
        await hand.turn_to(start)
        clock = Clockwork(hand, _FAST_START, together=True, now=scenario.first_minute * 60)
        match = Match(scenario, venue, clock, told=progress or _silent)
        tally = await match.play(crowd)
    tally.seconds = time.monotonic() - began
    return tally.figures()


async def load(
    home: laptop.Home, scenario: Scenario, crowd: list[Visitor], progress: "_Progress | None" = None
) -> dict[str, Any]:
    """At a running installation, in real time. Returns the figures."""
    began = time.monotonic()
    async with laptop.clients(home) as client:
        kick_off = datetime.now(UTC) - timedelta(minutes=scenario.first_minute)
        venue = await set_up(client, scenario, kick_off, _a_moment)
        # The programme has been told already: who comes first comes now.
        clock = Clockwork(RealHand(), kick_off, together=False)
        clock.now = clock.seconds(datetime.now(UTC))
        match = Match(scenario, venue, clock, told=progress or _silent)
        try:
            tally = await match.play(crowd)
        finally:
            await venue.close()
    tally.seconds = time.monotonic() - began
    return tally.figures()


class RealHand:
    """Time passes by itself."""

    async def turn_to(self, at: datetime) -> datetime:
        await asyncio.sleep(max(0.0, (at - datetime.now(UTC)).total_seconds()))
        return datetime.now(UTC)


async def _a_moment() -> None:
    await asyncio.sleep(0.2)


def _silent(_match: Match) -> None:
    return


@dataclass
class _Progress:
    """A line every two seconds, on standard error."""

    visitors: int
    began: float = 0.0
    told_at: float = 0.0

    def __call__(self, match: Match) -> None:
        now = time.monotonic()
        self.began = self.began or now
        if now - self.told_at < _PROGRESS_SECONDS:
            return
        self.told_at = now
        tally, minute = match.tally, match.clock.now / 60
        break_ = " (half-time)" if HALF_TIME_S / 60 <= minute < HALF_TIME_S / 60 + 15 else ""
        print(  # noqa: T201
            f"minute {minute:3.0f}{break_}: {tally.came:,} of {self.visitors:,} came,"
            f" {len(tally.outcomes):,} ordered, {tally.handed_over:,} of them have it,"
            f" {tally.lost.total():,} went away;"
            f" {now - self.began:.0f} s",
            file=sys.stderr, flush=True,
        )  # fmt: skip

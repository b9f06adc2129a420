"""`quickserve dead-letters`: events that no attempt could deliver."""

import argparse
import asyncio
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from quickserve.contracts.deliveries import TAKERS
from quickserve.kernel.bus.port import BusUnreachable
from quickserve.kernel.settings import Settings
from quickserve.laptop import CannotStart

if TYPE_CHECKING:
    from quickserve.kernel.bus.rabbitmq.dead_letters import DeadLetter, DeadLetters

_DESCRIPTION = """\
An event that a service refuses is tried again after 0.5 s, 2 s, 10 s, 1 min and 5 min; then, or at
once when it is no event at all, it becomes one of the service's dead letters. It stays there until
somebody decides. A database that is away is no refusal: such events are tried for a day.

  quickserve dead-letters                      what there is, by service: no personal data
  quickserve dead-letters list booking --show  with the events' content, which may tell about people
  quickserve dead-letters replay booking ID    give it to the service again, as if it were new
  quickserve dead-letters replay booking --all
  quickserve dead-letters drop booking ID      throw it away: it is lost

Usually: read the service's log for the id, repair the service, then replay all. An event whose
effect is committed already has none a second time.
"""


def add(commands: Any) -> None:
    parser = commands.add_parser(
        "dead-letters",
        help="events that could not be delivered: list, replay, drop",
        description=_DESCRIPTION,
        epilog="Needs QUICKSERVE_RABBITMQ_URL.",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.set_defaults(run=_run, action="list", services=[], show=False)
    actions = parser.add_subparsers(metavar="ACTION", dest="action")
    listing = actions.add_parser("list", help="what there is")
    listing.add_argument("services", nargs="*", choices=[*TAKERS, []], metavar="SERVICE")
    listing.add_argument("--show", action="store_true", help="also the events' content")
    replay = actions.add_parser("replay", help="give one or all to the service again")
    replay.add_argument("service", choices=TAKERS, metavar="SERVICE")
    which = replay.add_mutually_exclusive_group(required=True)
    which.add_argument("id", nargs="?", metavar="ID")
    which.add_argument("--all", action="store_true")
    drop = actions.add_parser("drop", help="throw one away")
    drop.add_argument("service", choices=TAKERS, metavar="SERVICE")
    drop.add_argument("id", metavar="ID")


def _run(arguments: argparse.Namespace) -> int:
    url = Settings().rabbitmq_url.get_secret_value()
    if not url:
        raise CannotStart(
            "Set QUICKSERVE_RABBITMQ_URL. Without a broker there are no dead letters: events stay"
            " in their service's outbox until they are taken."
        )
    try:
        return asyncio.run(_act(url, arguments))
    except BusUnreachable as error:
        raise CannotStart(
            f"RabbitMQ at {urlsplit(url).hostname} cannot be used: {error}"
        ) from error


async def _act(url: str, arguments: argparse.Namespace) -> int:
    # Here, so that the other commands start without a broker's client.
    from quickserve.kernel.bus.rabbitmq.dead_letters import dead_letters  # noqa: PLC0415

    wanted = {service: [event.TYPE for event in events] for service, events in TAKERS.items()}
    async with dead_letters(url, wanted) as letters:
        match arguments.action:
            case "replay":
                done = await letters.replay(arguments.service, arguments.id)
                return _told(done, "sent again", arguments)
            case "drop":
                done = await letters.drop(arguments.service, arguments.id)
                return _told(done, "thrown away", arguments)
            case _:
                await _list(letters, arguments.services or list(TAKERS), show=arguments.show)
                return 0


def _told(done: int, what: str, arguments: argparse.Namespace) -> int:
    if arguments.id and not done:
        print(f"{arguments.service} has no dead letter {arguments.id}.")  # noqa: T201
        return 1
    print(f"{done} {what}.")  # noqa: T201
    return 0


async def _list(letters: "DeadLetters", services: Sequence[str], *, show: bool) -> None:
    for service in services:
        found = await letters.of(service)
        print(f"{service}: {len(found) or 'no'} dead letter{'s'[: len(found) != 1]}")  # noqa: T201
        for letter in found:
            print(f"  {_line(letter)}")  # noqa: T201
            if show:
                print(f"    {letter.content.decode(errors='replace')}")  # noqa: T201


def _line(letter: "DeadLetter") -> str:
    since = f"{letter.first_failed:%Y-%m-%d %H:%M:%SZ}" if letter.first_failed else "unknown"
    return f"{letter.id}  {letter.type}  {letter.failure}, {letter.attempts} attempts since {since}"

"""`quickserve asyncapi`: what the services tell each other, for machines."""

import argparse
import json
from collections.abc import Iterator
from importlib import import_module
from importlib.metadata import version
from pkgutil import iter_modules
from typing import Any

from quickserve import contracts
from quickserve.contracts.deliveries import TAKERS
from quickserve.kernel.asyncapi import document
from quickserve.kernel.events import DomainEvent

_DESCRIPTION = """\
Prints the AsyncAPI 3 document of all events: which service sends them, which receive them, and
what stands in them. It is made from the contracts; the one of this version is docs/asyncapi.json.

  quickserve asyncapi > docs/asyncapi.json     after an event was added or changed
"""
_INFO = {
    "title": "QuickServe's events",
    "description": "CloudEvents 1.0 (https://cloudevents.io), structured as JSON; binary ones are"
    " accepted too. Delivered at least once, in any order: receivers remember ids and compare"
    " versions. An event's content only grows; what is removed or means something else gets a new"
    " type (`….v2`).",
    "license": {"name": "Apache-2.0"},
}


def add(commands: Any) -> None:
    parser = commands.add_parser(
        "asyncapi",
        help="print the AsyncAPI document of all events",
        description=_DESCRIPTION,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.set_defaults(run=_run)


def _run(_arguments: argparse.Namespace) -> int:
    print(text(), end="")  # noqa: T201
    return 0


def text() -> str:
    # Here, so that the other commands start without a broker's client.
    from quickserve.kernel.bus.rabbitmq.queues import EXCHANGE  # noqa: PLC0415

    info = {**_INFO, "version": version("quickserve")}
    sent: dict[str, list[type[DomainEvent]]] = {}
    for event in (event for name in _names() for event in _events(name)):
        sent.setdefault(_sender(event), []).append(event)
    made = document(info, sent, TAKERS, EXCHANGE)
    return json.dumps(made, indent=2, ensure_ascii=False) + "\n"


def _names() -> list[str]:
    return [module.name for module in iter_modules(contracts.__path__)]


def _sender(event: type[DomainEvent]) -> str:
    """`quickserve.booking.booking-confirmed.v1` is told by `booking`."""
    return event.TYPE.split(".")[1]


def _events(name: str) -> Iterator[type[DomainEvent]]:
    """Those that a contract declares, in their order."""
    module = import_module(f"{contracts.__name__}.{name}")
    for found in vars(module).values():
        ours = isinstance(found, type) and found.__module__ == module.__name__
        if ours and issubclass(found, DomainEvent):
            yield found

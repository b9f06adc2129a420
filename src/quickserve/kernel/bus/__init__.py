"""The bus that the settings name."""

from collections.abc import Mapping, Sequence

from quickserve.kernel.bus.local import LocalBus
from quickserve.kernel.bus.port import Bus
from quickserve.kernel.events import DomainEvent
from quickserve.kernel.settings import Settings


def make_bus(settings: Settings, takers: Mapping[str, Sequence[type[DomainEvent]]]) -> Bus:
    """`takers`: the events that each service takes, also of those in other processes.

    Raises ValueError when settings do not fit each other.
    """
    url = settings.rabbitmq_url.get_secret_value()
    if settings.eventgrid_endpoint and url:
        raise ValueError("Set QUICKSERVE_EVENTGRID_ENDPOINT or QUICKSERVE_RABBITMQ_URL, not both.")
    # A process needs the client of no bus but its own.
    if settings.eventgrid_endpoint:
        from quickserve.kernel.bus.eventgrid import EventGridBus  # noqa: PLC0415

        return EventGridBus(settings)
    if url:
        from quickserve.kernel.bus.rabbitmq.bus import RabbitBus  # noqa: PLC0415

        return RabbitBus(url, {name: [e.TYPE for e in events] for name, events in takers.items()})
    return LocalBus()

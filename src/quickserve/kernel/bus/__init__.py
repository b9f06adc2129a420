"""The bus that the settings name."""

from quickserve.kernel.bus.local import LocalBus
from quickserve.kernel.bus.port import Bus
from quickserve.kernel.settings import Settings


def make_bus(_settings: Settings) -> Bus:
    return LocalBus()

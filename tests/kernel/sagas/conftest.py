import pytest

from quickserve.app import Platform
from quickserve.kernel.testing import test_settings as settings_for

from .trips import TripService, trips


@pytest.fixture(scope="session")
async def runtime(database_url):
    """A service without workers: each test starts its own engine on the queue."""
    service = TripService("trips", trips.router, prepare_schema=trips.queue.install)
    platform = Platform(settings_for(database_url, pool_max=8), [service])
    await platform.migrate()
    async with platform.running():
        yield platform.runtimes["trips"]

"""Every existing service's schema, migrated."""

import pytest

from quickserve.app import Platform
from quickserve.kernel.testing import test_settings as settings_for

from .project import existing


@pytest.fixture(scope="session")
async def migrated(database_url: str) -> Platform:
    platform = Platform(settings_for(database_url), existing())
    await platform.migrate()
    return platform

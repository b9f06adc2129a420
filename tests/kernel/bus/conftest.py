"""A local Azure, and processes that consume from it."""

from collections.abc import AsyncIterator

import pytest

from .azure.cloud import Azure


@pytest.fixture
async def azure() -> AsyncIterator[Azure]:
    cloud = Azure()
    await cloud.server.start()
    yield cloud
    await cloud.close()

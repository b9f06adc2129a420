"""One PostgreSQL and one database a test process; every test makes its own organiser and events."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from quickserve.kernel.testing import postgres_url

DATA = Path(
    os.environ.get("QUICKSERVE_TEST_DATA", Path(__file__).parents[1] / ".." / "shared" / "data")
)


@pytest.fixture(scope="session")
def database_url() -> Iterator[str]:
    with postgres_url() as url:
        yield url


@pytest.fixture(scope="session")
def data() -> Path:
    """The folder of real data sets; tests that need it skip where it is absent."""
    if not DATA.is_dir():
        pytest.skip("needs the real data sets beside the project (QUICKSERVE_TEST_DATA)")
    return DATA

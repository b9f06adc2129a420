"""The product as its users start it: `quickserve up` in a folder of its own, and its accounts."""

import asyncio
import atexit
import os
import secrets
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from socket import socket
from typing import Any

from quickserve.kernel.db import open_connection
from quickserve.kernel.postgres import USER
from quickserve.laptop import DATABASE, Home
from tests.servers import Redis
from tests.shape import APART, broker

PASSWORD = "correct horse battery"


def free_port() -> int:
    with socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@dataclass
class Product:
    """A running platform; `say` runs `quickserve …` against it and returns what it printed."""

    folder: Path
    address: str
    process: subprocess.Popen[str]
    output: list[str] = field(default_factory=list)

    @property
    def home(self) -> Home:
        return Home(self.folder)

    async def say(self, *words: str) -> str:
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "quickserve", *words, "--data", str(self.folder),
            env={**os.environ, "QUICKSERVE_PASSWORD": PASSWORD},
            stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
        )  # fmt: skip
        out, err = await process.communicate()
        assert process.returncode == 0, err.decode()
        return out.decode()

    async def hire(self, email: str, organiser: str, role: str = "organiser") -> None:
        await self.say(
            "person", email, "--name", "Olive Organisatrice", "--organiser", organiser,
            "--role", role,
        )  # fmt: skip

    async def rows(self, service: str, question: str, *params: object) -> list[tuple[Any, ...]]:
        """What a service's database says, asked past it: for what no screen may show."""
        async with await open_connection(self._database_url(service)) as connection:
            cursor = await connection.execute(question.encode(), params)
            return await cursor.fetchall()

    def postgres_pid(self) -> int:
        return int(self._postmaster()[0])

    def _postmaster(self) -> list[str]:
        elsewhere = self.folder / "postgres.where"  # where root's server may not enter the folder
        data = self.folder / "postgres"
        if elsewhere.exists():
            data = Path(elsewhere.read_text().splitlines()[-1])
        return (data / "postmaster.pid").read_text().splitlines()

    def _database_url(self, service: str) -> str:
        port = self._postmaster()[3]  # the file's fourth line, by PostgreSQL's documentation
        database = f"{DATABASE}_{service}" if APART else DATABASE
        password = (self.folder / "postgres.password").read_text().strip()
        return f"postgresql://{USER}:{password}@127.0.0.1:{port}/{database}"

    def end(self) -> None:
        """Ctrl-C."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
            assert self.process.wait(30) == 0
        self.end_of_output()

    def end_of_output(self) -> None:
        if self.process.stdout:
            self.process.stdout.close()


def start(folder: Path, *options: str, **environment: str) -> Product:
    """`quickserve up` on this folder, in the tests' shape; returns once it says `ready`."""
    shape = ["--split"] if APART else []
    if APART and "QUICKSERVE_RABBITMQ_URL" not in environment:
        environment["QUICKSERVE_RABBITMQ_URL"] = _virtual_host(folder)
        environment["QUICKSERVE_REDIS_URL"] = _redis(folder).url
    process = subprocess.Popen(
        [sys.executable, "-m", "quickserve", "up", "--data", str(folder),
         "--port", str(free_port()), "--stop-with-parent", *shape, *options],
        stdout=subprocess.PIPE, text=True,
        env={**os.environ, "QUICKSERVE_LOG_LEVEL": "warning", **environment},
    )  # fmt: skip
    return Product(folder, *_ready(process))


def _ready(process: subprocess.Popen[str]) -> tuple[str, subprocess.Popen[str], list[str]]:
    assert process.stdout is not None
    printed: list[str] = []
    for line in process.stdout:
        printed.append(line.rstrip())
        if line.startswith("ready "):
            break
    assert printed, "it ended without a word"
    assert printed[-1].startswith("ready "), printed
    return printed[-1].removeprefix("ready "), process, printed


@cache
def _virtual_host(_folder: Path) -> str:
    """The same one after a restart: what is in the queues belongs to the data."""
    return broker().new_url()


@cache
def _redis(_folder: Path) -> Redis:
    redis = Redis()
    redis.start()
    atexit.register(redis.close)
    return redis


@contextmanager
def folder() -> Generator[Path, None, None]:
    """A data folder; short, and where PostgreSQL's own user can reach it."""
    made = Path(tempfile.mkdtemp(prefix="quickserve-journey-"))
    try:
        yield made
    finally:
        shutil.rmtree(made, ignore_errors=True)


@contextmanager
def product(*options: str, **environment: str) -> Generator[Product, None, None]:
    """From `quickserve up` to Ctrl-C, after which nothing it started may be left."""
    with folder() as data:
        running = start(data, *options, **environment)
        try:
            yield running
        finally:
            running.end()


def new_organiser() -> str:
    return f"Festival {secrets.token_hex(3)}"

"""What is struck: two servers on one PostgreSQL, each of which comes back as a supervisor would."""

import asyncio
import os
import random
import secrets
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path
from typing import Self

from pydantic import SecretStr

from bench.server import free_port
from quickserve.kernel.db import ensure_database
from quickserve.kernel.postgres import EmbeddedPostgres
from quickserve.kernel.settings import Settings

SERVERS = 2
HOLD_SECONDS = 9.0
_DOWN_SECONDS_MAX = 1.5


class House:
    """Started and struck from the main thread: what it starts ends with that thread."""

    def __init__(self, folder: Path, *, durable: bool = True) -> None:
        self._folder = folder
        self._commit = "on" if durable else "off"
        self._postgres_port = free_port()
        self.ports = [free_port() for _ in range(SERVERS)]
        self._servers: list[subprocess.Popen[bytes]] = []
        self._secrets = {
            "QUICKSERVE_SECRET": secrets.token_urlsafe(48),
            "QUICKSERVE_SERVICE_SECRET": secrets.token_urlsafe(48),
        }
        self.database_url = ""
        self.kills = Counter[str]()

    def __enter__(self) -> Self:
        self._start_postgres()
        self.database_url = asyncio.run(ensure_database(self._admin_url, "soak"))
        for number in range(SERVERS):
            self._servers.append(self._start(number))
            self._await_ready(number)
        return self

    def __exit__(self, *_: object) -> None:
        for server in self._servers:
            server.send_signal(signal.SIGINT)
        for server in self._servers:
            server.wait(60)
        self._postgres.stop()

    @property
    def settings(self) -> Settings:
        """Of whoever speaks to the servers as one of their own."""
        return Settings(
            secret=SecretStr(self._secrets["QUICKSERVE_SECRET"]),
            service_secret=SecretStr(self._secrets["QUICKSERVE_SERVICE_SECRET"]),
        )

    def strike(self, victim: str, chance: random.Random) -> None:
        """Kills with -9; then a moment's absence, and the way back: a server's or PostgreSQL's."""
        self.kills[victim] += 1
        down = chance.uniform(0, _DOWN_SECONDS_MAX)
        if victim == "PostgreSQL":
            self._kill_postgres()
            time.sleep(down)
            self._start_postgres()
            return
        number = chance.randrange(SERVERS)
        self._servers[number].kill()
        self._servers[number].wait()
        time.sleep(down)
        self._servers[number] = self._start(number)
        self._await_ready(number)

    def revive(self) -> None:
        """A server that ended by itself, because PostgreSQL was away when it started, say."""
        for number, server in enumerate(self._servers):
            if server.poll() is not None:
                self.kills["ended by itself"] += 1
                self._servers[number] = self._start(number)
                self._await_ready(number)

    def _start_postgres(self) -> None:
        self._postgres = EmbeddedPostgres(
            self._folder / "postgresql", port=self._postgres_port,
            settings={"max_connections": "300", "synchronous_commit": self._commit},
        )  # fmt: skip
        server = self._postgres.start()
        self._postmaster = server.data / "postmaster.pid"
        self._admin_url = server.url("postgres")

    def _kill_postgres(self) -> None:
        """With every process of it, as when the machine runs out of memory."""
        postmaster = int(self._postmaster.read_text().splitlines()[0])
        children = Path(f"/proc/{postmaster}/task/{postmaster}/children").read_text().split()
        for process in (postmaster, *map(int, children)):
            try:
                os.kill(process, signal.SIGKILL)
            except ProcessLookupError:
                continue
        self._postgres.stop()

    def _start(self, number: int) -> subprocess.Popen[bytes]:
        home = self._folder / f"server{number}"
        home.mkdir(exist_ok=True)
        (home / "ready").unlink(missing_ok=True)
        with (home / "log").open("ab") as log, (home / "ready").open("wb") as said:
            return subprocess.Popen(
                [sys.executable, "-m", "quickserve", "up", "--data", str(home), "--no-demo",
                 "--port", str(self.ports[number]), "--stop-with-parent"],
                stdin=subprocess.DEVNULL, stdout=said, stderr=log,
                env={
                    **os.environ, **self._secrets, "QUICKSERVE_DATABASE_URL": self.database_url,
                    "QUICKSERVE_HOLD_MINUTES": str(HOLD_SECONDS / 60),
                    "QUICKSERVE_TAKES_PER_MINUTE": "0", "QUICKSERVE_LOG_LEVEL": "warning",
                },
            )  # fmt: skip

    def _await_ready(self, number: int) -> None:
        home = self._folder / f"server{number}"
        deadline = time.monotonic() + 60
        while b"ready " not in (home / "ready").read_bytes():
            ended = self._servers[number].poll() is not None
            assert not ended, (home / "log").read_text()[-3000:]
            assert time.monotonic() < deadline, "a server did not become ready"
            time.sleep(0.02)

"""`quickserve up --split`: every service a process of its own, as in production, for developers.

The sockets are made here and inherited: while a process is restarted, whoever calls it waits in
the socket's queue. SIGHUP restarts the services one after the other, each after its successor is
ready, so that no request fails.
"""

import asyncio
import os
import signal
import socket
import sys
from collections.abc import AsyncGenerator, Coroutine, Mapping
from dataclasses import dataclass, field
from itertools import cycle
from typing import Any
from urllib.parse import urlsplit

from pydantic import SecretStr

from quickserve.app import SERVICES, Platform, load
from quickserve.demo import load as load_demo
from quickserve.kernel.db import ensure_database, without_user
from quickserve.kernel.settings import Settings
from quickserve.laptop import CannotStart, Home, settings_of
from quickserve.server import listen

BROKER = "amqp://guest:guest@127.0.0.1:5672/"
_COLOURS = (36, 32, 33, 35, 34, 31)  # ANSI, for one service after the other
_READY_SECONDS_MAX = 60
_STOP_SECONDS_MAX = 40
_RESTART_SECONDS_MAX = 2.0
# Those who ask others stop first.
_STOP_ORDER = (
    ("web",),
    ("checkout",),
    ("identity", "catalog", "booking", "ordering", "tracking", "payment"),
)


@dataclass
class Child:
    """A service's process; another one takes its place when it ends."""

    name: str
    listener: socket.socket
    environment: Mapping[str, str]
    colour: int
    process: asyncio.subprocess.Process | None = None
    tasks: set[asyncio.Task[None]] = field(default_factory=set[asyncio.Task[None]])

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.listener.getsockname()[1]}"

    async def start(self) -> None:
        """Returns when the new process is ready. Raises CannotStart when it ends instead."""
        ready = asyncio.Event()
        descriptor = self.listener.fileno()
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "quickserve", "serve", self.name, "--fd", str(descriptor),
            "--stop-with-parent", pass_fds=[descriptor], env=self.environment,
            stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT, start_new_session=True,
        )  # fmt: skip
        self.process = process
        reader = asyncio.create_task(self._read(process, ready))
        self.tasks.add(reader)
        reader.add_done_callback(self.tasks.discard)
        ended = asyncio.create_task(process.wait())
        waiting = asyncio.create_task(ready.wait())
        await asyncio.wait(
            {ended, waiting}, timeout=_READY_SECONDS_MAX, return_when=asyncio.FIRST_COMPLETED
        )
        waiting.cancel()
        if not ready.is_set():
            raise CannotStart(f"{self.name} did not become ready; its lines above tell why.")

    async def _read(self, process: asyncio.subprocess.Process, ready: asyncio.Event) -> None:
        assert process.stdout is not None
        async for line in _lines(process.stdout):
            text = line.decode(errors="replace").rstrip()
            if text == f"ready {self.name}":
                ready.set()
            self._say(text)

    def _say(self, text: str) -> None:
        prefix = f"{self.name:8} |"
        if sys.stderr.isatty():
            prefix = f"\x1b[{self.colour}m{prefix}\x1b[0m"
        print(prefix, text, file=sys.stderr, flush=True)  # noqa: T201

    async def replace(self) -> None:
        """The new one takes requests before the old one stops taking them."""
        old = self.process
        try:
            await self.start()
        except CannotStart as error:
            print(f"quickserve: {error}", file=sys.stderr, flush=True)  # noqa: T201
            old, self.process = self.process, old
        if old:
            await end(old)

    async def stop(self) -> None:
        if self.process:
            await end(self.process)


async def _lines(stream: asyncio.StreamReader) -> AsyncGenerator[bytes]:
    """Of whatever length: asyncio's own lines end in an error after 64 KiB."""
    rest = b""
    while chunk := await stream.read(65_536):
        *lines, rest = (rest + chunk).split(b"\n")
        for line in lines:
            yield line
    if rest:
        yield rest


async def end(process: asyncio.subprocess.Process) -> None:
    if process.returncode is None:
        process.terminate()
    try:
        await asyncio.wait_for(process.wait(), _STOP_SECONDS_MAX)
    except TimeoutError:
        process.kill()
        await process.wait()


async def run(
    home: Home, admin_url: str, listener: socket.socket, address: str, *, demo: bool
) -> None:
    _require_broker(os.environ.get("QUICKSERVE_RABBITMQ_URL", BROKER))
    await Split(home, admin_url, listener, address).run(with_demo=demo)


def _require_broker(url: str) -> None:
    parts = urlsplit(url)
    place = parts.hostname or "127.0.0.1", parts.port or 5672
    try:
        socket.create_connection(place, timeout=3).close()
    except OSError as error:
        raise CannotStart(
            f"RabbitMQ does not answer at {place[0]}:{place[1]} ({error.strerror or error}). Start"
            " it (apt-get install rabbitmq-server), or set QUICKSERVE_RABBITMQ_URL to another."
        ) from error


def database_of(service: str) -> str:
    return f"quickserve_{service}"


def secret_of(settings: Settings, service: str) -> str:
    """A service's own: it cannot make another one's keys of it."""
    return settings.key_for(f"process:{service}").hex()


class Split:
    """All services of a data folder, each in its process."""

    def __init__(self, home: Home, admin_url: str, listener: socket.socket, address: str) -> None:
        self._home = home
        self._admin_url = admin_url
        self._address = address
        self._settings = settings_of(home, database_url=admin_url, public_url=address)
        listeners = {name: listen("127.0.0.1", 0) for name in SERVICES if name != "web"}
        listeners["web"] = listener
        urls = {n: f"http://127.0.0.1:{s.getsockname()[1]}" for n, s in listeners.items()}
        self._settings = self._settings.model_copy(update={"service_urls": urls})
        self.children = {
            name: Child(name, listeners[name], self._environment(name, urls), colour)
            for name, colour in zip(SERVICES, cycle(_COLOURS), strict=False)
        }

    async def run(self, *, with_demo: bool) -> None:
        stopped, renewed = asyncio.Event(), asyncio.Event()
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, stopped.set)
        loop.add_signal_handler(signal.SIGHUP, renewed.set)
        try:
            if await _unless(stopped, self._start(with_demo=with_demo)):
                with self._home.announced(self._address):
                    await self._supervise(stopped, renewed)
        finally:
            for names in _STOP_ORDER:
                await asyncio.gather(*(self.children[name].stop() for name in names))

    async def _start(self, *, with_demo: bool) -> None:
        await self._migrate()
        await asyncio.gather(*(child.start() for child in self.children.values()))
        if with_demo:
            for line in await load_demo(Platform(self._settings, [])):
                print(line, flush=True)  # noqa: T201

    async def _supervise(self, stopped: asyncio.Event, renewed: asyncio.Event) -> None:
        pauses = dict.fromkeys(self.children, 0.0)
        while not stopped.is_set():
            if renewed.is_set():
                renewed.clear()
                for child in self.children.values():
                    if not stopped.is_set():
                        await child.replace()
            for name, child in self.children.items():
                if child.process is None or child.process.returncode is not None:
                    await self._restart(child, pauses)
                else:
                    pauses[name] = max(0.0, pauses[name] - 0.01)
            await asyncio.sleep(0.05)

    async def _restart(self, child: Child, pauses: dict[str, float]) -> None:
        """At once; one that keeps ending, after ever longer pauses."""
        await asyncio.sleep(pauses[child.name])
        pauses[child.name] = min(_RESTART_SECONDS_MAX, pauses[child.name] + 0.5)
        try:
            await child.start()
        except CannotStart as error:
            print(f"quickserve: {error}", file=sys.stderr, flush=True)  # noqa: T201

    async def _migrate(self) -> None:
        for name in SERVICES:
            service = load(name)
            if service.owns_data:
                url = await ensure_database(self._admin_url, database_of(name))
                secret = SecretStr(secret_of(self._settings, name))
                settings = Settings(database_url=url, secret=secret)
                await Platform(settings, [service]).migrate()

    def _environment(self, name: str, urls: Mapping[str, str]) -> dict[str, str]:
        inherited = {k: v for k, v in os.environ.items() if k != "QUICKSERVE_DATABASE_URL"}
        # Without the administrator's password: a service signs in with its own role.
        database = without_user(self._admin_url, database_of(name))
        return {
            "QUICKSERVE_RABBITMQ_URL": BROKER,
            **inherited,
            "QUICKSERVE_SECRET": secret_of(self._settings, name),
            "QUICKSERVE_SERVICE_SECRET": self._home.service_secret(),
            "QUICKSERVE_PUBLIC_URL": self._settings.public_url,
            "QUICKSERVE_DATABASE_URL": database if load(name).owns_data else "",
            **{f"QUICKSERVE_{n.upper()}_URL": url for n, url in urls.items()},
        }


async def _unless(stopped: asyncio.Event, work: Coroutine[Any, Any, None]) -> bool:
    """Whether the work came to its end before somebody stopped it."""
    task, stop = asyncio.create_task(work), asyncio.create_task(stopped.wait())
    await asyncio.wait({task, stop}, return_when=asyncio.FIRST_COMPLETED)
    stop.cancel()
    if not task.done():
        task.cancel()
        await asyncio.wait({task})
        return False
    await task
    return True

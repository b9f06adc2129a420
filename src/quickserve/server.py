"""One process's HTTP server: listens from the first moment, drains at the end.

While the services start and while they stop `/readyz` says so. Who comes too early waits a while.
"""

import asyncio
import signal
import socket
from collections.abc import Coroutine, Generator
from contextlib import AbstractAsyncContextManager, AbstractContextManager, contextmanager
from typing import Any

import uvicorn

try:
    import uvloop
except ImportError:
    uvloop = None

from quickserve.app import Platform
from quickserve.edge import Process
from quickserve.kernel.client import SERVER_KEEPALIVE_SECONDS
from quickserve.kernel.settings import Settings

_BACKLOG = 2048
_FINISH_SECONDS = 10  # for requests under way when the process ends
_SIGNALS = (signal.SIGINT, signal.SIGTERM)


def run_server(serving: Coroutine[Any, Any, None]) -> None:
    """Until it ends, on uvloop where there is one: not on Windows."""
    with asyncio.Runner(loop_factory=uvloop.new_event_loop if uvloop else None) as runner:
        runner.run(serving)


class PortTaken(Exception):  # noqa: N818 - says what is the case
    """Why nobody can listen there."""


def listen(host: str, port: int) -> socket.socket:
    """A listening socket; port 0 takes a free one. Raises PortTaken."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # Named, or asyncio leaves Nagle on: every answer of two packets would wait 40 ms.
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
        listener.listen(_BACKLOG)
    except (OSError, OverflowError) as error:
        listener.close()
        raise PortTaken(getattr(error, "strerror", None) or str(error)) from error
    return listener


class Server:
    """Serves a platform on a socket until SIGINT or SIGTERM."""

    def __init__(self, settings: Settings, listener: socket.socket) -> None:
        self._drain_seconds = settings.drain_seconds
        self._listener = listener
        self._process = Process(settings)
        self._stopped = asyncio.Event()
        self._main = asyncio.current_task()
        config = uvicorn.Config(
            self._process, lifespan="off", access_log=False, log_config=None, server_header=False,
            backlog=_BACKLOG, timeout_graceful_shutdown=_FINISH_SECONDS,
            timeout_keep_alive=SERVER_KEEPALIVE_SECONDS,
        )  # fmt: skip
        self._http = _Http(config)

    async def run(
        self,
        platform: AbstractAsyncContextManager[Platform],
        announced: AbstractContextManager[None],
    ) -> None:
        """`announced` surrounds the time in which it is ready."""
        loop = asyncio.get_running_loop()
        for number in _SIGNALS:
            loop.add_signal_handler(number, self._stop)
        serving = asyncio.create_task(self._http.serve([self._listener]))
        try:
            async with platform as running, self._process.open(running):
                with announced:
                    await self._stopped.wait()
                self._process.state = "draining"
                running.shared.fanout.close()  # live pages go to another process
                await asyncio.sleep(self._drain_seconds)
                self._http.should_exit = True
                await serving
        except asyncio.CancelledError:
            if not self._stopped.is_set():
                raise
        finally:
            self._http.should_exit = True
            await serving
            for number in _SIGNALS:
                loop.remove_signal_handler(number)

    def _stop(self) -> None:
        """Once: finish in order. While starting: leave off. Again: without waiting for requests."""
        starting = self._process.state == "starting"
        if self._stopped.is_set():
            self._http.force_exit = True
        elif starting and self._main:
            self._main.cancel()
        self._stopped.set()


class _Http(uvicorn.Server):
    """Leaves signals to us."""

    @contextmanager
    def capture_signals(self) -> Generator[None, None, None]:
        yield

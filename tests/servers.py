"""A RabbitMQ and a Redis of a test's own: on free ports, in a folder of their own, gone with us.

`with Rabbit() as rabbit` or `start` and `stop`; `kill`, `pause` and `restart` are for fault tests.
The fixture `rabbit` (one a test process) is in tests/conftest.py.
"""

import ctypes
import os
import re
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from secrets import token_hex
from socket import create_connection, socket
from typing import Self

from tests.programs import program

START_SECONDS_MAX = 90  # a busy machine
_PR_SET_PDEATHSIG = 1
_DEPTHS = """
[begin
  {Name, _} = amqqueue:get_pid(Queue),
  {ok, {_, Count}, _} = ra:local_query({Name, node()}, fun rabbit_fifo:query_messages_total/1),
  {resource, _, queue, Called} = amqqueue:get_name(Queue),
  {binary_to_list(Called), Count}
end || Queue <- rabbit_amqqueue:list(<<"/">>), is_tuple(amqqueue:get_pid(Queue))].
"""


def free_port() -> int:
    with socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Server:
    """A program on the loopback. What it keeps survives `stop` and `kill`, but not `close`."""

    name = ""

    def __init__(self) -> None:
        self.port = free_port()
        self.folder = Path(tempfile.mkdtemp(prefix=f"quickserve-{self.name}-"))
        self.log = self.folder / "log"
        self._processes: list[subprocess.Popen[bytes]] = []

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def pid(self) -> int:
        return self._processes[-1].pid

    @property
    def running(self) -> bool:
        return bool(self._processes) and self._processes[-1].poll() is None

    def start(self) -> None:
        """Returns when it answers."""
        assert not self.running
        try:
            self._launch()
            self._wait(self._answers)
        except BaseException:
            self.kill()
            raise

    def stop(self) -> None:
        """In order: it says goodbye to everybody."""
        self.resume()
        for process in reversed(self._processes):
            process.terminate()
            try:
                process.wait(30)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        self._processes.clear()

    def kill(self) -> None:
        for process in reversed(self._processes):
            process.kill()
            process.wait()
        self._processes.clear()

    def restart(self, *, down_seconds: float = 0) -> None:
        self.stop()
        time.sleep(down_seconds)
        self.start()

    def pause(self) -> None:
        """Connections stay open; nobody answers."""
        os.kill(self.pid, signal.SIGSTOP)

    def resume(self) -> None:
        if self.running:
            os.kill(self.pid, signal.SIGCONT)

    def close(self) -> None:
        self.kill()
        shutil.rmtree(self.folder, ignore_errors=True)

    def _launch(self) -> None:
        raise AssertionError("each kind of server has its own")

    def _answers(self) -> bool:
        raise AssertionError("each kind of server has its own")

    def _spawn(self, command: Sequence[str], **environment: str) -> None:
        with self.log.open("ab") as log:
            self._processes.append(
                subprocess.Popen(
                    command, cwd=self.folder, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                    env={"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8", **environment},
                    start_new_session=True, preexec_fn=_die_with_parent(),  # noqa: PLW1509 - no threads that matter
                )
            )  # fmt: skip

    def _wait(self, ready: Callable[[], bool]) -> None:
        deadline = time.monotonic() + START_SECONDS_MAX
        while time.monotonic() < deadline and self.running:
            with suppress(OSError):
                if ready():
                    return
            time.sleep(0.05)
        raise AssertionError(f"{self.name} does not start:\n{self.log.read_text()[-2000:]}")

    def _ask(self, question: bytes) -> bytes:
        with create_connection(("127.0.0.1", self.port), timeout=1) as connection:
            connection.sendall(question)
            return connection.recv(100)


class Redis(Server):
    name = "redis"

    def __init__(self) -> None:
        self._program = program("redis-server", package="redis-server")
        super().__init__()

    @property
    def url(self) -> str:
        return f"redis://127.0.0.1:{self.port}/0"

    def _launch(self) -> None:
        self._spawn([
            self._program, "--port", str(self.port), "--bind", "127.0.0.1", "--save", "",
            "--appendonly", "no", "--dir", str(self.folder),
        ])  # fmt: skip

    def _answers(self) -> bool:
        return self._ask(b"PING\r\n").startswith(b"+PONG")


class Rabbit(Server):
    """A broker with its own epmd, the Erlang port mapper, so that it meets no other broker."""

    name = "rabbitmq"

    def __init__(self) -> None:
        program("rabbitmq-server", package="rabbitmq-server")
        # The program on the path changes the user; this one runs as whoever we are.
        self._script = "/usr/lib/rabbitmq/bin/rabbitmq-server"
        super().__init__()
        self._epmd_port = free_port()
        self._node = f"quickserve{self.port}@localhost"
        self._cookie = token_hex(16)
        # The built-in guest may enter from this machine.
        (self.folder / "rabbitmq.conf").write_text(
            f"listeners.tcp.1 = 127.0.0.1:{self.port}\n"
            "disk_free_limit.absolute = 1MB\n"
            "log.console = true\nlog.console.level = warning\nlog.file = false\n"
        )
        (self.folder / "enabled_plugins").write_text("[].")

    def url(self, vhost: str = "%2F") -> str:
        return f"amqp://guest:guest@127.0.0.1:{self.port}/{vhost}"

    def new_url(self) -> str:
        """Of a virtual host of the caller's own: exchanges and queues that nobody else sees."""
        name = f"test-{token_hex(6)}"
        everything = ", ".join(['<<".*">>'] * 3)
        self.tell(
            f'rabbit_vhost:add(<<"{name}">>, <<"guest">>),'
            " rabbit_auth_backend_internal:set_permissions("
            f'<<"guest">>, <<"{name}">>, {everything}, <<"guest">>).'
        )
        return self.url(name)

    def depths(self) -> dict[str, int]:
        """Messages in each quorum queue, those that were given out and not acknowledged, too."""
        found = re.findall(r'\{"([^"]+)", (\d+)\}', self.tell(_DEPTHS))
        return {name: int(count) for name, count in found}

    def tell(self, expressions: str) -> str:
        """Erlang that the broker runs: what rabbitmqctl does, a hundred times quicker."""
        done = subprocess.run(
            ["erl_call", "-sname", self._node, "-c", self._cookie, "-timeout", "20", "-e"],
            input=f"{expressions}\n", env={"PATH": os.environ["PATH"], **self._erlang()},
            capture_output=True, text=True, check=False, timeout=30,
        )  # fmt: skip
        assert done.stdout.startswith("{ok,"), done.stdout + done.stderr
        return done.stdout

    def _erlang(self) -> dict[str, str]:
        return {
            "HOME": str(self.folder),
            "ERL_EPMD_PORT": str(self._epmd_port),
            "ERL_EPMD_ADDRESS": "127.0.0.1",
        }

    def _launch(self) -> None:
        self._spawn(["epmd"], **self._erlang())
        cookie = self.folder / ".erlang.cookie"
        if not cookie.exists():
            cookie.write_text(self._cookie)
            cookie.chmod(0o400)
        self._spawn(
            [self._script],
            **self._erlang(),
            RABBITMQ_NODENAME=self._node,
            RABBITMQ_DIST_PORT=str(free_port()),
            RABBITMQ_CONFIG_FILE=str(self.folder / "rabbitmq.conf"),
            RABBITMQ_CONF_ENV_FILE=os.devnull,
            RABBITMQ_ENABLED_PLUGINS_FILE=str(self.folder / "enabled_plugins"),
            RABBITMQ_MNESIA_BASE=str(self.folder / "mnesia"),
            RABBITMQ_LOG_BASE=str(self.folder),
            RABBITMQ_PID_FILE=str(self.folder / "pid"),
            # Replaces the shell, so that our child is the broker and signals reach it.
            RABBITMQ_ALLOW_INPUT="1",
            # Its threads must not spin while they wait: others work here.
            RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS="-noinput +sbwt none +sbwtdcpu none +sbwtdio none",
        )

    def _answers(self) -> bool:
        return self._ask(b"AMQP\x00\x00\x09\x01")[:1] == b"\x01"


def _die_with_parent() -> Callable[[], None]:
    """For the child: killed when the thread that started it ends, however it ends."""
    prctl = ctypes.CDLL(None).prctl  # looked up before the fork
    return lambda: prctl(_PR_SET_PDEATHSIG, int(signal.SIGKILL), 0, 0, 0)

"""The product as its users start it, for measuring from outside."""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Generator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from socket import socket

_SERVICE_READY = re.compile(r"(\w+) +\| ready \1$")


@dataclass(frozen=True)
class Running:
    address: str
    process: subprocess.Popen[str]
    folder: Path
    seconds_to_ready: float

    @property
    def host_port(self) -> tuple[str, int]:
        host, _, port = self.address.removeprefix("http://").partition(":")
        return host, int(port)


def free_port() -> int:
    with socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@contextmanager
def data_folder() -> Generator[Path, None, None]:
    folder = Path(tempfile.mkdtemp(prefix="quickserve-bench-"))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def serving(folder: Path, *options: str, **environment: str) -> Generator[Running, None, None]:
    """`quickserve up`, from its start to Ctrl-C. What went wrong is told then."""
    started = time.perf_counter()
    folder.mkdir(exist_ok=True)
    log = folder / "log"
    with log.open("ab") as stderr:
        process = subprocess.Popen(
            [sys.executable, "-m", "quickserve", "up", "--data", str(folder),
             "--port", str(free_port()), "--stop-with-parent", *options],
            stdout=subprocess.PIPE, stderr=stderr, text=True,
            env={
                **os.environ, "QUICKSERVE_LOG_LEVEL": "warning",
                "QUICKSERVE_TAKES_PER_MINUTE": "0", **environment,
            },
        )  # fmt: skip
    try:
        assert process.stdout is not None
        address = next(
            line.removeprefix("ready ").strip()
            for line in process.stdout
            if line.startswith("ready ")
        )
        yield Running(address, process, folder, time.perf_counter() - started)
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(20)
        sys.stderr.write(worth_telling(log.read_text()))
        log.unlink()


def worth_telling(logged: str) -> str:
    """All but that the services of the split shape are ready."""
    return "".join(
        line for line in logged.splitlines(keepends=True) if not _SERVICE_READY.match(line)
    )


def memory_mb(pid: int) -> float:
    """Proportional resident memory of the process and everything it started (Linux)."""
    total = 0.0
    for member in _family(pid):
        for line in Path(f"/proc/{member}/smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                total += int(line.split()[1]) / 1024
    return total


def processor_seconds(pid: int) -> float:
    """Used so far by the process and all that it started or still runs (Linux)."""
    ticks = 0
    for member in _family(pid):
        with suppress(FileNotFoundError):  # ended meanwhile: its parent counts it
            stat = Path(f"/proc/{member}/stat").read_text()
            ticks += sum(int(part) for part in stat.rpartition(")")[2].split()[11:15])
    return ticks / os.sysconf("SC_CLK_TCK")


def _family(pid: int) -> list[int]:
    parents: dict[int, int] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                stat = (entry / "stat").read_text()
            except OSError:
                continue
            parents[int(entry.name)] = int(stat.rpartition(")")[2].split()[1])
    family = [pid]
    for member in family:
        family += [child for child, parent in parents.items() if parent == member]
    return family


def dump(value: object) -> bytes:
    return json.dumps(value).encode()

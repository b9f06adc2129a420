"""The product as its users start it: `quickserve up` in a folder of its own, and its accounts."""

import asyncio
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
from pathlib import Path
from socket import socket

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


@contextmanager
def product(*options: str, **environment: str) -> Generator[Product, None, None]:
    """From `quickserve up` to Ctrl-C, after which nothing it started may be left."""
    folder = Path(tempfile.mkdtemp(prefix="quickserve-journey-"))
    process = subprocess.Popen(
        [sys.executable, "-m", "quickserve", "up", "--data", str(folder),
         "--port", str(free_port()), "--stop-with-parent", *options],
        stdout=subprocess.PIPE, text=True,
        env={**os.environ, "QUICKSERVE_LOG_LEVEL": "warning", **environment},
    )  # fmt: skip
    try:
        assert process.stdout is not None
        printed: list[str] = []
        for line in process.stdout:
            printed.append(line.rstrip())
            if line.startswith("ready "):
                break
        assert printed, "it ended without a word"
        assert printed[-1].startswith("ready "), printed
        yield Product(folder, printed[-1].removeprefix("ready "), process, printed)
    finally:
        process.send_signal(signal.SIGINT)
        assert process.wait(30) == 0
        if process.stdout:
            process.stdout.close()
        shutil.rmtree(folder, ignore_errors=True)


def new_organiser() -> str:
    return f"Festival {secrets.token_hex(3)}"

"""The doctor, as somebody asks it whose environment says nothing else."""

import asyncio
import os
import sys
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import httpx2 as httpx
import pytest

from quickserve.commandline.doctor.finding import Finding
from quickserve.commandline.doctor.run import examine
from quickserve.laptop import Home

SECRET = "0123456789abcdefghijklmnopqrstuvwxyz-its-own"
SHARED = "zyxwvutsrqponmlkjihgfedcba9876543210-for-all"

Environment = Callable[..., None]


@pytest.fixture(autouse=True)
def nothing_set(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith("QUICKSERVE_")]:
        monkeypatch.delenv(name)


@pytest.fixture
def given(monkeypatch: pytest.MonkeyPatch) -> Environment:
    """Settings, as `given(SECRET=…)`."""

    def give(**settings: str) -> None:
        for name, value in settings.items():
            monkeypatch.setenv(f"QUICKSERVE_{name}", value)

    return give


class Visit:
    """What the doctor found, by check."""

    def __init__(self, findings: Sequence[Finding]) -> None:
        self._findings = {finding.check: finding for finding in findings}
        assert len(self._findings) == len(findings), "two lines have the same name"

    def __getitem__(self, check: str) -> Finding:
        return self._findings[check]

    def __contains__(self, check: str) -> bool:
        return check in self._findings

    def states(self, *checks: str) -> dict[str, str]:
        return {check: self[check].state for check in checks}

    @property
    def wrong(self) -> dict[str, str]:
        return {f.check: f.told for f in self._findings.values() if f.state == "wrong"}


async def visit(*names: str, folder: Path = Path("/nowhere/quickserve")) -> Visit:
    findings = await examine(Home(folder), names)
    for finding in findings:
        assert (finding.fix == "") == (finding.state != "wrong"), finding
        assert "\n" not in finding.told + finding.fix
        assert not any(secret in finding.told for secret in (SECRET, SHARED))
    return Visit(findings)


@asynccontextmanager
async def process(*command: str, **settings: str) -> AsyncIterator[asyncio.subprocess.Process]:
    """`quickserve …` as a process of its own; ended with the block."""
    known = {k: v for k, v in os.environ.items() if not k.startswith("QUICKSERVE_")}
    running = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "quickserve", *command, "--stop-with-parent",
        env=known | {f"QUICKSERVE_{name}": value for name, value in settings.items()},
        stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.DEVNULL,
    )  # fmt: skip
    try:
        yield running
    finally:
        if running.returncode is None:
            running.terminate()
        await asyncio.wait_for(running.wait(), 30)


async def until_it_answers(url: str, *, status: int = 200) -> None:
    async with asyncio.timeout(60), httpx.AsyncClient() as http:
        while True:
            try:
                if (await http.get(f"{url}/readyz")).status_code == status:
                    return
            except httpx.HTTPError:
                pass
            await asyncio.sleep(0.1)

"""One machine: its folder, its disk, the embedded server, running or not; and the command."""

import asyncio
import json
import shutil
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from quickserve.commandline.doctor import machine
from quickserve.laptop import Home
from tests.servers import Rabbit, free_port

from .conftest import Environment, process, until_it_answers, visit


@pytest.fixture
def folder() -> Iterator[Path]:
    """One that the server's user can reach, unlike tmp_path when root runs the tests."""
    made = Path(tempfile.mkdtemp(prefix="quickserve-test-"))
    yield made
    shutil.rmtree(made)


async def doctor(folder: Path, *words: str) -> tuple[int, str]:
    command = [sys.executable, "-m", "quickserve", "doctor", "--data", str(folder), *words]
    running = await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.PIPE)
    told, _ = await running.communicate()
    assert running.returncode is not None
    return running.returncode, told.decode()


async def test_before_the_first_start_nothing_is_wrong_and_nothing_is_made(folder: Path):
    code, told = await doctor(folder / "new")
    assert code == 0, told
    assert "✗" not in told
    assert "– process" in told
    assert not (folder / "new").exists()


async def test_a_running_one_and_one_that_was_stopped(folder: Path):
    port = free_port()
    async with process("up", "--no-demo", "--data", str(folder), "--port", str(port)):
        await until_it_answers(f"http://127.0.0.1:{port}")
        await asyncio.sleep(0.2)
        code, told = await doctor(folder, "--json")
        findings = {finding["check"]: finding for finding in json.loads(told)}
        assert code == 0, told
        assert findings["process"]["told"] == f"http://127.0.0.1:{port} is ready"
        for check in ("booking database", "checkout migrations", "issuer's keys"):
            assert findings[check]["state"] == "good"
        (folder / "service-secret").chmod(0o644)
    found = await visit(folder=folder)
    assert found.wrong == {"kept secret": f"others can read {folder / 'service-secret'}"}
    assert found["process"].state == found["booking database"].state == "unknown"


async def test_one_whose_services_are_processes(folder: Path, given: Environment, rabbit: Rabbit):
    port, broker = free_port(), rabbit.new_url()
    given(RABBITMQ_URL=broker)
    up = "up", "--split", "--no-demo", "--data", str(folder), "--port", str(port)
    async with process(*up, RABBITMQ_URL=broker):
        await until_announced(folder)
        found = await visit(folder=folder)
    assert found.wrong == {}
    assert found["checkout database"].state == found["checkout queue"].state == "good"


async def until_announced(folder: Path) -> None:
    """By then every service is ready, and linked to the broker a moment later."""
    async with asyncio.timeout(120):
        while not Home(folder).running_at():  # noqa: ASYNC110 - another process's
            await asyncio.sleep(0.2)
    await asyncio.sleep(1)


async def test_a_folder_whose_secret_is_gone(folder: Path):
    (folder / "postgres").mkdir()
    finding = (await visit(folder=folder))["kept secret"]
    assert "is gone" in finding.told
    assert "backup" in finding.fix


async def test_a_full_disk(folder: Path, monkeypatch: pytest.MonkeyPatch):
    full = shutil._ntuple_diskusage(10**12, 10**12 - 5 * 10**8, 5 * 10**8)  # type: ignore[attr-defined]
    monkeypatch.setattr(machine.shutil, "disk_usage", lambda _path: full)
    assert (await visit(folder=folder)).wrong == {"disk": "0.5 GiB free"}


async def test_without_the_embedded_server(folder: Path, monkeypatch: pytest.MonkeyPatch):
    def absent(_name: str) -> Any:
        return None

    monkeypatch.setattr(machine, "find_spec", absent)
    assert "quickserve[laptop]" in (await visit(folder=folder))["embedded PostgreSQL"].fix


async def test_a_database_of_ones_own_that_is_away(folder: Path, given: Environment):
    (folder / "secret").touch(mode=0o600)
    (folder / "secret").write_text("0123456789abcdefghijklmnopqrstuvwxyz")
    given(DATABASE_URL=f"postgresql://me@127.0.0.1:{free_port()}/quickserve")
    code, told = await doctor(folder, "booking", "payment")
    assert code == 1
    lines = [line for line in told.splitlines() if line.startswith("✗")]
    assert [line.split()[1] for line in lines] == ["booking", "payment"]
    assert all("→ start PostgreSQL there, or correct QUICKSERVE_DATABASE_URL" in x for x in lines)

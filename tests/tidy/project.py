"""The project's files, and the services that exist."""

import os
import subprocess
from collections.abc import Iterator
from functools import cache
from importlib.util import find_spec
from pathlib import Path

from quickserve.app import SERVICES, load
from quickserve.kernel.service import Service

ROOT = Path(__file__).parents[2]
SRC = ROOT / "src" / "quickserve"
_NOT_OURS = {".venv", ".git", "__pycache__", "build", "node_modules"}


@cache
def existing() -> tuple[Service, ...]:
    """The services of the table that are written already."""
    found = [name for name in SERVICES if find_spec(f"quickserve.{name}")]
    return tuple(load(name) for name in found if find_spec(f"quickserve.{name}.service"))


def python_files(*folders: str) -> list[Path]:
    return sorted(
        path
        for folder in folders
        for path in (ROOT / folder).rglob("*.py")
        if not _NOT_OURS & set(path.relative_to(ROOT).parts)
    )


def module_name(path: Path) -> str:
    parts = path.relative_to(ROOT / "src").with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


@cache
def shipped() -> tuple[Path, ...]:
    """What git has or is about to have; outside a repository, every file but the built ones."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, check=False)
    names = os.fsdecode(listed.stdout).split("\0") if listed.returncode == 0 else _walk()
    return tuple(path for name in sorted(set(names)) if (path := ROOT / name).is_file())


def _walk() -> Iterator[str]:
    for folder, folders, files in os.walk(ROOT):
        folders[:] = [f for f in folders if f not in _NOT_OURS and not f.startswith(".")]
        yield from (str((Path(folder) / file).relative_to(ROOT)) for file in files)

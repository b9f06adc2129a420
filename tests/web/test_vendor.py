"""The files that others wrote are the ones of their shelf's lock, and all of them."""

import json
from typing import Any

import pytest
from tools.vendor_assets import SHELVES, Shelf, _integrity

pytestmark = pytest.mark.parametrize("shelf", SHELVES, ids=lambda shelf: shelf.folder.parent.name)


def entries(shelf: Shelf) -> list[dict[str, Any]]:
    return json.loads(shelf.lock.read_text())["packages"]


def test_committed_files_are_those_of_the_lock(shelf: Shelf):
    locked = {path: digest for one in entries(shelf) for path, digest in one["files"].items()}
    present = {
        path.relative_to(shelf.folder).as_posix(): _integrity(path.read_bytes())
        for path in shelf.folder.rglob("*")
        if path.is_file() and path != shelf.lock
    }
    assert present == locked


def test_lock_and_tool_name_the_same_versions(shelf: Shelf):
    locked = {(one["package"], one["version"]) for one in entries(shelf)}
    assert locked == {(package.name, package.version) for package in shelf.packages}


def test_each_package_comes_with_its_licence_and_the_lock_with_no_address(shelf: Shelf):
    for package in shelf.packages:
        assert (shelf.folder / package.folder / "LICENSE").is_file()
    assert "://" not in shelf.lock.read_text()

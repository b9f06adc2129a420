"""The browser's files that others wrote are the ones of the lock, and all of them."""

import json

from tools import vendor_assets as vendor


def test_committed_files_are_those_of_the_lock():
    packages = json.loads(vendor.LOCK.read_text())["packages"]
    locked = {path: digest for entry in packages for path, digest in entry["files"].items()}
    present = {
        path.relative_to(vendor.VENDOR).as_posix(): vendor._integrity(path.read_bytes())
        for path in vendor.VENDOR.rglob("*")
        if path.is_file() and path != vendor.LOCK
    }
    assert present == locked


def test_lock_and_tool_name_the_same_versions():
    packages = json.loads(vendor.LOCK.read_text())["packages"]
    locked = {(entry["package"], entry["version"]) for entry in packages}
    assert locked == {(package.name, package.version) for package in vendor.PACKAGES}


def test_each_package_comes_with_its_licence_and_the_lock_with_no_address():
    for package in vendor.PACKAGES:
        assert (vendor.VENDOR / package.folder / "LICENSE").is_file()
    assert "://" not in vendor.LOCK.read_text()

"""Fetch other people's files, once, by a developer; the results are committed.

    python tools/vendor_assets.py

Needs the clients of npm and Go. Each package below is fetched with `npm pack` or `go mod download`,
which check what the registry states; the archive is compared with the sha512 of the lock, and the
named files are written to `<shelf>/<name>-<version>/` beside their licence. There are two shelves:
what the pages ship, and what only the tests use. The version stands in the path, so browsers keep
these files for ever; after raising a version here, change the paths in `app.css`, the templates
and the tests too. A shelf's lock names package, version and sha512 only.
"""

import json
import re
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from base64 import b64encode
from dataclasses import dataclass
from hashlib import sha512
from pathlib import Path
from shutil import rmtree
from typing import Any

ROOT = Path(__file__).parents[1]


@dataclass(frozen=True, slots=True)
class Package:
    """An npm package; `files` maps a path in the package to the name it gets here."""

    name: str
    version: str
    files: dict[str, str]

    @property
    def folder(self) -> str:
        return f"{self.name.rpartition('/')[2]}-{self.version}"

    def fetch(self, scratch: Path) -> Path:
        """The tarball, as npm checked it."""
        command = ["npm", "pack", "--json", "--ignore-scripts", f"{self.name}@{self.version}"]
        packed = subprocess.run(command, cwd=scratch, check=True, stdout=subprocess.PIPE, text=True)
        return scratch / json.loads(packed.stdout)[0]["filename"]

    def read(self, archive: Path, path: str) -> bytes:
        with tarfile.open(archive) as tarball:
            member = tarball.extractfile(f"package/{path}")
            assert member is not None, f"{path} is no file"
            return member.read()


class GoModule(Package):
    """A Go module, under its import path."""

    __slots__ = ()

    @property
    def folder(self) -> str:
        name = re.sub(r"/v\d+$", "", self.name)
        return f"{name.rpartition('/')[2]}-{self.version.removeprefix('v')}"

    def fetch(self, scratch: Path) -> Path:
        """The zip, as the go command checked it."""
        command = ["go", "mod", "download", "-json", f"{self.name}@{self.version}"]
        got = subprocess.run(command, cwd=scratch, check=True, stdout=subprocess.PIPE, text=True)
        return Path(json.loads(got.stdout)["Zip"])

    def read(self, archive: Path, path: str) -> bytes:
        with zipfile.ZipFile(archive) as module:
            return module.read(f"{self.name}@{self.version}/{path}")


@dataclass(frozen=True, slots=True)
class Shelf:
    """A folder of vendored files and its lock."""

    folder: Path
    packages: tuple[Package, ...]

    @property
    def lock(self) -> Path:
        return self.folder / "vendor.lock.json"


_SHIPPED = (
    Package("htmx.org", "4.0.1", {"dist/htmx.min.js": "htmx.min.js", "LICENSE": "LICENSE"}),
    Package(
        "@fontsource-variable/bricolage-grotesque",
        "5.3.0",
        {
            "files/bricolage-grotesque-latin-wght-normal.woff2": "latin-wght.woff2",
            "LICENSE": "LICENSE",
        },
    ),
    # The scanner's reader: the script's glue code fits exactly one version of the wasm.
    Package(
        "barcode-detector", "3.2.2", {"dist/iife/ponyfill.js": "ponyfill.js", "LICENSE": "LICENSE"}
    ),
    Package(
        "zxing-wasm",
        "3.1.3",
        {"dist/reader/zxing_reader.wasm": "zxing_reader.wasm", "LICENSE": "LICENSE"},
    ),
    # Streets under who brings an order, where the operator names a server of tiles.
    Package(
        "leaflet",
        "1.9.4",
        {
            "dist/leaflet.js": "leaflet.js",
            "dist/leaflet.css": "leaflet.css",
            "dist/images/layers.png": "images/layers.png",
            "dist/images/layers-2x.png": "images/layers-2x.png",
            "dist/images/marker-icon.png": "images/marker-icon.png",
            "LICENSE": "LICENSE",
        },
    ),
)

_OF_TESTS = (
    # Finds barriers on the pages of the browser journeys; MPL-2.0, so it stays out of what ships.
    Package("axe-core", "4.14.1", {"axe.min.js": "axe.min.js", "LICENSE": "LICENSE"}),
    # What an AsyncAPI document may say.
    Package(
        "@asyncapi/specs", "6.11.1", {"schemas/3.0.0.json": "3.0.0.json", "LICENSE": "LICENSE"}
    ),
    # What a compose file may say.
    GoModule(
        "github.com/compose-spec/compose-go/v2",
        "v2.16.2",
        {"schema/compose-spec.json": "schema.json", "LICENSE": "LICENSE", "NOTICE": "NOTICE"},
    ),
)

SHELVES = (
    Shelf(ROOT / "src/quickserve/web/static/vendor", _SHIPPED),
    Shelf(ROOT / "tests/vendor", _OF_TESTS),
)


def main() -> None:
    for shelf in SHELVES:
        _fill(shelf)


def _fill(shelf: Shelf) -> None:
    pinned = _pinned_integrity(shelf)
    with tempfile.TemporaryDirectory() as scratch:
        fetched = [(package, package.fetch(Path(scratch))) for package in shelf.packages]
        for package, archive in fetched:
            integrity = _integrity(archive.read_bytes())
            if pinned.get((package.name, package.version), integrity) != integrity:
                sys.exit(f"{package.name} {package.version}: the archive is not the pinned one")
        if shelf.folder.exists():
            rmtree(shelf.folder)
        entries = [_extract(shelf, *one) for one in fetched]
    shelf.lock.write_text(json.dumps({"packages": entries}, indent=2) + "\n")
    print(f"{len(entries)} packages in {shelf.folder}")


def _pinned_integrity(shelf: Shelf) -> dict[tuple[str, str], str]:
    if not shelf.lock.exists():
        return {}
    packages = json.loads(shelf.lock.read_text())["packages"]
    return {(entry["package"], entry["version"]): entry["integrity"] for entry in packages}


def _extract(shelf: Shelf, package: Package, archive: Path) -> dict[str, Any]:
    """Write the named files; returns the package's entry in the lock."""
    folder = shelf.folder / package.folder
    folder.mkdir(parents=True)
    files: dict[str, str] = {}
    for source, name in package.files.items():
        content = package.read(archive, source)
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_bytes(content)
        files[f"{package.folder}/{name}"] = _integrity(content)
    return {
        "package": package.name,
        "version": package.version,
        "integrity": _integrity(archive.read_bytes()),
        "files": files,
    }


def _integrity(content: bytes) -> str:
    return f"sha512-{b64encode(sha512(content).digest()).decode()}"


if __name__ == "__main__":
    main()

"""GPX 1.0 and 1.1, as trackers write them: packed or not, with or without times."""

import bz2
import io
import zipfile
import zlib
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Final
from xml.sax import SAXParseException
from xml.sax.handler import ContentHandler
from xml.sax.xmlreader import AttributesImpl

from defusedxml import DefusedXmlException
from defusedxml.sax import parseString

from quickserve.contracts.tracking import GpxRefused

POINTS_MAX: Final = 100_000
_UNPACKED_MAX: Final = 20 * 1024 * 1024
_DEPTH_MAX: Final = 50
_TIME_MAX: Final = 60  # characters
_EARTH: Final = (90.0, 180.0)


@dataclass(frozen=True, slots=True)
class GpxPoint:
    """`at` is None where the file has no time for it, or one that is none."""

    latitude: float
    longitude: float
    at: datetime | None


@dataclass(slots=True)
class Gpx:
    """Track and route points in the file's order; `skipped`: those that are nowhere on earth."""

    track: list[GpxPoint] = field(default_factory=list[GpxPoint])
    route: list[GpxPoint] = field(default_factory=list[GpxPoint])
    skipped: int = 0


def read_gpx(content: bytes) -> Gpx:
    """Raises GpxRefused where the file is broken, hostile or no GPX."""
    handler = _Handler()
    try:
        parseString(
            _unpacked(content), handler, forbid_dtd=False, forbid_entities=True,
            forbid_external=True,
        )  # fmt: skip
    except DefusedXmlException:
        raise GpxRefused("The XML declares entities, which are not followed.") from None
    except SAXParseException as error:
        line = error.getLineNumber() or 1
        raise GpxRefused(f"The XML breaks off at line {line} ({error.getMessage()}).") from None
    except (ValueError, LookupError):
        raise GpxRefused("The XML names an unknown encoding.") from None
    if handler.root != "gpx":
        raise GpxRefused("This is no GPX: its root is not <gpx>.")
    return handler.gpx


def _unpacked(content: bytes) -> bytes:
    """gzip, bzip2, or a zip's first GPX."""
    try:
        if content.startswith(b"\x1f\x8b"):
            return _bounded(zlib.decompressobj(wbits=31).decompress, content)
        if content.startswith(b"BZh"):
            return _bounded(bz2.BZ2Decompressor().decompress, content)
        if content.startswith(b"PK"):
            with zipfile.ZipFile(io.BytesIO(content)) as archive:
                names = [n for n in archive.namelist() if n.lower().endswith(".gpx")]
                if not names:
                    raise GpxRefused("There is no GPX in the archive.")
                with archive.open(names[0]) as file:
                    return _bounded(lambda _, most: file.read(most), content)
    except (OSError, EOFError, zlib.error, zipfile.BadZipFile, RuntimeError):
        raise GpxRefused("The file is packed, and broken.") from None
    return content


def _bounded(unpack: Callable[[bytes, int], bytes], content: bytes) -> bytes:
    found = unpack(content, _UNPACKED_MAX + 1)
    if len(found) > _UNPACKED_MAX:
        raise GpxRefused("The file is too large when unpacked.")
    return found


class _Handler(ContentHandler):
    """By local names: 1.0, 1.1 and files without a namespace differ in nothing else we need."""

    def __init__(self) -> None:
        super().__init__()
        self.gpx = Gpx()
        self.root = ""
        self._depth = 0
        self._target: list[GpxPoint] | None = None
        self._point_depth = 0
        self._degrees: tuple[float, float] | None = None
        self._time: list[str] | None = None
        self._at: datetime | None = None

    def startElement(self, name: str, attrs: AttributesImpl) -> None:  # noqa: N802 - SAX
        self._depth += 1
        if self._depth > _DEPTH_MAX:
            raise GpxRefused("The XML is nested too deeply.")
        local = name.rpartition(":")[2]
        self.root = self.root or local
        if local in ("trkpt", "rtept") and self._target is None:
            self._target = self.gpx.track if local == "trkpt" else self.gpx.route
            self._point_depth, self._at = self._depth, None
            self._degrees = _degrees(attrs)
        elif local == "time" and self._target is not None and self._depth == self._point_depth + 1:
            self._time = []

    def characters(self, content: str) -> None:
        if self._time is not None and sum(map(len, self._time)) < _TIME_MAX:
            self._time.append(content)

    def endElement(self, name: str) -> None:  # noqa: N802 - SAX
        if self._time is not None and name.rpartition(":")[2] == "time":
            self._at, self._time = _moment("".join(self._time)), None
        if self._target is not None and self._depth == self._point_depth:
            self._add(self._target)
            self._target = None
        self._depth -= 1

    def _add(self, target: list[GpxPoint]) -> None:
        if self._degrees is None:
            self.gpx.skipped += 1
            return
        if len(self.gpx.track) + len(self.gpx.route) >= POINTS_MAX:
            raise GpxRefused(f"A file has at most {POINTS_MAX} points.")
        target.append(GpxPoint(*self._degrees, self._at))


def _degrees(attrs: AttributesImpl) -> tuple[float, float] | None:
    try:
        latitude, longitude = float(attrs.get("lat", "")), float(attrs.get("lon", ""))
    except ValueError:
        return None
    fine = abs(latitude) <= _EARTH[0] and abs(longitude) <= _EARTH[1]
    return (latitude, longitude) if fine else None


def _moment(text: str) -> datetime | None:
    """Without a zone it is UTC, as GPX says."""
    head, dot, rest = text.strip().partition(".")
    digits = rest[: len(rest) - len(rest.lstrip("0123456789"))]
    if dot:  # Python reads six digits of a second
        head += f".{digits[:6].ljust(6, '0')}{rest[len(digits) :]}"
    try:
        moment = datetime.fromisoformat(head)
    except ValueError:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)

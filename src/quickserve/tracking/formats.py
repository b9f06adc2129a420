"""Positions as other people's apps tell them: OsmAnd's query, OwnTracks' JSON."""

import base64
import json
import math
from binascii import Error
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final
from urllib.parse import parse_qsl
from uuid import UUID

from pydantic import AwareDatetime, TypeAdapter, ValidationError

from quickserve.contracts.tracking import BadDeviceKey, DeviceId, Fix
from quickserve.kernel.errors import FieldError, Malformed

_MILLISECONDS_FROM: Final = 10**11  # as seconds that is the year 5138
_MOMENT: Final = TypeAdapter[datetime](AwareDatetime)
_FIELDS_MAX: Final = 50
_HDOP_M: Final = 5.0  # what a dilution of one means for a phone


@dataclass(frozen=True, slots=True)
class Sender:
    """Who says to be which device."""

    device_id: DeviceId
    key: str


def osmand_sender(query: Mapping[str, str], body: Mapping[str, Any]) -> Sender:
    """`id` and `key`; apps with one field for both send `id.key`. Raises BadDeviceKey."""
    told = query.get("id") or query.get("deviceid") or str(body.get("device_id") or "")
    given, _, key = told.partition(".")
    return _sender(given, query.get("key") or key)


def owntracks_sender(authorization: str) -> Sender:
    """Basic: the device's id and its key. Raises BadDeviceKey."""
    kind, _, token = authorization.partition(" ")
    try:
        user, _, password = base64.b64decode(token, validate=True).decode().partition(":")
    except (Error, ValueError):
        raise BadDeviceKey from None
    if kind.lower() != "basic":
        raise BadDeviceKey
    return _sender(user, password)


def _sender(device_id: str, key: str) -> Sender:
    try:
        return Sender(DeviceId(UUID(device_id.strip())), key)
    except ValueError:
        raise BadDeviceKey("Say which device it is: `id` and `key`.") from None


def read_osmand(query: Mapping[str, str], now: datetime) -> Fix:
    """`lat`, `lon` (or `location`), `timestamp` in seconds, milliseconds or ISO 8601, `accuracy`
    or `hdop`. Without a time it is now. Raises Malformed.
    """
    latitude, longitude = query.get("lat"), query.get("lon")
    if "location" in query:
        latitude, _, longitude = query["location"].partition(",")
    accuracy = query.get("accuracy") or query.get("hacc")
    if not accuracy and query.get("hdop"):
        accuracy = str(_number(query["hdop"], "hdop") * _HDOP_M)
    return Fix(
        at=_moment(query["timestamp"], "timestamp") if query.get("timestamp") else now,
        latitude=_number(latitude, "lat"), longitude=_number(longitude, "lon"),
        accuracy_m=_number(accuracy, "accuracy") if accuracy else None,
    )  # fmt: skip


def read_osmand_json(body: Mapping[str, Any]) -> Fix:
    """As later Traccar clients write it: `location.coords`. Raises Malformed."""
    location = _inner(body, "location")
    coords = _inner(location, "coords")
    accuracy = coords.get("accuracy")
    return Fix(
        at=_moment(location.get("timestamp"), "location.timestamp"),
        latitude=_number(coords.get("latitude"), "location.coords.latitude"),
        longitude=_number(coords.get("longitude"), "location.coords.longitude"),
        accuracy_m=None if accuracy is None else _number(accuracy, "location.coords.accuracy"),
    )


def read_owntracks(body: Mapping[str, Any]) -> Fix | None:
    """None for what is no position: a waypoint, a last will. Raises Malformed."""
    kind = body.get("_type")
    if kind == "encrypted":
        raise _field("_type", "encrypted", "Encrypted payloads are not read: HTTPS covers them.")
    if not isinstance(kind, str):
        raise _field("_type", "missing", "OwnTracks says what it is.")
    if kind != "location":
        return None
    accuracy = body.get("acc")
    return Fix(
        at=_moment(body.get("tst"), "tst"),
        latitude=_number(body.get("lat"), "lat"), longitude=_number(body.get("lon"), "lon"),
        accuracy_m=None if accuracy is None else _number(accuracy, "acc"),
    )  # fmt: skip


def read_form(content: bytes) -> dict[str, str]:
    """Raises Malformed."""
    try:
        return dict(parse_qsl(content.decode(), max_num_fields=_FIELDS_MAX))
    except ValueError:
        raise _field("body", "form", "A form is expected.") from None


def read_object(content: bytes) -> dict[str, Any]:
    """Raises Malformed."""
    try:
        found = json.loads(content)
    except (ValueError, RecursionError):
        raise _field("body", "json", "This is no JSON.") from None
    if not isinstance(found, dict):
        raise _field("body", "object", "An object is expected.")
    return found


def _inner(body: Mapping[str, Any], name: str) -> dict[str, Any]:
    found = body.get(name)
    if not isinstance(found, dict):
        raise _field(name, "missing", "An object is expected.")
    return found


def _number(value: object, field: str) -> float:
    try:
        number = float(value) if isinstance(value, str | int | float) else math.nan
    except (ValueError, OverflowError):
        number = math.nan
    if isinstance(value, bool) or not math.isfinite(number):
        raise _field(field, "number", "A number is expected.")
    return number


def _moment(value: object, field: str) -> datetime:
    text = str(value).strip() if isinstance(value, str | int | float) else ""
    try:
        seconds = float(text)
    except ValueError:
        return _iso(text, field)
    try:
        if abs(seconds) >= _MILLISECONDS_FROM:
            seconds /= 1000
        return datetime.fromtimestamp(seconds, UTC)
    except (ValueError, OverflowError, OSError):
        raise _field(field, "time", "A time is expected.") from None


def _iso(text: str, field: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
        return _MOMENT.validate_python(moment if moment.tzinfo else moment.replace(tzinfo=UTC))
    except (ValueError, ValidationError):
        raise _field(field, "time", "A time is expected.") from None


def _field(field: str, code: str, fix: str) -> Malformed:
    return Malformed(fix, errors=[FieldError(field=field, code=code, message=fix)])

"""The waiting room's rules: the draw, signed places and admissions, how many are let in. No I/O."""

import base64
import binascii
import hashlib
import hmac
import math
from datetime import UTC, datetime
from typing import Final
from uuid import UUID

from quickserve.contracts.catalog import DateId
from quickserve.contracts.waiting_room import RATE_LEAST, VisitorId

_MAC_BYTES: Final = 16
_TOKEN_BYTES: Final = 16 + 16 + 8 + _MAC_BYTES

LATENCY_AIM_MS: Final = 300.0
RATE_MOST: Final = 2000.0
RATE_FIRST: Final = 20.0


def draw_key(seed: bytes, visitor_id: UUID) -> bytes:
    """What the numbers of a draw are ordered by: nobody knows it before the seed is told."""
    return hashlib.sha256(seed + visitor_id.bytes).digest()


def seed_hash(seed: bytes) -> str:
    return hashlib.sha256(seed).hexdigest()


def proof_of(key: bytes, date_id: DateId, visitor_id: VisitorId, number: int) -> str:
    """Shows that the number is this visitor's."""
    text = b"place" + date_id.bytes + visitor_id.bytes + number.to_bytes(8)
    return hmac.digest(key, text, "sha256")[:_MAC_BYTES].hex()


def admission(key: bytes, date_id: DateId, visitor_id: VisitorId, until: datetime) -> str:
    """Opens the checkout of one date to one visitor until then."""
    claim = date_id.bytes + visitor_id.bytes + int(until.timestamp()).to_bytes(8)
    mac = hmac.digest(key, b"admission" + claim, "sha256")[:_MAC_BYTES]
    return base64.urlsafe_b64encode(claim + mac).decode().rstrip("=")


def admitted(key: bytes, token: str, date_id: DateId, now: datetime) -> VisitorId | None:
    """Whose admission it is; None for one that is forged, another date's, or over."""
    try:
        raw = base64.urlsafe_b64decode(token + "=" * (-len(token) % 4))
    except (binascii.Error, ValueError):
        return None
    claim, mac = raw[:-_MAC_BYTES], raw[-_MAC_BYTES:]
    if len(raw) != _TOKEN_BYTES or claim[:16] != date_id.bytes:
        return None
    genuine = hmac.digest(key, b"admission" + claim, "sha256")[:_MAC_BYTES]
    if not hmac.compare_digest(mac, genuine):
        return None
    until = datetime.fromtimestamp(int.from_bytes(claim[32:40]), UTC)
    return VisitorId(UUID(bytes=claim[16:32])) if now < until else None


def next_rate(per_second: float, latency_ms: float | None) -> float:
    """A little more while the checkout is quick, a third less when it is slow.

    Without a measurement nobody is at the checkout: a little more, too.
    """
    if latency_ms is not None and latency_ms > LATENCY_AIM_MS:
        return max(RATE_LEAST, per_second * 2 / 3)
    return min(RATE_MOST, per_second + max(1.0, per_second * 0.05))


def to_admit(per_second: float, seconds: float, came: float, waiting: int) -> int:
    """How many more to let in. `came`: the share of the admitted who come; for the others, more
    are let in. Never more than wait.
    """
    wanted = per_second * seconds / max(0.2, min(1.0, came))
    return min(waiting, math.ceil(wanted))

"""Secrets of devices and links: derived or signed, so nothing of them is kept."""

import base64
from binascii import Error
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hmac import compare_digest, digest
from secrets import randbelow
from typing import Final
from uuid import UUID

from quickserve.contracts.ordering import OrderId
from quickserve.contracts.tracking import DeviceId
from quickserve.kernel.settings import Settings

_PIN_DIGITS: Final = 4
_KEY_BYTES: Final = 16
_MAC_BYTES: Final = 14
_LINK_BYTES: Final = 1 + 16 + 5 + _MAC_BYTES
LINK_LIFE: Final = timedelta(hours=12)


def new_pin() -> str:
    return f"{randbelow(10**_PIN_DIGITS):0{_PIN_DIGITS}}"


def same_pin(given: str, pin: str) -> bool:
    digits = "".join(c for c in given if c.isdecimal() and c.isascii())
    return bool(pin) and compare_digest(digits, pin)


@dataclass(frozen=True, slots=True)
class Link:
    """`own`: the buyer's, which shows the code."""

    order_id: OrderId
    expires_at: datetime
    own: bool


class Keys:
    def __init__(self, settings: Settings) -> None:
        self._devices = settings.key_for("tracking-devices")
        self._links = settings.key_for("tracking-links")

    def of_device(self, device_id: DeviceId) -> str:
        made = digest(self._devices, device_id.bytes, "sha256")[:_KEY_BYTES]
        return base64.b32encode(made).decode().rstrip("=").lower()

    def opens(self, device_id: DeviceId, key: str) -> bool:
        return compare_digest(key.strip().lower().encode(), self.of_device(device_id).encode())

    def link(self, link: Link) -> str:
        seconds = int(link.expires_at.timestamp())
        told = bytes([link.own]) + link.order_id.bytes + seconds.to_bytes(5)
        return base64.urlsafe_b64encode(told + self._mac(told)).decode()

    def read_link(self, text: str) -> Link | None:
        """None for what is forged; who asks judges the time."""
        try:
            told = base64.urlsafe_b64decode(text.encode("ascii"))
        except (Error, ValueError):
            return None
        if len(told) != _LINK_BYTES or base64.urlsafe_b64encode(told).decode() != text:
            return None
        told, mac = told[:-_MAC_BYTES], told[-_MAC_BYTES:]
        if told[0] > 1 or not compare_digest(mac, self._mac(told)):
            return None
        expires_at = datetime.fromtimestamp(int.from_bytes(told[17:]), UTC)
        return Link(OrderId(UUID(bytes=told[1:17])), expires_at, bool(told[0]))

    def _mac(self, told: bytes) -> bytes:
        return digest(self._links, told, "sha256")[:_MAC_BYTES]

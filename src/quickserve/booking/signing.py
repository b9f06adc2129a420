"""Tickets that prove themselves: codes for people, signed payloads for the QR. No I/O.

The payload is `QS1.` and base32 of 105 bytes: version (1), key id (8), ticket id (16), date
id (16), and an Ed25519 signature (RFC 8032, 64) over `QS1.` and the 41 bytes before it. Every
character belongs to the QR alphanumeric mode. 105 bytes make 168 characters without a spare bit,
so one ticket has exactly one payload.
"""

import base64
import binascii
import hashlib
import hmac
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

from cryptography.exceptions import InvalidSignature, InvalidTag
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from quickserve.contracts.booking import BookingId, TicketId, TicketKeyId
from quickserve.contracts.catalog import DateId
from quickserve.contracts.waiting_list import EntryId
from quickserve.kernel.ids import OrganiserId

PREFIX = "QS1."
_VERSION = b"\x01"
_CLAIM_BYTES = 1 + 8 + 16 + 16
_PAYLOAD_CHARACTERS = (_CLAIM_BYTES + 64) * 8 // 5

# Without 0 O 1 I L, which people confuse when they read aloud or type.
ALPHABET = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"
CODE_CHARACTERS = 8
_READ_AS = str.maketrans("0O1IL", "QQ777", " -\t\r\n")


@dataclass(frozen=True, slots=True)
class TicketClaim:
    """What a genuine payload says. Whether the ticket was revoked or used is another question."""

    key_id: str
    ticket_id: TicketId
    date_id: DateId


@dataclass(frozen=True, slots=True)
class SigningKey:
    id: str
    organiser_id: OrganiserId
    private: Ed25519PrivateKey

    @property
    def public(self) -> bytes:
        return self.private.public_key().public_bytes_raw()


def new_key_id() -> TicketKeyId:
    return TicketKeyId(secrets.token_hex(8))


def new_key(organiser_id: OrganiserId, key_id: TicketKeyId) -> SigningKey:
    return SigningKey(key_id, organiser_id, Ed25519PrivateKey.generate())


def seal(key: SigningKey, secret: bytes) -> bytes:
    """The private key for storing: AES-256-GCM bound to the key's id."""
    nonce = secrets.token_bytes(12)
    return nonce + AESGCM(secret).encrypt(nonce, key.private.private_bytes_raw(), key.id.encode())


def unseal(key_id: str, organiser_id: OrganiserId, sealed: bytes, secret: bytes) -> SigningKey:
    try:
        raw = AESGCM(secret).decrypt(sealed[:12], sealed[12:], key_id.encode())
    except InvalidTag as error:
        message = "QUICKSERVE_SECRET is not the one that the ticket keys were stored with"
        raise AssertionError(message) from error
    return SigningKey(key_id, organiser_id, Ed25519PrivateKey.from_private_bytes(raw))


def sign_payload(key: SigningKey, ticket_id: TicketId, date_id: DateId) -> str:
    """Deterministic: the same ticket and key give the same text."""
    claim = _VERSION + bytes.fromhex(key.id) + ticket_id.bytes + date_id.bytes
    signature = key.private.sign(PREFIX.encode() + claim)
    return PREFIX + base64.b32encode(claim + signature).decode()


def verify_payload(payload: str, keys: Mapping[str, bytes]) -> TicketClaim | None:
    """The claim of a genuine payload, else None. Needs nothing but public keys by key id."""
    claim = read_payload(payload)
    public = keys.get(claim.key_id) if claim else None
    if public is None:
        return None
    raw = base64.b32decode(payload[len(PREFIX) :])
    try:
        Ed25519PublicKey.from_public_bytes(public).verify(
            raw[_CLAIM_BYTES:], PREFIX.encode() + raw[:_CLAIM_BYTES]
        )
    except (InvalidSignature, ValueError):
        return None
    return claim


def read_payload(payload: str) -> TicketClaim | None:
    """What a payload claims, unproven: tells which key to verify it with."""
    text = payload.removeprefix(PREFIX)
    if not payload.startswith(PREFIX) or len(text) != _PAYLOAD_CHARACTERS:
        return None
    try:
        raw = base64.b32decode(text)
    except (binascii.Error, ValueError):
        return None
    if raw[:1] != _VERSION:
        return None
    return TicketClaim(
        raw[1:9].hex(), TicketId(UUID(bytes=raw[9:25])), DateId(UUID(bytes=raw[25:41]))
    )


def new_code() -> str:
    """39 random bits: unguessable for who stands at a door."""
    return _spell(secrets.randbelow(len(ALPHABET) ** CODE_CHARACTERS))


def _spell(number: int) -> str:
    """The last eight digits in the alphabet's base."""
    characters = ""
    for _ in range(CODE_CHARACTERS):
        number, digit = divmod(number, len(ALPHABET))
        characters += ALPHABET[digit]
    return characters


def show_code(code: str) -> str:
    return f"{code[:4]}-{code[4:]}"


def read_code(typed: str) -> str | None:
    """The code somebody typed: any case, with or without dash; 0 and O, 1, I and L forgiven."""
    code = typed.upper().translate(_READ_AS)
    valid = len(code) == CODE_CHARACTERS and all(c in ALPHABET for c in code)
    return code if valid else None


@dataclass(frozen=True, slots=True)
class BookingLink:
    """`key` opens the booking without an account; `number` is for reading aloud."""

    key: str
    number: str

    def opens(self, key: str) -> bool:
        """In constant time, and in any case of letters."""
        return hmac.compare_digest(self.key.encode(), key.upper().encode())


def entry_link(entry_id: EntryId, secret: bytes) -> BookingLink:
    """As `booking_link`, for a place on the waiting list."""
    return _link(entry_id, secret)


def ticket_link(ticket_id: TicketId, secret: bytes) -> BookingLink:
    """As `booking_link`, for one ticket that was passed on."""
    return _link(ticket_id, secret)


def booking_link(booking_id: BookingId, secret: bytes) -> BookingLink:
    """Both derived from the id, so nothing is stored: 160 bits of key, 39 of number."""
    return _link(booking_id, secret)


def _link(of: UUID, secret: bytes) -> BookingLink:
    mac = hmac.digest(secret, of.bytes, hashlib.sha256)
    number = show_code(_spell(int.from_bytes(mac[20:])))
    return BookingLink(base64.b32encode(mac[:20]).decode(), number)

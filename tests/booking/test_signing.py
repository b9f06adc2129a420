"""Codes and signed payloads, without a server."""

from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quickserve.booking import signing
from quickserve.contracts.booking import BookingId, TicketId
from quickserve.contracts.catalog import DateId
from quickserve.kernel.ids import OrganiserId, new_uuid

KEY = signing.new_key(OrganiserId(new_uuid()), signing.new_key_id())
TICKET, DATE = TicketId(new_uuid()), DateId(new_uuid())
PAYLOAD = signing.sign_payload(KEY, TICKET, DATE)
KEYS = {KEY.id: KEY.public}
QR_ALPHANUMERIC = set("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:")


def test_a_payload_proves_itself_offline():
    claim = signing.verify_payload(PAYLOAD, KEYS)
    assert claim == signing.TicketClaim(KEY.id, TICKET, DATE)
    assert signing.sign_payload(KEY, TICKET, DATE) == PAYLOAD
    assert set(PAYLOAD) <= QR_ALPHANUMERIC
    assert len(PAYLOAD) == 172


def test_every_flipped_bit_of_every_character_is_refused():
    for position, character in enumerate(PAYLOAD):
        for bit in range(8):
            forged = chr(ord(character) ^ (1 << bit))
            text = PAYLOAD[:position] + forged + PAYLOAD[position + 1 :]
            assert signing.verify_payload(text, KEYS) is None, (position, bit)


@given(st.text() | st.from_regex(r"QS1\.[A-Z2-7]{168}", fullmatch=True))
def test_whatever_is_scanned_is_answered(text):
    assert signing.verify_payload(text, KEYS) is None
    signing.read_code(text)


@pytest.mark.parametrize("cut", [PAYLOAD[:-1], PAYLOAD + "A", PAYLOAD[4:], PAYLOAD.lower(), ""])
def test_what_is_cut_or_changed_in_case_is_refused(cut):
    assert signing.verify_payload(cut, KEYS) is None


def test_another_key_does_not_do():
    other = signing.new_key(KEY.organiser_id, signing.new_key_id())
    assert signing.verify_payload(PAYLOAD, {other.id: other.public}) is None
    assert signing.verify_payload(PAYLOAD, {KEY.id: other.public}) is None
    assert signing.verify_payload(PAYLOAD, {}) is None


def test_a_sealed_key_opens_with_its_secret_only():
    sealed = signing.seal(KEY, b"k" * 32)
    assert signing.unseal(KEY.id, KEY.organiser_id, sealed, b"k" * 32).public == KEY.public
    with pytest.raises(AssertionError):
        signing.unseal(KEY.id, KEY.organiser_id, sealed, b"x" * 32)
    with pytest.raises(AssertionError):
        signing.unseal("0" * 16, KEY.organiser_id, sealed, b"k" * 32)


def test_codes_forgive_what_people_confuse():
    assert signing.read_code(" 7kq2-xm4f\n") == "7KQ2XM4F"
    assert signing.read_code("7K02 XM4F") == signing.read_code("7kO2xm4f") == "7KQ2XM4F"
    assert signing.read_code("1KQ2XM4F") == signing.read_code("iKQ2XM4F") == "7KQ2XM4F"
    assert signing.show_code("7KQ2XM4F") == "7KQ2-XM4F"
    for wrong in ("", "7KQ2XM4", "7KQ2XM4FF", "7KQ2XM4É", "7KQ2XM4\x00", "٣KQ2XM4F"):
        assert signing.read_code(wrong) is None
    codes = {signing.new_code() for _ in range(2000)}
    assert len(codes) == 2000
    assert all(signing.read_code(signing.show_code(code)) == code for code in codes)


def test_a_bookings_key_opens_that_booking():
    booking_id = BookingId(UUID(int=7))
    link = signing.booking_link(booking_id, b"s" * 32)
    assert link.opens(link.key)
    assert link.opens(link.key.lower())
    assert not link.opens(link.key[:-1])
    assert not signing.booking_link(booking_id, b"t" * 32).opens(link.key)
    assert len(link.key) == 32

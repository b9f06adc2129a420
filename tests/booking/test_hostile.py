"""What nobody should send is answered with a 4xx that names the field, never with a 5xx."""

import json

import pytest

from quickserve.contracts.booking import BookingId, HoldId
from quickserve.kernel.auth import ServiceIdentity
from quickserve.kernel.errors import Forbidden, Unauthenticated
from quickserve.kernel.ids import new_uuid


def hold_body(gala, **item):
    return {
        "date_id": str(gala.date_id),
        "items": [{"ticket_type_id": str(gala.seat), "quantity": 1, **item}],
    }


@pytest.mark.parametrize(
    "quantity", [0, -1, 1.5, 2.0, "2", True, None, 101, 10**30, 1e308, [], {}, "\x00"]
)
async def test_quantities_that_are_none(gala, quantity):
    quota = await gala.quota(10)
    answer = await gala.box.call(
        "PUT", f"/holds/{new_uuid()}", json=hold_body(gala, quantity=quantity)
    )
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"] == "items.0.quantity"
    assert await gala.stock(quota) == (0, 0)


@pytest.mark.parametrize(
    ("contact", "field"),
    [
        ({"email": "a@example.org", "name": "A\x00B"}, "contact.name"),
        ({"email": "a@example.org", "name": "\n"}, "contact.name"),
        ({"email": "a@example.org", "name": "x" * 201}, "contact.name"),
        ({"email": "a@example.org", "name": ""}, "contact.name"),
        ({"email": "a\x00@example.org", "name": "A"}, "contact.email"),
        ({"email": "not one", "name": "A"}, "contact.email"),
        ({"email": "a@example.org", "name": "A", "language": "xx"}, "contact.language"),
        ({"email": "a@example.org", "name": "A", "admin": True}, "contact.admin"),
        (None, "contact"),
    ],
)
async def test_contacts_that_are_none(free_gala, contact, field):
    quota = await free_gala.quota(10)
    body = json.dumps({**hold_body(free_gala), "contact": contact})
    answer = await free_gala.box.call(
        "PUT", f"/free-bookings/{new_uuid()}", content=body.encode(),
        headers={"content-type": "application/json"},
    )  # fmt: skip
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"] == field
    assert await free_gala.stock(quota) == (0, 0)


@pytest.mark.parametrize(
    "body",
    [
        b"[" * 100_000,
        b'{"items":' * 100_000,
        b"",
        b"null",
        b"[]",
        b"\xff\xfe",
        b'{"contact": {"name": "\\ud800"}}',
        b'{"date_id": "' + b"0" * 500_000 + b'"}',
        b'{"items": ' + json.dumps([{}] * 10_000).encode() + b"}",
    ],
    ids=[
        "arrays",
        "objects",
        "empty",
        "null",
        "array",
        "utf-16",
        "half a character",
        "long id",
        "many items",
    ],
)
@pytest.mark.parametrize("path", ["holds", "free-bookings", "scans"])
async def test_bodies_that_are_none(gala, path, body):
    answer = await gala.box.call(
        "PUT", f"/{path}/{new_uuid()}", content=body,
        headers={"content-type": "application/json", "authorization": f"Bearer {gala.token}"},
    )  # fmt: skip
    assert answer.status_code in {400, 422}
    assert answer.headers["content-type"] == "application/problem+json"


async def test_a_body_beyond_the_limit(gala):
    answer = await gala.box.call(
        "PUT", f"/holds/{new_uuid()}", content=b"x" * (1024 * 1024 + 1),
        headers={"content-type": "application/json"},
    )  # fmt: skip
    assert answer.status_code == 413


@pytest.mark.parametrize(
    "path", ["holds/x", "holds/%00", "bookings/1?key=%00", "availability?date_id=x"]
)
async def test_ids_that_are_none(gala, path):
    answer = await gala.box.call("GET", f"/{path}")
    assert answer.status_code == 422


@pytest.mark.parametrize("gate", ["", "\x00", "A\nB", "x" * 61])
async def test_gates_that_are_none(gala, gate):
    answer = await gala.box.call(
        "PUT", f"/scans/{new_uuid()}",
        json={"date_id": str(gala.date_id), "code": "ABCD-EFGH", "gate": gate},
        headers={"authorization": f"Bearer {gala.door_token}"},
    )  # fmt: skip
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"] == "gate"


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("PUT", "bookings/{}"),
        ("PUT", "bookings/{}/confirmation"),
        ("PUT", "bookings/{}/withdrawal"),
    ],
)
async def test_bookings_are_made_by_the_checkout_only(gala, method, path):
    """Not by a visitor, not by an administrator, not by another service."""
    path = "/" + path.format(new_uuid())
    settings = gala.box.platform.settings
    tokens = {
        None: Unauthenticated.status,
        gala.token: Forbidden.status,
        gala.box.issuer.token(admin=True): Forbidden.status,
        ServiceIdentity(settings, "catalog").token(): Forbidden.status,
        "forged": Unauthenticated.status,
    }
    for token, status in tokens.items():
        headers = {"authorization": f"Bearer {token}"} if token else {}
        answer = await gala.box.call(method, path, headers=headers, json={})
        assert answer.status_code == status, token


async def test_one_id_for_a_hold_and_a_booking(free_gala):
    """A caller may use the same id for both: they are of different kinds."""
    await free_gala.quota(5)
    same = new_uuid()
    await free_gala.hold(1, hold_id=HoldId(same))
    booking = await free_gala.book_free(1, booking_id=BookingId(same))
    assert booking.state == "confirmed"

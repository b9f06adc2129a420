"""Who may call what, and what happens to values that make no sense."""

import json
from pathlib import Path
from typing import Any

import pytest

from quickserve.contracts.payment import PAYMENT_MAX_MINOR
from quickserve.kernel.auth import ServiceIdentity
from quickserve.kernel.ids import new_uuid

from .conftest import Payments, order

# Fixed: the test's name carries it, and parallel workers must agree on names.
INTENT = "/intents/0190f5c2-3a52-7c11-9d1c-6f2f4f1d0c12"
REFUND = {"amount": {"minor": 1, "currency": "EUR"}}


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("PUT", INTENT, order().model_dump(mode="json")),
        ("GET", INTENT, None),
        ("PUT", f"{INTENT}/capture", None),
        ("PUT", f"{INTENT}/void", None),
        ("PUT", f"{INTENT}/refunds/0190f5c2-3a52-7c11-9d1c-6f2f4f1d0c13", REFUND),
    ],
)
async def test_only_the_services_concerned_move_money(
    payments: Payments, method: str, path: str, body: Any
):
    admin = payments.issuer.token(admin=True)
    booking = ServiceIdentity(payments.ctx.settings, "booking").token()
    for token, status in ((None, 401), (admin, 403), (booking, 403), ("forged", 401)):
        async with payments.http(token) as http:
            assert (await http.request(method, path, json=body)).status_code == status


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"amount": {"minor": 0, "currency": "EUR"}}, "amount.minor"),
        ({"amount": {"minor": -5, "currency": "EUR"}}, "amount.minor"),
        ({"amount": {"minor": PAYMENT_MAX_MINOR + 1, "currency": "EUR"}}, "amount.minor"),
        ({"amount": {"minor": 10**30, "currency": "EUR"}}, "amount"),
        ({"amount": {"minor": 1.5, "currency": "EUR"}}, "amount.minor"),
        ({"amount": {"minor": 100, "currency": "XXX"}}, "amount"),
        ({"amount": {"minor": 100, "currency": "eur"}}, "amount"),
        ({"amount": 100}, "amount"),
        ({"method": ""}, "method"),
        ({"method": "x" * 201}, "method"),
        ({"reference": "7"}, "reference"),
        ({"return_path": "https://example.org/"}, "return_path"),
        ({"return_path": "//example.org/"}, "return_path"),
        ({"return_path": "/\\example.org/"}, "return_path"),
        ({"card_number": "4242424242424242"}, "card_number"),
    ],
)
async def test_a_wrong_value_is_named(payments: Payments, change: dict[str, Any], field: str):
    body = {**order().model_dump(mode="json"), **change}
    async with payments.http(_checkout(payments)) as http:
        answer = await http.put(f"/intents/{new_uuid()}", json=body)
    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["errors"][0]["field"] == field


async def test_naughty_strings_are_refused_or_kept_but_never_stumbled_over(
    payments: Payments, data: Path
):
    strings = _naughty_strings(data)
    intent = await payments.paid(euros=1000)
    async with payments.http(_checkout(payments)) as http:
        for text in strings:
            body = {**order().model_dump(mode="json"), "method": text}
            typed = {"number": text[:40], "expiry": text[:10], "cvc": text[:6]}
            refund = {"amount": {"minor": 1, "currency": "EUR"}, "reason": text}
            answers = [
                await http.put(f"/intents/{new_uuid()}", content=_json(body)),
                await http.post("/sandbox/payment-methods", content=_json(typed)),
                await http.put(f"/intents/{intent.id}/refunds/{new_uuid()}", content=_json(refund)),
            ]
            assert all(answer.status_code < 500 for answer in answers), text


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"null", b"\xff", b'{"amount":' * 5000])
async def test_what_is_no_json_is_refused(payments: Payments, body: bytes):
    async with payments.http(_checkout(payments)) as http:
        answer = await http.put(f"/intents/{new_uuid()}", content=body)
    assert answer.status_code == 422


async def test_card_numbers_are_nowhere_in_the_database(payments: Payments):
    await payments.pay()
    tables = await payments.rows(
        "SELECT table_name FROM information_schema.tables WHERE table_schema = 'payment'"
    )
    for (table,) in tables:
        text = await payments.value(f"SELECT string_agg(t::text, '') FROM payment.{table} t")
        assert "4242" * 4 not in (text or "")


def _checkout(payments: Payments) -> str:
    return ServiceIdentity(payments.ctx.settings, "checkout").token()


def _json(body: Any) -> bytes:
    return json.dumps(body).encode()


def _naughty_strings(data: Path) -> list[str]:
    found = sorted((data / "vectors" / "badinput").glob("*blns*.json"))
    return json.loads(found[0].read_text("utf-8")) if found else pytest.skip("needs blns.json")

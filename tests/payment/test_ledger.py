"""The books: append-only, in balance, and audited by a check that does find what is wrong."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from quickserve.contracts.payment import IntentView, LedgerCheck
from quickserve.kernel.db import open_connection
from quickserve.kernel.errors import Forbidden, Unauthenticated
from quickserve.kernel.ids import new_uuid

from .conftest import Payments, order

LEDGER = "payment.ledger_transfers"


async def check(payments: Payments) -> LedgerCheck:
    return await payments.client.check_ledger()


async def balance(payments: Payments, account: str) -> tuple[int, int]:
    """Posted and pending minor units, debits minus credits."""
    found = [a for a in (await check(payments)).accounts if a.account == account]
    return (found[0].posted.minor, found[0].pending.minor) if found else (0, 0)


async def test_every_step_moves_the_organiser_s_balance(payments: Payments):
    request = order(euros=36)
    account = f"organiser-payable:{request.organiser_id}:EUR"
    intent = await payments.client.put_intent(new_uuid(), request)  # type: ignore[arg-type] # any id
    assert await balance(payments, account) == (0, -3600)
    await payments.client.capture(intent.id)
    assert await balance(payments, account) == (-3600, 0)
    await payments.give_back(intent, euros=6)
    assert await balance(payments, account) == (-3000, 0)


async def test_what_was_voided_or_declined_leaves_nothing(payments: Payments):
    for card in ("success", "declined", "challenge"):
        request = order(card)
        intent = await payments.client.put_intent(new_uuid(), request)  # type: ignore[arg-type] # any id
        await payments.client.void(intent.id)
        account = f"organiser-payable:{request.organiser_id}:EUR"
        assert await balance(payments, account) == (0, 0)


async def test_the_books_of_an_honest_day_balance(payments: Payments):
    await payments.give_back(await payments.paid(), euros=3)
    await payments.client.void((await payments.pay()).id)
    await payments.pay("declined")
    audit = await check(payments)
    assert audit.findings == []
    assert audit.balanced
    assert audit.transfers > 0
    assert sum(account.posted.minor for account in audit.accounts) == 0


# -- Append-only ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE ledger_transfers SET amount = 1",
        "UPDATE ledger_transfers SET amount = amount WHERE false",
        "DELETE FROM ledger_transfers",
        "DELETE FROM ledger_accounts",
        "UPDATE ledger_accounts SET currency = 'CHF'",
        "TRUNCATE ledger_transfers",
        "ALTER TABLE ledger_transfers DISABLE TRIGGER USER",
        "SET session_replication_role = replica",
        "DROP TABLE ledger_transfers",
    ],
)
async def test_the_service_cannot_rewrite_its_books(payments: Payments, statement: str):
    await payments.pay()
    connection = await open_connection(payments.ctx.db.url)
    async with connection:
        with pytest.raises(Exception, match=r"append-only|denied|owner"):
            await connection.execute(statement)  # type: ignore[arg-type] # a test's own text


@pytest.mark.parametrize("verb", ["UPDATE {} SET amount = 1", "DELETE FROM {}", "TRUNCATE {}"])
async def test_nor_can_the_administrator_by_mistake(payments: Payments, verb: str):
    with pytest.raises(Exception, match="append-only"):
        await payments.rows(verb.format(LEDGER))


@pytest.mark.parametrize(
    ("change", "constraint"),
    [
        ({}, "pending_resolved_once"),
        ({"amount": "amount - 1"}, "does not match"),
        ({"debit_account": "credit_account", "credit_account": "debit_account"}, "does not match"),
        ({"pending_id": "NULL", "kind": "'posted'", "currency": "'CHF'"}, "foreign key"),
        ({"pending_id": "NULL", "kind": "'posted'", "amount": "0"}, "check constraint"),
        ({"pending_id": "NULL", "kind": "'posted'", "credit_account": "debit_account"}, "check"),
        ({"pending_id": "NULL"}, "check constraint"),
    ],
)
async def test_no_crooked_entry_gets_in(
    payments: Payments, change: dict[str, str], constraint: str
):
    """Each is a copy of a good entry with something wrong."""
    intent = await payments.paid()
    copied = {
        "id": "gen_random_uuid()", "kind": "kind", "pending_id": "pending_id",
        "debit_account": "debit_account", "credit_account": "credit_account",
        "amount": "amount", "currency": "currency", "intent_id": "intent_id", **change,
    }  # fmt: skip
    with pytest.raises(Exception, match=constraint):
        await payments.rows(
            f"INSERT INTO {LEDGER} ({', '.join(copied)}) SELECT {', '.join(copied.values())}"
            f" FROM {LEDGER} WHERE intent_id = %s AND kind = 'post-pending'",
            (intent.id,),
        )


# -- The check finds what is planted --------------------------------------------------------------


@asynccontextmanager
async def planted(payments: Payments, plant: str, undo: str, params: Any) -> AsyncIterator[None]:
    """The administrator goes past every constraint, and clears away afterwards."""
    connection = await open_connection(payments.admin_url)
    async with connection:
        await connection.execute("SET session_replication_role = replica")
        await connection.execute(plant, params)  # type: ignore[arg-type] # a test's own text
        try:
            yield
        finally:
            await connection.execute(undo, params)  # type: ignore[arg-type] # a test's own text


_ENTRY = (
    "INSERT INTO payment.ledger_transfers (id, kind, debit_account, credit_account, amount,"
    " currency, intent_id, pending_id) SELECT %(id)s, {kind}, {debit}, {credit}, {amount},"
    " {currency}, {intent}, {pending} FROM payment.ledger_transfers WHERE id = %(intent)s"
)
_GOOD = {
    "kind": "'posted'", "debit": "debit_account", "credit": "credit_account", "amount": "amount",
    "currency": "currency", "intent": "intent_id",
    "pending": "NULL::uuid",
}  # fmt: skip


@pytest.mark.parametrize(
    ("entry", "words"),
    [
        ({"credit": "'organiser-payable:lost:EUR'"}, "missing or of another currency"),
        ({"credit": "'organiser-payable:lost:EUR'"}, "sum to"),
        ({"intent": "gen_random_uuid()"}, "belongs to no payment"),
        ({"kind": "'post-pending'", "pending": "gen_random_uuid()"}, "resolves no pending"),
        ({}, "the ledger has 7200 posted"),
        ({"kind": "'pending'"}, "3600 open"),
    ],
)
async def test_a_planted_entry_is_found(payments: Payments, entry: dict[str, str], words: str):
    intent = await payments.paid(euros=36)
    params = {"id": new_uuid(), "intent": intent.id}
    plant = _ENTRY.format(**{**_GOOD, **entry})
    async with planted(payments, plant, f"DELETE FROM {LEDGER} WHERE id = %(id)s", params):
        audit = await check(payments)
    assert not audit.balanced
    assert any(words in finding for finding in audit.findings), audit.findings
    assert (await check(payments)).balanced


async def test_a_pending_entry_resolved_twice_is_found(payments: Payments):
    intent = await payments.paid()
    plant = _ENTRY.format(**{**_GOOD, "kind": "'void-pending'", "pending": "intent_id"})
    index = await payments.value(
        "SELECT pg_get_indexdef('payment.pending_resolved_once'::regclass)"
    )
    await payments.rows("DROP INDEX payment.pending_resolved_once")
    params = {"id": new_uuid(), "intent": intent.id}
    async with planted(payments, plant, f"DELETE FROM {LEDGER} WHERE id = %(id)s", params):
        audit = await check(payments)
    await payments.rows(index)
    assert audit.findings == [f"Pending transfer {intent.id} is resolved 2 times."]


async def _captured_without_entry(payments: Payments) -> tuple[IntentView, str, str]:
    return (
        await payments.pay(),
        "UPDATE payment.intents SET state = 'captured' WHERE id = %(id)s",
        "UPDATE payment.intents SET state = 'authorized' WHERE id = %(id)s",
    )


async def _authorised_without_entry(payments: Payments) -> tuple[IntentView, str, str]:
    return (
        await payments.pay("declined"),
        "UPDATE payment.intents SET state = 'authorized', charge_id = 'x' WHERE id = %(id)s",
        "UPDATE payment.intents SET state = 'declined', charge_id = NULL WHERE id = %(id)s",
    )


async def _refunded_without_entry(payments: Payments) -> tuple[IntentView, str, str]:
    return (
        await payments.paid(),
        "UPDATE payment.intents SET reserved_minor = 100, refunded_minor = 100 WHERE id = %(id)s",
        "UPDATE payment.intents SET reserved_minor = 0, refunded_minor = 0 WHERE id = %(id)s",
    )


async def _declined_with_an_open_entry(payments: Payments) -> tuple[IntentView, str, str]:
    return (
        await payments.pay(),
        "UPDATE payment.intents SET state = 'declined' WHERE id = %(id)s",
        "UPDATE payment.intents SET state = 'authorized' WHERE id = %(id)s",
    )


@pytest.mark.parametrize(
    "lie",
    [
        _captured_without_entry,
        _authorised_without_entry,
        _refunded_without_entry,
        _declined_with_an_open_entry,
    ],
)
async def test_a_state_the_ledger_does_not_know_is_found(payments: Payments, lie: Any):
    intent, plant, undo = await lie(payments)
    async with planted(payments, plant, undo, {"id": intent.id}):
        audit = await check(payments)
    assert [finding for finding in audit.findings if str(intent.id) in finding]
    assert not audit.balanced
    assert (await check(payments)).balanced


async def test_only_administrators_and_services_audit(payments: Payments):
    admin = payments.issuer.token(admin=True)
    assert (await payments.client.check_ledger(admin)).balanced
    with pytest.raises(Forbidden):
        await payments.client.check_ledger(payments.issuer.token())
    async with payments.http() as http:
        assert (await http.get("/ledger/check")).status_code == Unauthenticated.status

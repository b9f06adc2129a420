"""Every SQL statement of the sandbox. Its tables are the bank's, not ours."""

from dataclasses import dataclass
from uuid import UUID

from quickserve.contracts.payment import IntentId
from quickserve.kernel.db import Transaction


@dataclass(frozen=True, slots=True)
class Charge:
    id: str
    key: IntentId
    method: str
    amount_minor: int
    currency: str
    state: str
    failure: str | None
    refunded_minor: int


@dataclass(frozen=True, slots=True)
class DueCallback:
    id: UUID
    charge_id: str


async def insert_charge(
    tx: Transaction, charge: Charge, callback_id: UUID, *, deliveries: int, delay_ms: int
) -> bool:
    """With the answers it will give later, if any. False when the key was used before."""
    return await tx.value(
        "WITH charge AS ("
        "  INSERT INTO sandbox_charges (id, key, method, amount_minor, currency, state, failure)"
        "  VALUES (%(id)s, %(key)s, %(method)s, %(amount_minor)s, %(currency)s, %(state)s,"
        "   %(failure)s) ON CONFLICT (key) DO NOTHING RETURNING id),"
        " callback AS ("
        "  INSERT INTO sandbox_callbacks (id, charge_id, deliveries, due_at)"
        "  SELECT %(callback_id)s, id, %(deliveries)s,"
        "   clock_timestamp() + %(delay_ms)s * interval '1 millisecond'"
        "  FROM charge WHERE %(deliveries)s > 0)"
        " SELECT EXISTS (SELECT FROM charge)",
        {
            "id": charge.id, "key": charge.key, "method": charge.method,
            "amount_minor": charge.amount_minor, "currency": charge.currency,
            "state": charge.state, "failure": charge.failure, "callback_id": callback_id,
            "deliveries": deliveries, "delay_ms": delay_ms,
        },
    )  # fmt: skip


async def capture_authorized(tx: Transaction, charge_id: str) -> bool:
    """False when it is not authorised, or its card has the capture refused."""
    captured = await tx.execute(
        "UPDATE sandbox_charges SET state = 'captured'"
        " WHERE id = %s AND state = 'authorized' AND method <> 'sandbox-capture-refused'",
        (charge_id,),
    )
    return captured == 1


async def charge_of_key(tx: Transaction, key: IntentId) -> Charge | None:
    return await tx.maybe(
        Charge,
        "SELECT id, key, method, amount_minor, currency, state, failure, refunded_minor"
        " FROM sandbox_charges WHERE key = %s",
        (key,),
    )


async def find_charge(tx: Transaction, charge_id: str) -> Charge | None:
    return await tx.maybe(
        Charge,
        "SELECT id, key, method, amount_minor, currency, state, failure, refunded_minor"
        " FROM sandbox_charges WHERE id = %s",
        (charge_id,),
    )


async def lock_charge(tx: Transaction, charge_id: str) -> Charge | None:
    return await tx.maybe(
        Charge,
        "SELECT id, key, method, amount_minor, currency, state, failure, refunded_minor"
        " FROM sandbox_charges WHERE id = %s FOR UPDATE",
        (charge_id,),
    )


async def set_state(tx: Transaction, charge_id: str, state: str, failure: str | None) -> None:
    await tx.execute(
        "UPDATE sandbox_charges SET state = %s, failure = %s WHERE id = %s",
        (state, failure, charge_id),
    )


async def insert_refund(tx: Transaction, key: str, charge_id: str, amount_minor: int) -> bool:
    """False when the key was used before."""
    return (
        await tx.execute(
            "INSERT INTO sandbox_refunds (key, charge_id, amount_minor) VALUES (%s, %s, %s)"
            " ON CONFLICT DO NOTHING",
            (key, charge_id, amount_minor),
        )
        == 1
    )


async def add_refunded(tx: Transaction, charge_id: str, amount_minor: int) -> None:
    await tx.execute(
        "UPDATE sandbox_charges SET refunded_minor = refunded_minor + %s WHERE id = %s",
        (amount_minor, charge_id),
    )


async def insert_callback(tx: Transaction, callback_id: UUID, charge_id: str) -> None:
    """To be given at once, and once."""
    await tx.execute(
        "INSERT INTO sandbox_callbacks (id, charge_id, deliveries, due_at)"
        " VALUES (%s, %s, 1, clock_timestamp())",
        (callback_id, charge_id),
    )


async def claim_callbacks(tx: Transaction) -> list[DueCallback]:
    """Those due; each is due again a little later unless it is marked as delivered before."""
    return await tx.all(
        DueCallback,
        "UPDATE sandbox_callbacks SET due_at = clock_timestamp() + interval '2 seconds'"
        " WHERE id IN (SELECT id FROM sandbox_callbacks WHERE due_at <= clock_timestamp()"
        "  ORDER BY due_at LIMIT 50 FOR UPDATE SKIP LOCKED)"
        " RETURNING id, charge_id",
    )


async def delete_last_callback(tx: Transaction, callback_id: UUID) -> None:
    await tx.execute(
        "DELETE FROM sandbox_callbacks WHERE id = %s AND deliveries = 1", (callback_id,)
    )


async def count_delivery(tx: Transaction, callback_id: UUID) -> None:
    await tx.execute(
        "UPDATE sandbox_callbacks SET deliveries = deliveries - 1, due_at = clock_timestamp()"
        " WHERE id = %s AND deliveries > 1",
        (callback_id,),
    )

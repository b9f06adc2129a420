"""Every SQL statement of the payment service's own books (the sandbox keeps its own)."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import LiteralString
from uuid import UUID

from quickserve.contracts.payment import IntentCaptured, IntentId, RefundId, RefundTooLarge
from quickserve.kernel.db import Transaction
from quickserve.kernel.errors import Problem
from quickserve.payment.model import Intent, Refund, RefundState, Sides

CONSTRAINTS: dict[str, type[Problem]] = {
    "refund_within_captured": RefundTooLarge,
    "pending_resolved_once": IntentCaptured,
}

# The columns of an Intent that are the row's own; each statement adds `due` and `given_up`.
_INTENT: LiteralString = (
    "id, organiser_id, amount_minor, currency, method, reference, return_path, provider, state,"
    " failure, challenge_path, charge_id, capturing, reserved_minor, refunded_minor, attempts,"
    " created_at"
)
_SELECT: LiteralString = "SELECT "
_OF_ONE: LiteralString = (
    ", next_attempt_at IS NOT NULL AS due,"
    " EXISTS (SELECT FROM intent_tombstones t WHERE t.intent_id = i.id) AS given_up"
    " FROM intents i WHERE id = %s"
)
_CLAIM_DUE: LiteralString = (
    "UPDATE intents SET attempts = attempts + 1, next_attempt_at = clock_timestamp()"
    "  + least(%s, power(2, least(attempts, 20))) * interval '1 second'"
    " WHERE id IN (SELECT id FROM intents WHERE next_attempt_at <= clock_timestamp()"
    "  ORDER BY next_attempt_at LIMIT 20 FOR UPDATE SKIP LOCKED) RETURNING "
)
_START_CAPTURE: LiteralString = (
    "UPDATE intents SET capturing = true WHERE id = %s AND state = 'authorized' RETURNING "
)

# -- Intents --------------------------------------------------------------------------------------


async def insert_tombstone(tx: Transaction, intent_id: IntentId) -> None:
    await tx.execute(
        "INSERT INTO intent_tombstones (intent_id) VALUES (%s) ON CONFLICT DO NOTHING", (intent_id,)
    )


async def insert_intent(tx: Transaction, intent: Intent, *, retry_seconds: float) -> bool:
    """False when the id was used before, be it by an intent or by a tombstone."""
    return await tx.execute(
        "INSERT INTO intents (id, organiser_id, amount_minor, currency, method, reference,"
        "  return_path, provider, state, next_attempt_at)"
        " SELECT %(id)s, %(organiser_id)s, %(amount_minor)s, %(currency)s, %(method)s,"
        "  %(reference)s, %(return_path)s, %(provider)s, 'processing',"
        "  clock_timestamp() + %(retry_seconds)s * interval '1 second'"
        " WHERE NOT EXISTS (SELECT FROM intent_tombstones WHERE intent_id = %(id)s)"
        " ON CONFLICT (id) DO NOTHING",
        {
            "id": intent.id, "organiser_id": intent.organiser_id,
            "amount_minor": intent.amount_minor, "currency": intent.currency,
            "method": intent.method, "reference": intent.reference,
            "return_path": intent.return_path, "provider": intent.provider,
            "retry_seconds": retry_seconds,
        },
    ) == 1  # fmt: skip


async def find_intent(tx: Transaction, intent_id: IntentId) -> Intent | None:
    return await tx.maybe(
        Intent,
        _SELECT + _INTENT + _OF_ONE,
        (intent_id,),
    )


async def lock_intent(tx: Transaction, intent_id: IntentId) -> Intent | None:
    return await tx.maybe(
        Intent,
        _SELECT + _INTENT + _OF_ONE + " FOR UPDATE OF i",
        (intent_id,),
    )


async def claim_due_intents(tx: Transaction, *, retry_seconds_max: float) -> list[Intent]:
    """Those whose provider is to be asked again now; they are due again, each time later."""
    return await tx.all(
        Intent,
        _CLAIM_DUE + _INTENT + ", true AS due, false AS given_up",
        (retry_seconds_max,),
    )


async def start_capture(tx: Transaction, intent_id: IntentId) -> Intent | None:
    """Marks that a capture is sent, again perhaps. None unless the amount is set aside."""
    return await tx.maybe(
        Intent,
        _START_CAPTURE + _INTENT + ", false AS due, false AS given_up",
        (intent_id,),
    )


async def save_intent(
    tx: Transaction, intent: Intent, *, retry_seconds: float | None = None
) -> None:
    """Writes what may change; the provider is asked again in `retry_seconds`, None: never."""
    await tx.execute(
        "UPDATE intents SET state = %(state)s, failure = %(failure)s, charge_id = %(charge_id)s,"
        "  challenge_path = %(challenge_path)s, capturing = %(capturing)s,"
        "  next_attempt_at = clock_timestamp()"
        "   + %(retry_seconds)s::double precision * interval '1 second'"
        " WHERE id = %(id)s",
        {
            "id": intent.id, "state": intent.state, "failure": intent.failure,
            "charge_id": intent.charge_id, "challenge_path": intent.challenge_path,
            "capturing": intent.capturing, "retry_seconds": retry_seconds,
        },
    )  # fmt: skip


async def add_reserved(tx: Transaction, intent_id: IntentId, minor: int) -> None:
    """Sets aside for a refund, or gives back what a refused one had; never over the captured."""
    await tx.execute(
        "UPDATE intents SET reserved_minor = reserved_minor + %s WHERE id = %s", (minor, intent_id)
    )


async def add_refunded(tx: Transaction, intent_id: IntentId, minor: int) -> None:
    await tx.execute(
        "UPDATE intents SET refunded_minor = refunded_minor + %s WHERE id = %s", (minor, intent_id)
    )


async def forget_methods(tx: Transaction, limit: int) -> int:
    """Of payments that were decided when the accounts' ten years began. How many there were."""
    return await tx.execute(
        "UPDATE intents SET method = '' WHERE id IN (SELECT id FROM intents"
        "  WHERE created_at < statement_timestamp() - interval '10 years' AND method <> ''"
        "  AND next_attempt_at IS NULL AND state IN ('captured', 'declined', 'voided')"
        "  LIMIT %s FOR UPDATE SKIP LOCKED)",
        (limit,),
    )


async def erase_methods(tx: Transaction, references: Sequence[UUID]) -> int:
    """Of decided payments, and the path back to the purchase. How many there were."""
    return await tx.execute(
        "UPDATE intents SET method = '', return_path = '' WHERE reference = ANY(%s)"
        " AND next_attempt_at IS NULL AND state IN ('captured', 'declined', 'voided')"
        " AND (method, return_path) <> ('', '')",
        (list(references),),
    )


async def count_open(tx: Transaction, references: Sequence[UUID]) -> int:
    """Payments that are not decided, or whose money the provider still has to release."""
    return await tx.value(
        "SELECT count(*) FROM intents WHERE reference = ANY(%s) AND (next_attempt_at IS NOT NULL"
        " OR state NOT IN ('captured', 'declined', 'voided'))",
        (list(references),),
    )


async def delete_tombstones(tx: Transaction, limit: int) -> int:
    """Of voids so long ago that no authorisation comes late any more. How many there were."""
    return await tx.execute(
        "DELETE FROM intent_tombstones WHERE intent_id IN (SELECT intent_id"
        "  FROM intent_tombstones WHERE at < statement_timestamp() - interval '30 days'"
        "  ORDER BY at LIMIT %s)",
        (limit,),
    )


# -- Refunds --------------------------------------------------------------------------------------


async def insert_refund(tx: Transaction, refund: Refund) -> bool:
    """False when the id was used before."""
    return await tx.execute(
        "INSERT INTO refunds (id, intent_id, amount_minor, currency, reason, state)"
        " VALUES (%s, %s, %s, %s, %s, %s) ON CONFLICT (id) DO NOTHING",
        (
            refund.id, refund.intent_id, refund.amount_minor, refund.currency, refund.reason,
            refund.state,
        ),
    ) == 1  # fmt: skip


async def find_refund(tx: Transaction, refund_id: RefundId) -> Refund | None:
    return await tx.maybe(
        Refund,
        "SELECT id, intent_id, amount_minor, currency, reason, state FROM refunds WHERE id = %s",
        (refund_id,),
    )


async def settle_refund(tx: Transaction, refund_id: RefundId, state: RefundState) -> bool:
    """False when it was settled before."""
    return (
        await tx.execute(
            "UPDATE refunds SET state = %s WHERE id = %s AND state = 'processing'",
            (state, refund_id),
        )
        == 1
    )


# -- What providers told --------------------------------------------------------------------------


async def insert_callback(
    tx: Transaction, provider: str, callback_id: str, intent_id: IntentId, outcome: str
) -> bool:
    """False when this callback's effect is committed already."""
    return (
        await tx.execute(
            "INSERT INTO provider_callbacks (provider, id, intent_id, outcome)"
            " VALUES (%s, %s, %s, %s) ON CONFLICT DO NOTHING",
            (provider, callback_id, intent_id, outcome),
        )
        == 1
    )


async def delete_callbacks(tx: Transaction, limit: int) -> int:
    """Those that no provider repeats any more. How many there were."""
    return await tx.execute(
        "DELETE FROM provider_callbacks WHERE (provider, id) IN (SELECT provider, id"
        "  FROM provider_callbacks WHERE received_at < statement_timestamp() - interval '30 days'"
        "  ORDER BY received_at LIMIT %s)",
        (limit,),
    )


# -- Ledger ---------------------------------------------------------------------------------------


async def insert_pending_sale(tx: Transaction, sides: Sides, intent: Intent) -> None:
    """Its id is the intent's: there can be only one. Opens the accounts at their first use."""
    await tx.execute(
        "WITH opened AS ("
        "  INSERT INTO ledger_accounts (code, kind, organiser_id, currency) VALUES"
        "  (%(debit)s, 'provider-receivable', NULL, %(currency)s),"
        "  (%(credit)s, 'organiser-payable', %(organiser_id)s, %(currency)s)"
        "  ON CONFLICT DO NOTHING)"
        " INSERT INTO ledger_transfers"
        " (id, kind, debit_account, credit_account, amount, currency, intent_id)"
        " VALUES (%(id)s, 'pending', %(debit)s, %(credit)s, %(amount)s, %(currency)s, %(id)s)",
        {
            "id": intent.id, "debit": sides.debit, "credit": sides.credit,
            "organiser_id": intent.organiser_id, "amount": intent.amount_minor,
            "currency": intent.currency,
        },
    )  # fmt: skip


async def insert_pending_refund(tx: Transaction, sides: Sides, refund: Refund) -> None:
    """Its id is the refund's: there can be only one."""
    await tx.execute(
        "INSERT INTO ledger_transfers"
        " (id, kind, debit_account, credit_account, amount, currency, intent_id, refund_id)"
        " VALUES (%s, 'pending', %s, %s, %s, %s, %s, %s)",
        (
            refund.id, sides.debit, sides.credit, refund.amount_minor, refund.currency,
            refund.intent_id, refund.id,
        ),
    )  # fmt: skip


async def insert_resolution(tx: Transaction, transfer_id: UUID, pending_id: UUID, kind: str) -> int:
    """Posts or voids a pending transfer, whole. A second resolution breaks a unique index."""
    return await tx.execute(
        "INSERT INTO ledger_transfers (id, kind, pending_id, debit_account, credit_account,"
        "  amount, currency, intent_id, refund_id)"
        " SELECT %s, %s, id, debit_account, credit_account, amount, currency, intent_id, refund_id"
        " FROM ledger_transfers WHERE id = %s",
        (transfer_id, kind, pending_id),
    )


@dataclass(frozen=True, slots=True)
class Balance:
    """Debits minus credits, so that a currency's accounts sum to zero."""

    code: str
    currency: str
    posted: int
    pending: int


@dataclass(frozen=True, slots=True)
class Finding:
    """Something the books should not hold."""

    subject: str
    detail: str


async def freeze(tx: Transaction) -> None:
    """Every later statement of the transaction sees the same moment. To be its first."""
    await tx.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")


async def count_transfers(tx: Transaction) -> int:
    return await tx.value("SELECT count(*) FROM ledger_transfers")


async def balances(tx: Transaction) -> list[Balance]:
    return await tx.all(
        Balance,
        "WITH entries AS ("
        "  SELECT debit_account AS code, amount, kind, id FROM ledger_transfers"
        "  UNION ALL SELECT credit_account, -amount, kind, id FROM ledger_transfers)"
        " SELECT a.code, a.currency,"
        "  coalesce(sum(e.amount) FILTER (WHERE e.kind IN ('posted', 'post-pending')), 0)::bigint"
        "   AS posted,"
        "  coalesce(sum(e.amount) FILTER (WHERE e.kind = 'pending' AND NOT EXISTS"
        "   (SELECT FROM ledger_transfers r WHERE r.pending_id = e.id)), 0)::bigint AS pending"
        " FROM ledger_accounts a LEFT JOIN entries e ON e.code = a.code"
        " GROUP BY a.code, a.currency ORDER BY a.code",
    )


async def broken_transfers(tx: Transaction) -> list[Finding]:
    """Transfers that no constraint would have let in."""
    return await tx.all(
        Finding,
        "SELECT t.id::text AS subject, CASE"
        "   WHEN i.id IS NULL THEN 'it belongs to no payment'"
        "   WHEN d.currency IS DISTINCT FROM t.currency OR c.currency IS DISTINCT FROM t.currency"
        "    THEN 'an account is missing or of another currency'"
        "   ELSE 'it resolves no pending transfer of the same amount and accounts' END AS detail"
        " FROM ledger_transfers t LEFT JOIN intents i ON i.id = t.intent_id"
        " LEFT JOIN ledger_accounts d ON d.code = t.debit_account"
        " LEFT JOIN ledger_accounts c ON c.code = t.credit_account"
        " LEFT JOIN ledger_transfers p ON p.id = t.pending_id AND p.kind = 'pending'"
        "  AND p.amount = t.amount AND p.debit_account = t.debit_account"
        "  AND p.credit_account = t.credit_account AND p.currency = t.currency"
        " WHERE i.id IS NULL OR d.currency IS DISTINCT FROM t.currency"
        "  OR c.currency IS DISTINCT FROM t.currency"
        "  OR (t.kind IN ('post-pending', 'void-pending')) <> (p.id IS NOT NULL)"
        " ORDER BY t.id LIMIT 50",
    )


async def resolved_twice(tx: Transaction) -> list[Finding]:
    return await tx.all(
        Finding,
        "SELECT pending_id::text AS subject, count(*) || ' times' AS detail FROM ledger_transfers"
        " WHERE pending_id IS NOT NULL GROUP BY pending_id HAVING count(*) > 1"
        " ORDER BY pending_id LIMIT 50",
    )


async def disagreeing_intents(tx: Transaction) -> list[Finding]:
    """Payments whose state is not what their transfers say."""
    return await tx.all(
        Finding,
        "WITH sums AS ("
        "  SELECT t.intent_id,"
        "   coalesce(sum(t.amount) FILTER (WHERE t.refund_id IS NULL"
        "    AND t.kind IN ('posted', 'post-pending')), 0) AS posted,"
        "   coalesce(sum(t.amount) FILTER (WHERE t.refund_id IS NULL AND t.kind = 'pending'"
        "    AND r.id IS NULL), 0) AS open,"
        "   coalesce(sum(t.amount) FILTER (WHERE t.refund_id IS NOT NULL"
        "    AND t.kind IN ('posted', 'post-pending')), 0) AS refunded,"
        "   coalesce(sum(t.amount) FILTER (WHERE t.refund_id IS NOT NULL AND t.kind = 'pending'"
        "    AND r.id IS NULL), 0) AS refunding"
        "  FROM ledger_transfers t LEFT JOIN ledger_transfers r ON r.pending_id = t.id"
        "  GROUP BY t.intent_id),"
        " told AS ("
        "  SELECT intent_id, sum(amount_minor) FILTER (WHERE state = 'done') AS refunded,"
        "   sum(amount_minor) FILTER (WHERE state = 'processing') AS refunding"
        "  FROM refunds GROUP BY intent_id),"
        " facts AS ("
        "  SELECT i.id, i.state, i.amount_minor, i.charge_id, i.refunded_minor, i.reserved_minor,"
        "   coalesce(s.posted, 0) AS posted, coalesce(s.open, 0) AS open,"
        "   coalesce(s.refunded, 0) AS refunded, coalesce(s.refunding, 0) AS refunding,"
        "   coalesce(r.refunded, 0) AS told_refunded, coalesce(r.refunding, 0) AS told_refunding"
        "  FROM intents i LEFT JOIN sums s ON s.intent_id = i.id"
        "  LEFT JOIN told r ON r.intent_id = i.id)"
        " SELECT id::text AS subject, format('it is %%s for %%s, and the ledger has %%s posted,"
        " %%s open, %%s refunded, %%s being refunded; %%s recorded as refunded; charge %%s', state,"
        " amount_minor, posted, open, refunded, refunding, refunded_minor,"
        " coalesce(charge_id, 'unknown')) AS detail"
        " FROM facts WHERE"
        "  posted <> CASE state WHEN 'captured' THEN amount_minor ELSE 0 END"
        "  OR open <> CASE state WHEN 'authorized' THEN amount_minor ELSE 0 END"
        "  OR (state = 'captured' AND charge_id IS NULL)"
        "  OR refunded <> told_refunded OR refunding <> told_refunding"
        "  OR refunded_minor <> told_refunded"
        "  OR reserved_minor <> told_refunded + told_refunding OR refunded + refunding > posted"
        " ORDER BY id LIMIT %s",
        (50,),
    )

"""Events arrive: the inbox row and the effect commit together, so a repeat has no effect."""

from quickserve.kernel.db import Database, Transaction
from quickserve.kernel.events import Message


async def first_time(tx: Transaction, message: Message, consumer: str) -> bool:
    """Records the message. False when its effect is committed already: then do nothing."""
    inserted = await tx.execute(
        "INSERT INTO inbox (message_id, consumer) VALUES (%s, %s) ON CONFLICT DO NOTHING",
        (message.id, consumer),
    )
    return inserted == 1


async def forget_old(db: Database) -> None:
    """Rows that no delivery can repeat any more: retries come within minutes, replays in days."""
    async with db.read() as tx:
        await tx.execute(
            "DELETE FROM inbox WHERE (message_id, consumer) IN (SELECT message_id, consumer"
            " FROM inbox WHERE received_at < clock_timestamp() - interval '30 days' LIMIT 10000)"
        )

"""Events arrive: the inbox row and the effect commit together, so a repeat has no effect."""

from quickserve.kernel.db import Transaction
from quickserve.kernel.events import Message


async def first_time(tx: Transaction, message: Message, consumer: str) -> bool:
    """Records the message. False when its effect is committed already: then do nothing."""
    inserted = await tx.execute(
        "INSERT INTO inbox (message_id, consumer) VALUES (%s, %s) ON CONFLICT DO NOTHING",
        (message.id, consumer),
    )
    return inserted == 1

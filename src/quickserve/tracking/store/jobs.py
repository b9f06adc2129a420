"""Jobs: what is carried to whom."""

from quickserve.contracts.tracking import JobId, JobState
from quickserve.kernel.db import Transaction


async def find_state(tx: Transaction, job_id: JobId) -> JobState | None:
    return await tx.value("SELECT state FROM jobs WHERE id = %s", (job_id,))

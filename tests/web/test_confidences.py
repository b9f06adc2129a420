"""Logs, spans and metrics tell what happened, never to whom, nor by which key."""

import asyncio
import json
import sys
from asyncio.subprocess import PIPE

from quickserve.kernel.db import ensure_database


async def test_what_is_told_in_confidence_stays_there(database_url: str) -> None:
    url = await ensure_database(database_url, "confidences")
    program = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.web.confidences", url, stdout=PIPE, stderr=PIPE
    )
    out, logs = (text.decode() for text in await program.communicate())
    assert program.returncode == 0, logs[-3000:]
    told = json.loads(out)
    lines = [json.loads(line) for line in logs.splitlines()]  # all of them are JSON
    # There was something to overhear, and we did listen.
    assert len(told["secret"]) > 30
    assert len(told["spans"]) > 100
    routes = {line["route"] for line in lines if line["event"] == "request"}
    assert {"/tickets/{booking_id}/{key}", "/checkouts/{checkout_id}", "/door/{date_id}"} <= routes
    assert all(line["trace_id"] for line in lines if line["event"] == "request")
    (planted,) = (line for line in lines if line["event"] == "planted")
    assert planted["exception"].splitlines()[-1] == "RuntimeError"
    for channel, words in (
        ("logs", logs), ("spans", "\n".join(told["spans"])), ("metrics", told["metrics"]),
    ):  # fmt: skip
        found = [secret for secret in told["secret"] if secret.lower() in words.lower()]
        assert found == [], channel

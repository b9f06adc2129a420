"""Metrics and logs: bounded labels, no personal data, one line a request."""

import asyncio
import json
import logging
import re
import subprocess
import sys
from collections.abc import AsyncIterator

import httpx2 as httpx
import pytest
import structlog
from fastapi import APIRouter
from prometheus_client.parser import text_string_to_metric_families as families
from pydantic import BaseModel
from starlette.requests import Request
from starlette.responses import StreamingResponse
from structlog.testing import capture_logs

from quickserve.kernel.auth import anyone
from quickserve.kernel.settings import Settings

from .world import app_of, http_of

router = APIRouter(prefix="/loaves", dependencies=[anyone])


class Loaf(BaseModel):
    name: str


@router.get("/{name}")
async def loaf(name: str, request: Request) -> Loaf:
    if name == "burnt":
        raise RuntimeError("burnt")
    return Loaf(name=name)


@router.get("/{name}/crumbs")
async def crumbs(name: str) -> StreamingResponse:
    async def falling() -> AsyncIterator[str]:
        for _ in range(3):
            await asyncio.sleep(0.2)
            yield f"data: {name}\n\n"

    return StreamingResponse(falling(), media_type="text/event-stream")


async def counted(http: httpx.AsyncClient, service: str) -> dict[tuple[str, str, str], float]:
    """Requests by method, route and status, as the page of metrics tells them."""
    page = await http.get("/metrics")
    assert page.headers["content-type"].startswith("text/plain")
    return {
        (s.labels["method"], s.labels["route"], s.labels["status"]): s.value
        for family in families(page.text)
        for s in family.samples
        if s.name == "quickserve_request_seconds_count" and s.labels["service"] == service
    }


async def test_requests_are_counted_by_route_not_by_address(settings: Settings) -> None:
    async with http_of(app_of(settings, router, name="measured")) as http:
        for path in ("/loaves/rye", "/loaves/spelt?key=secret", "/loaves/burnt", "/nowhere/7"):
            await http.get(path)
        await http.post("/loaves/rye")
        await http.request("BREW", "/loaves/rye")
        count = await counted(http, "measured")
    assert count[("GET", "/loaves/{name}", "200")] == 2
    assert count[("GET", "/loaves/{name}", "500")] == 1
    assert count[("GET", "unmatched", "404")] == 1
    assert {method for method, _, _ in count} <= {"GET", "POST", "other"}
    assert "rye" not in str(count)


async def test_a_stream_is_answered_when_it_begins(settings: Settings) -> None:
    """How long somebody leaves a page open says nothing of how fast we are."""
    async with http_of(app_of(settings, router, name="streamed")) as http:
        assert (await http.get("/loaves/rye/crumbs")).text.count("rye") == 3
        page = (await http.get("/metrics")).text
    [seconds] = [
        sample.value
        for family in families(page)
        for sample in family.samples
        if sample.name == "quickserve_request_seconds_sum"
        and (sample.labels["service"], sample.labels["route"])
        == ("streamed", "/loaves/{name}/crumbs")
    ]
    assert seconds < 0.4  # it lasted 0.6


async def test_a_bug_is_logged_by_route_not_by_address(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Some addresses are keys: whoever reads the log could print somebody's tickets."""
    with capture_logs() as logged:
        monkeypatch.setattr("quickserve.kernel.http.log", structlog.get_logger())
        async with http_of(app_of(settings, router, name="discreet")) as http:
            assert (await http.get("/loaves/burnt?key=secret")).status_code == 500
    told = next(one for one in logged if one["event"] == "unexpected_error")
    assert told["route"] == "/loaves/{name}"
    assert not {"burnt", "secret"} & set(re.findall(r"\w+", str(told)))


PROGRAM = """
import sys
from quickserve.kernel.logs import configure_logging
from quickserve.kernel.telemetry import log
configure_logging("info", sys.argv[1])
log.debug("hidden")
log.info("baked", loaves=3)
try:
    customer = "Anna Arendt"
    raise ValueError("burnt")
except ValueError:
    log.exception("oven")
"""


@pytest.mark.parametrize("form", ["json", "text"])
def test_logs_go_to_stderr_without_variables(form: str) -> None:
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", PROGRAM, form],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert done.stdout == ""
    assert "hidden" not in done.stderr
    assert "ValueError" in done.stderr
    assert ("burnt" in done.stderr) == (form == "text"), "its words may quote a form or a row"
    assert done.stderr.count("Anna Arendt") <= 1, "the line of source, not the variable"
    if form == "json":
        first, second = (json.loads(line) for line in done.stderr.splitlines())
        assert (first["event"], first["loaves"], first["level"]) == ("baked", 3, "info")
        assert re.match(r"\d{4}-\d\d-\d\dT.*Z", second["timestamp"])


def test_libraries_warn_on_stderr_too() -> None:
    assert logging.getLogger("psycopg.pool").getEffectiveLevel() >= logging.WARNING

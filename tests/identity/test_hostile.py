"""Whatever strangers send is answered below 500, and bad addresses are refused."""

import json
from pathlib import Path
from typing import Any

import pytest

from quickserve.kernel.auth import ServiceIdentity
from quickserve.kernel.ids import new_uuid

from .conftest import PASSWORD, Identity


def _cli(identity: Identity) -> str:
    return ServiceIdentity(identity.ctx.settings, "cli").token()


async def test_known_odd_addresses_are_judged_not_stumbled_over(identity: Identity, data: Path):
    """isemail's own list: what it calls an error is refused, what it calls valid is taken."""
    lines = (data / "vectors" / "badinput" / "isemail.jsonl").read_text("utf-8").splitlines()
    taken: dict[str, list[int]] = {}
    async with identity.http(_cli(identity)) as http:
        for case in map(json.loads, lines):
            body = {"email": case["address"], "name": "Ana", "password": PASSWORD}
            answer = await http.put(f"/people/{new_uuid()}", content=json.dumps(body).encode())
            taken.setdefault(case["category"], []).append(answer.status_code)
            typed = {"email": case["address"], "password": "x"}
            tried = await http.post("/sessions", content=_json(typed))
            assert tried.status_code in (401, 422), case
    assert set(taken["ISEMAIL_ERR"]) == {422}
    assert {status for statuses in taken.values() for status in statuses} <= {200, 409, 422}


async def test_naughty_strings_everywhere(identity: Identity, data: Path):
    strings = json.loads((data / "vectors" / "badinput" / "blns.json").read_text("utf-8"))
    async with identity.http(_cli(identity)) as http:
        for text in strings:
            answers = [
                await http.put(f"/organisers/{new_uuid()}", content=_json({"name": text})),
                await http.post("/sessions/lookup", content=_json({"token": text[:200]})),
                await http.get("/organisers", params={"name": text}),
                await http.put(f"/people/{new_uuid()}", content=_json(_person(text))),
                await http.post(
                    "/realms/quickserve/protocol/openid-connect/token",
                    data={"grant_type": "refresh_token", "client_id": "c", "refresh_token": text},
                ),
            ]
            assert all(answer.status_code < 500 for answer in answers), text


async def test_hostile_json(identity: Identity, data: Path):
    folder = data / "vectors" / "badinput" / "JSONTestSuite" / "test_parsing"
    files = sorted(folder.glob("*.json"))
    if not files:
        pytest.skip("needs JSONTestSuite")
    async with identity.http(_cli(identity)) as http:
        for file in files:
            answers = [
                await http.put(f"/organisers/{new_uuid()}", content=file.read_bytes()),
                await http.post("/sessions", content=file.read_bytes()),
            ]
            assert all(answer.status_code in (400, 422) for answer in answers), file.name


def _person(name: str) -> dict[str, Any]:
    return {"email": f"{new_uuid()}@example.org", "name": name, "password": PASSWORD}


def _json(body: Any) -> bytes:
    return json.dumps(body).encode()

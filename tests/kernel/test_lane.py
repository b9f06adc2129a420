"""The lane says what the general way says, and takes only what is in order."""

from collections.abc import AsyncIterator
from typing import Any

import httpx2 as httpx
import pytest
from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field

from quickserve.kernel.auth import ServiceIdentity, anyone, signed_in
from quickserve.kernel.ids import new_uuid
from quickserve.kernel.lane import Lane, Lean
from quickserve.kernel.openapi import Documented
from quickserve.kernel.service import Context, Ctx
from quickserve.kernel.testing import test_settings as settings_for

from .world import app_of, http_of

SETTINGS = settings_for("")


class Note(BaseModel):
    model_config = ConfigDict(extra="forbid")

    text: str = Field(default="", max_length=50_000)


class Answer(BaseModel):
    who: str
    text: int
    way: str = "general"


router = APIRouter()


@router.put("/notes/{note_id}", dependencies=[anyone])
async def put_note(note_id: str, body: Note, ctx: Ctx) -> Answer:
    return Answer(who=ctx.principal.kind, text=len(body.text))


@router.put("/secrets/{note_id}", dependencies=[signed_in])
async def put_secret(note_id: str, body: Note, ctx: Ctx) -> Answer:
    return Answer(who=ctx.principal.kind, text=len(body.text))


async def _answer(ctx: Context, _note_id: Any, body: Note) -> bytes:
    answer = Answer(who=ctx.principal.kind, text=len(body.text), way="lane")
    return answer.model_dump_json().encode()


LEAN = (
    Lean("/notes/{note_id}", Note, _answer),
    Lean("/secrets/{note_id}", Note, _answer, signed=True),
)


@pytest.fixture
async def http() -> AsyncIterator[httpx.AsyncClient]:
    app = app_of(SETTINGS, router)
    assert isinstance(app, Documented)
    app.lane = Lane(app.state.runtime, LEAN, app.general)
    async with http_of(app) as http:
        http.headers["content-type"] = "application/json"
        yield http


@pytest.fixture
def token() -> dict[str, str]:
    return {"authorization": f"Bearer {ServiceIdentity(SETTINGS, 'web').token()}"}


async def told(answer: httpx.Response) -> tuple[str, str, int]:
    assert answer.status_code == 200, answer.text
    seen = Answer.model_validate_json(answer.content)
    return seen.way, seen.who, seen.text


async def test_a_strangers_call_and_a_services_call_go_by_the_lane(http, token):
    path = f"/notes/{new_uuid()}"
    assert await told(await http.put(path, content=b"{}")) == ("lane", "visitor", 0)
    assert await told(await http.put(path, content=b"{}", headers=token)) == ("lane", "service", 0)


async def test_who_must_show_a_token_is_refused_without_one(http, token):
    path = f"/secrets/{new_uuid()}"
    assert (await http.put(path, content=b"{}")).status_code == 401
    assert await told(await http.put(path, content=b"{}", headers=token)) == ("lane", "service", 0)
    for forged in ("Bearer none", "Bearer ", "Basic eA=="):
        for way in (path, path.replace("secrets", "notes")):
            refused = await http.put(way, content=b"{}", headers={"authorization": forged})
            assert refused.status_code == 401


async def test_a_body_that_comes_in_parts_is_read_whole(http):
    async def parts() -> AsyncIterator[bytes]:
        yield b'{"text": "a'
        yield b'bc"}'

    answer = await http.put(f"/notes/{new_uuid()}", content=parts())
    assert await told(answer) == ("lane", "visitor", 3)


async def test_what_is_out_of_the_ordinary_goes_the_general_way_whole(http):
    path = f"/notes/{new_uuid()}"

    async def parts() -> AsyncIterator[bytes]:
        yield b'{"text": "'
        for _ in range(40):
            yield b"a" * 1000
        yield b'"}'

    assert await told(await http.put(path, content=parts())) == ("general", "visitor", 40_000)
    assert (await http.put(path, content=b'{"texts": 1}')).status_code == 422
    assert (await http.put(path, content=b"{")).status_code == 422
    assert (await told(await http.put("/notes/mine", content=b"{}")))[0] == "general"

"""Every service keeps what its OpenAPI document says, whoever asks and whatever is sent.

Requests are made up from the documents, good ones and bad ones, and mixed with values that exist.
QUICKSERVE_TEST_EXAMPLES says how many for each operation, by default more in CI, where there is
time; which ones is the same in every run.
"""

import asyncio
import os
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import httpx2 as httpx
import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from hypothesis.errors import Unsatisfiable
from schemathesis import Case, GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from quickserve.app import SERVICES
from quickserve.kernel.errors import MEDIA_TYPE
from tests.shape import APART

from .conftest import Town

_THOROUGH = os.environ.get("CI") and not APART  # the other shape is asked the same, less often
EXAMPLES = int(os.environ.get("QUICKSERVE_TEST_EXAMPLES", "10" if _THOROUGH else "6"))
# A whole house of seats takes seconds to make up; tests/catalog/seating tries hundreds.
DEAR, DEAR_EXAMPLES = "/seating-plans", 3
TOGETHER = 8  # requests at a time
WAIT_MS_MAX = 300
# The catalogue last: it cancels the events that the others work with.
DOCUMENTED = sorted(set(SERVICES) - {"web"}, key=lambda name: (name == "catalog", name))
CHECKS = [
    not_a_server_error, status_code_conformance, content_type_conformance,
    response_headers_conformance, response_schema_conformance,
]  # fmt: skip


def document_of(town: Town, service: str) -> dict[str, Any]:
    return town.world.platforms[service].apps[service].openapi()


def operations_of(document: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    for path, item in document["paths"].items():
        for method, operation in item.items():
            yield f"{method.upper()} {path}", operation


# -- What is asked --------------------------------------------------------------------------------


@dataclass
class Question:
    case: Case
    caller: str


def questions(operation: Any, mode: GenerationMode, town: Town) -> list[Question]:
    """Made up before anything is sent: what a strategy draws must depend on nothing else."""
    made: list[Question] = []

    examples = min(EXAMPLES, DEAR_EXAMPLES) if DEAR in operation.label else EXAMPLES

    @settings(
        max_examples=examples, derandomize=True, database=None, deadline=None,
        suppress_health_check=list(HealthCheck), phases=[Phase.explicit, Phase.generate],
    )  # fmt: skip
    @given(
        operation.as_strategy(generation_mode=mode),
        st.sampled_from(range(64)),
        st.sampled_from(list(town.callers)),
    )
    def think(case: Case, turn: int, caller: str) -> None:
        made.append(_meant(case, caller, town, turn))

    try:
        think()
    except Unsatisfiable:
        assert mode == GenerationMode.NEGATIVE, "without parameters and body nothing can be wrong"
    return made


def _meant(case: Case, caller: str, town: Town, turn: int) -> Question:
    """Every second one asks for what is there; every fourth one might succeed."""
    label, path = case.operation.label, dict(case.path_parameters or {})
    known = town.doomed if "/personal-data/" in label else town.known
    if turn % 4 == 3:
        caller = town.trusted(label)
        case.body = town.good.get(label, case.body)
    if turn % 2:
        for part in ("path_parameters", "query", "body"):
            setattr(case, part, _mixed(getattr(case, part), known, turn // 4))
    if turn % 8 == 3 and path and label.startswith("PUT"):
        last = list(path)[-1]
        case.path_parameters[last] = path[last]  # something new, beside what is there
    if isinstance((case.query or {}).get("wait_ms"), int):
        case.query["wait_ms"] %= WAIT_MS_MAX
    return Question(case, caller)


def _mixed(value: Any, known: dict[str, list[str]], turn: int, name: str = "") -> Any:
    """With values that exist wherever their names are known."""
    if isinstance(value, dict):
        return {key: _mixed(one, known, turn, key) for key, one in value.items()}
    if isinstance(value, list):
        return [_mixed(one, known, turn, name.removesuffix("s")) for one in value]
    choices = known.get(name)
    return choices[turn % len(choices)] if choices and isinstance(value, str) else value


# -- What is answered -----------------------------------------------------------------------------


@dataclass
class Counter:
    """Where questions to one service are put."""

    http: httpx.AsyncClient
    town: Town

    async def ask(self, question: Question) -> None:
        """Raises what does not fit the document."""
        kwargs = question.case.as_transport_kwargs(base_url=str(self.http.base_url))
        made = requests.Request(**kwargs).prepare()
        headers = {k: v for k, v in made.headers.items() if k.lower() != "authorization"}
        if token := self.town.callers[question.caller]():
            headers["authorization"] = f"Bearer {token}"
        answer = await self.http.request(
            made.method or "", made.url or "", content=made.body, headers=headers
        )
        question.case.validate_response(answer, checks=CHECKS)

    async def ask_all(self, asked: list[Question]) -> list[str]:
        """What was wrong with the answers; each kind of it once."""
        found: dict[str, str] = {}
        places = asyncio.Semaphore(TOGETHER)

        async def one(question: Question) -> None:
            async with places:
                try:
                    await self.ask(question)
                except BaseExceptionGroup as failures:
                    kind = f"{question.case.operation.label}: {failures.exceptions[0]}"
                    found.setdefault(kind, f"{question.caller}: {failures}")

        await asyncio.gather(*(one(question) for question in asked))
        return list(found.values())


@pytest.mark.parametrize("mode", list(GenerationMode), ids=lambda mode: mode.name.lower())
@pytest.mark.parametrize("service", DOCUMENTED)
async def test_answers_are_as_documented(town: Town, service: str, mode: GenerationMode) -> None:
    schema = schemathesis.openapi.from_dict(document_of(town, service))
    transport = town.world.transport(service)
    found: list[str] = []
    async with httpx.AsyncClient(transport=transport, base_url=f"http://{service}") as http:
        counter = Counter(http, town)
        every = [one.ok() for one in schema.get_all_operations()]
        for operation in sorted(every, key=_ends_things):
            found += await counter.ask_all(questions(operation, mode, town))
    assert not found, "\n\n".join(found)


def _ends_things(operation: Any) -> bool:
    """Asked last: nothing succeeds with an event that is cancelled."""
    ends = ("DELETE", "/cancellation", "/withdrawal", "/revocation", "/void", "/end")
    return any(word in operation.label for word in ends)


async def test_the_test_finds_what_does_not_fit(town: Town) -> None:
    """The negative control: a document that forgets an answer, and asks for another shape."""
    document = document_of(town, "booking")
    path = document["paths"]["/holds/{hold_id}"]["get"]
    responses = {k: v for k, v in path["responses"].items() if k != "404"}
    ok = {"description": "", "content": {"application/json": {"schema": {"type": "string"}}}}
    forgetful = {**path, "responses": {**responses, "200": ok}}
    schema = schemathesis.openapi.from_dict(
        {**document, "paths": {"/holds/{hold_id}": {"get": forgetful}}}
    )
    transport = town.world.transport("booking")
    (operation,) = schema.get_all_operations()
    async with httpx.AsyncClient(transport=transport, base_url="http://booking") as http:
        asked = questions(operation.ok(), GenerationMode.POSITIVE, town)
        found = "\n".join(await Counter(http, town).ask_all(asked))
    assert "Undocumented status code" in found
    assert "Response violates schema" in found


# -- The documents themselves ---------------------------------------------------------------------


@pytest.mark.parametrize("service", DOCUMENTED)
async def test_a_document_introduces_itself(town: Town, service: str) -> None:
    document = document_of(town, service)
    assert document["info"]["title"] == f"QuickServe {service}"
    assert document["info"]["version"]
    assert "RFC 9457" in document["info"]["description"]
    async with httpx.AsyncClient(
        transport=town.world.transport(service), base_url=f"http://{service}"
    ) as http:
        served = (await http.get("/openapi.json")).json()
    assert served["paths"] == document["paths"]


@pytest.mark.parametrize("service", DOCUMENTED)
def test_errors_are_problem_documents(town: Town, service: str) -> None:
    document = document_of(town, service)
    for label, operation in operations_of(document):
        assert operation["summary"], label
        for status, response in operation["responses"].items():
            kinds = set(response.get("content", {}))
            if status >= "400" and "openid-connect/token" not in label:
                assert kinds == {MEDIA_TYPE}, (label, status)
                assert response["description"].startswith("`"), (label, status)
    assert "ProblemDocument" in document["components"]["schemas"]
    assert "HTTPValidationError" not in str(document)


@pytest.mark.parametrize("service", DOCUMENTED)
def test_a_document_tells_who_may_call(town: Town, service: str) -> None:
    for label, operation in operations_of(document_of(town, service)):
        assert {"token": []} in operation["security"], label
        if {} not in operation["security"]:
            assert "401" in operation["responses"], label


async def test_the_web_has_pages_and_no_api(town: Town) -> None:
    async with httpx.AsyncClient(
        transport=town.world.front(), base_url="http://quickserve.test"
    ) as http:
        answer = await http.get("/openapi.json", follow_redirects=True)
    assert answer.status_code == 404

"""What stands between a process's socket and its services: who is let through, and to whom."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx2 as httpx
import pytest
from fastapi import APIRouter, Request, Response
from prometheus_client import REGISTRY
from pydantic import BaseModel

from quickserve.app import Platform
from quickserve.edge import Front, Process
from quickserve.forward import Forward
from quickserve.kernel.auth import SERVICE_TOKEN_HEADER, ServiceIdentity, anyone
from quickserve.kernel.service import Service
from quickserve.kernel.testing import Issuer
from quickserve.kernel.testing import test_settings as settings_for
from quickserve.server import listen
from tests.shape import served

ROUTER = APIRouter(dependencies=[anyone])
NETWORK = ("192.0.2.7", 1)  # a stranger's


class Heard(BaseModel):
    caller: str
    path: str
    client: str
    headers: dict[str, str]
    body: str


@ROUTER.api_route("/heard/{name:path}", methods=["GET", "PUT", "POST"])
async def heard(request: Request, response: Response) -> Heard:
    if "x-hop" in request.query_params:
        response.headers.update({"connection": "x-Hop", "x-hop": "1", "x-kept": "2"})
    body = (await request.body()).decode()
    principal = request.state.principal
    return Heard(
        caller=f"{principal.kind} {principal.name}".strip(), path=request.url.path,
        client=request.client.host if request.client else "", headers=dict(request.headers),
        body=body,
    )  # fmt: skip


@ROUTER.get("/broken")
async def broken() -> None:
    raise RuntimeError("a bug")


def service(name: str) -> Service:
    return Service(name, ROUTER, owns_data=False)


def settings(**changes):
    return settings_for("", **changes)


@asynccontextmanager
async def process(
    *names: str, peer=("127.0.0.1", 1), **changes
) -> AsyncIterator[httpx.AsyncClient]:
    """A caller of a process of these services."""
    platform = Platform(settings(**changes), [service(name) for name in names])
    async with platform.running():
        one = Process(platform.settings)
        transport = httpx.ASGITransport(one, raise_app_exceptions=False, client=peer)
        async with (
            one.open(platform),
            httpx.AsyncClient(transport=transport, base_url="http://here") as http,
        ):
            yield http


def token(name: str = "checkout", **changes) -> dict[str, str]:
    return {SERVICE_TOKEN_HEADER: ServiceIdentity(settings(**changes), name).token()}


async def test_a_service_answers_only_who_shows_a_service_token():
    person = Issuer(settings()).token()
    forged = token(secret="x" * 40)
    async with process("echo") as http:
        for headers in ({}, {SERVICE_TOKEN_HEADER: person}, {SERVICE_TOKEN_HEADER: "x"}, forged):
            answer = await http.get("/api/echo/heard/1", headers=headers)
            assert answer.status_code == 401, headers
            assert answer.headers["content-type"] == "application/problem+json"
        with_person_only = {"authorization": f"Bearer {person}"}
        assert (await http.get("/api/echo/heard/1", headers=with_person_only)).status_code == 401
        answer = await http.get("/api/echo/heard/1", headers=token())
        assert (answer.status_code, answer.json()["caller"]) == (200, "visitor")
        assert (await http.get("/", headers=token())).status_code == 404


async def test_secrets_of_their_own_and_one_that_services_share():
    async with process("echo", secret="e" * 40, service_secret="s" * 40) as http:
        ours = token(secret="c" * 40, service_secret="s" * 40)
        assert (await http.get("/api/echo/heard/1", headers=ours)).status_code == 200
        theirs = token(secret="e" * 40, service_secret="t" * 40)
        assert (await http.get("/api/echo/heard/1", headers=theirs)).status_code == 401


async def test_strangers_cannot_pass_for_services():
    """The public process takes our own headers off, and answers without a token."""
    async with process("web", "echo", peer=NETWORK) as http:
        answer = await http.get("/api/echo/heard/1", headers=token() | {"x-deadline-ms": "1"})
        assert answer.status_code == 200
        assert SERVICE_TOKEN_HEADER not in answer.json()["headers"]
        assert "x-deadline-ms" not in answer.json()["headers"]


@asynccontextmanager
async def two_processes(**changes) -> AsyncIterator[httpx.AsyncClient]:
    """A stranger before `web`, which forwards to `echo` in another process."""
    listener = listen("127.0.0.1", 0)
    platform = Platform(settings(**changes), [service("echo")])
    urls = {"echo": f"http://127.0.0.1:{listener.getsockname()[1]}"}
    async with (
        platform.running(),
        served(platform, listener),
        process("web", peer=NETWORK, service_urls=urls, **changes) as http,
    ):
        yield http


async def test_the_public_process_passes_requests_on_as_they_are():
    async with two_processes() as http:
        answer = await http.put(
            "/api/echo/heard/a%2Fb%20c?x=1&x=2",
            content="été",
            headers={"authorization": f"Bearer {token('web')[SERVICE_TOKEN_HEADER]}"},
        )
        said = answer.json()
        assert said["caller"] == "service web"
        assert said["body"] == "été"
        assert said["path"] == "/api/echo/heard/a/b c"
        assert said["client"] == NETWORK[0]
        assert answer.headers["x-request-id"] == said["headers"].get(
            "x-request-id", answer.headers["x-request-id"]
        )
        assert (await http.get("/api/echo/nothing")).status_code == 404
        assert (await http.get("/api/unknown/heard/1")).status_code == 404


async def test_nobody_but_a_service_says_whom_a_request_comes_from():
    """A stranger's own word is worth nothing, wherever it comes in."""
    lie = {"x-forwarded-for": "198.51.100.9"}
    async with two_processes() as http:
        said = (await http.get("/api/echo/heard/1", headers=lie)).json()
        assert said["client"] == said["headers"]["x-forwarded-for"] == NETWORK[0]
    async with process("echo", peer=("172.30.0.2", 1)) as http:
        answer = await http.get("/api/echo/heard/1", headers=token() | lie)
        assert answer.json()["client"] == "198.51.100.9"
        answer = await http.get("/api/echo/heard/1", headers=token() | {"x-forwarded-for": "me"})
        assert answer.json()["client"] == "172.30.0.2"
    async with process("web", "echo", peer=NETWORK) as http:
        answer = await http.get("/api/echo/heard/1", headers=token() | lie)
        assert answer.json()["client"] == NETWORK[0]


async def test_a_body_beyond_the_limit_is_not_passed_on():
    async with two_processes(import_bytes_max=2048, body_bytes_max=1024) as http:
        answer = await http.put("/api/echo/heard/1", content=b"x" * 3000)
        assert answer.status_code == 413


async def test_half_an_upload_is_not_passed_on_as_a_whole_one():
    requests = 0

    async def count(_reader, writer):
        nonlocal requests
        requests += 1
        writer.close()

    server = await asyncio.start_server(count, "127.0.0.1", 0)
    url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    parts = [
        {"type": "http.request", "body": b"BEGIN:VCALENDAR", "more_body": True},
        {"type": "http.disconnect"},
    ]

    async def receive():
        return parts.pop(0)

    async def send(_message):
        raise AssertionError("nobody listens any more")

    forward = Forward("echo", url, lambda: "token", 1024)
    scope = {
        "type": "http", "method": "PUT", "path": "/api/echo/imports/1", "query_string": b"",
        "headers": [(b"content-length", b"100")],
    }  # fmt: skip
    async with server:
        await forward(scope, receive, send)
        await forward.close()
    assert requests == 0


async def test_the_limit_on_places_cannot_be_walked_around():
    async def receive():
        return {"type": "http.request", "body": b""}

    platform = Platform(settings(takes_per_minute=2), [service("web"), service("echo")])
    async with platform.running():
        front = Front(platform)

        async def take(path: str) -> int:
            """The path as it is: clients resolve dots themselves."""
            answers: list[int] = []

            async def send(message):
                answers.append(message.get("status", 0))

            scope = {
                "type": "http", "method": "PUT", "path": path, "raw_path": path.encode(),
                "query_string": b"", "headers": [], "client": NETWORK, "root_path": "",
            }  # fmt: skip
            await front(scope, receive, send)
            return answers[0]

        dots = ("/api/echo/./holds/1", "/api/echo/x/../holds/1", "/api/echo/../echo/holds/1")
        assert [await take(path) for path in dots] == [404] * 3
        assert [await take("/api/echo/holds/1") for _ in range(3)] == [404, 404, 429]
        assert [await take(path) for path in dots] == [404] * 3
        await front.close()


async def test_a_service_that_is_away_is_a_503_that_says_when_to_come_back():
    listener = listen("127.0.0.1", 0)
    nobody = f"http://127.0.0.1:{listener.getsockname()[1]}"
    listener.close()
    async with process("web", service_urls={"echo": nobody}) as http:
        answer = await http.get("/api/echo/heard/1")
    assert answer.status_code == 503
    assert answer.headers["retry-after"] == "2"
    assert answer.headers["content-type"] == "application/problem+json"


async def test_a_frozen_service_is_waited_for_once_and_then_left_alone():
    """Nobody waits longer than an answer may take; soon nobody waits for it at all."""
    frozen = listen("127.0.0.1", 0)  # takes connections, and nobody reads from them
    url = f"http://127.0.0.1:{frozen.getsockname()[1]}"
    forward = Forward("frozen", url, lambda: "token", 1024, answer_seconds=0.2)
    transport = httpx.ASGITransport(forward, raise_app_exceptions=False)
    async with (
        asyncio.timeout(10),
        httpx.AsyncClient(transport=transport, base_url="http://here") as http,
    ):
        answers = [await http.put("/api/frozen/heard/1") for _ in range(6)]
    await forward.close()
    frozen.close()
    assert [answer.status_code for answer in answers] == [504] * 5 + [503]
    assert answers[-1].headers["retry-after"] == "2"
    state = {"caller": "edge", "target": "frozen"}
    assert REGISTRY.get_sample_value("quickserve_breaker_state", state) == 2


async def test_what_a_service_answers_opens_no_breaker():
    """Or a stranger who finds a way to make it fail could shut the others out."""
    async with two_processes() as http:
        for _ in range(10):
            assert (await http.get("/api/echo/broken")).status_code == 500
        assert (await http.get("/api/echo/heard/1")).status_code == 200


async def test_what_the_connection_names_as_its_own_goes_no_further():
    async with two_processes() as http:
        ours = {"connection": "close, X-Hop, x-service-token", "x-hop": "1", "x-kept": "2"}
        answer = await http.get("/api/echo/heard/1?x-hop", headers=ours)
        for heard_there in (answer.json()["headers"], answer.headers):
            assert "x-hop" not in heard_there
            assert heard_there["x-kept"] == "2"


@pytest.mark.parametrize(("method", "times"), [("PUT", 3), ("POST", 1)])
async def test_only_what_may_be_repeated_is_sent_again(method, times):
    """The other side hangs up without an answer: it may have done what was asked."""
    requests = 0

    async def hang_up(reader, writer):
        nonlocal requests
        await reader.readuntil(b"\r\n\r\n")
        requests += 1
        writer.close()

    server = await asyncio.start_server(hang_up, "127.0.0.1", 0)
    url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    async with server, process("web", service_urls={"echo": url}) as http:
        assert (await http.request(method, "/api/echo/heard/1")).status_code == 503
    assert requests == times


async def test_probes_are_for_programs_of_ours():
    async with process("web", "echo") as http:
        for path in ("/livez", "/readyz", "/metrics", "/api/echo/metrics", "/api/echo/readyz"):
            assert (await http.get(path)).status_code == 200, path
            proxied = await http.get(path, headers={"x-forwarded-for": "127.0.0.1"})
            assert proxied.status_code == (200 if path == "/livez" else 404), path
    async with process("web", peer=NETWORK) as http:
        assert (await http.get("/metrics")).status_code == 404
    async with process("echo", peer=NETWORK, probes_from="192.0.2.0/24") as http:
        assert (await http.get("/metrics")).status_code == 200


async def test_who_comes_while_the_process_starts_waits_for_it():
    platform = Platform(settings(), [service("web"), service("echo")])
    starting = Process(platform.settings)
    transport = httpx.ASGITransport(starting, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://here") as http:
        assert (await http.get("/livez")).status_code == 200
        assert (await http.get("/readyz")).status_code == 503
        early = asyncio.create_task(http.get("/api/echo/heard/1"))
        await asyncio.sleep(0.05)
        assert not early.done()
        async with platform.running(), starting.open(platform):
            assert (await early).status_code == 200
            assert (await http.get("/readyz")).status_code == 200
            starting.state = "draining"
            assert (await http.get("/readyz")).status_code == 503
            last = await http.get("/api/echo/heard/1")
            assert (last.status_code, last.headers["connection"]) == (200, "close")


async def test_an_answer_does_not_wait_for_the_last_ones_acknowledgement():
    """Nagle's algorithm would hold the body back, some 40 ms on a connection that is kept."""
    delays: list[int] = []

    async def note(_reader, writer):
        accepted = writer.get_extra_info("socket")
        delays.append(accepted.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY))
        writer.close()

    listener = listen("127.0.0.1", 0)
    async with await asyncio.start_server(note, sock=listener):
        reader, writer = await asyncio.open_connection(*listener.getsockname())
        await reader.read()
        writer.close()
    assert delays == [1]

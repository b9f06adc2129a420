"""Those whom the services talk to: each other, the broker, Redis, the issuer of tokens."""

import asyncio
import re
from collections.abc import Sequence
from typing import Any

import httpx2 as httpx

from quickserve.commandline.doctor.finding import (
    SECONDS_MAX,
    Finding,
    Patient,
    cause,
    good,
    unknown,
    wrong,
)
from quickserve.contracts.deliveries import TAKERS
from quickserve.contracts.identity import REALM
from quickserve.kernel.auth import SERVICE_TOKEN_HEADER, ServiceIdentity
from quickserve.kernel.bus.port import QueueFacts
from quickserve.kernel.settings import SECRET_CHARS_MIN, Settings

_OK, _UNAUTHENTICATED, _NOT_FOUND = 200, 401, 404


async def check(patient: Patient) -> Sequence[Finding]:
    services, queues, redis, keys, collector = await asyncio.gather(
        processes(patient),
        broker(patient.settings),
        shared(patient.settings),
        issuer_keys(patient),
        traces(patient.settings),
    )
    return [*services, *queues, redis, keys, collector]


def client(settings: Settings, address: str) -> httpx.AsyncClient:
    """Asks as a service does, where there is a secret to sign with."""
    shared = settings.service_secret.get_secret_value() or settings.secret.get_secret_value()
    headers: dict[str, str] = {}
    if len(shared) >= SECRET_CHARS_MIN:
        headers[SERVICE_TOKEN_HEADER] = ServiceIdentity(settings, "cli").token()
    return httpx.AsyncClient(
        base_url=address, headers=headers, timeout=SECONDS_MAX, follow_redirects=False
    )


# -- Processes ------------------------------------------------------------------------------------


async def processes(patient: Patient) -> list[Finding]:
    if patient.home is not None:
        return [await laptop(patient)]
    urls = patient.settings.service_urls
    asked = (process(patient.settings, name, url) for name, url in sorted(urls.items()))
    return list(await asyncio.gather(*asked))


async def laptop(patient: Patient) -> Finding:
    name = "process"
    if patient.address is None:
        return unknown(name, "not running; `quickserve up` starts it")
    return await readiness(patient.settings, name, patient.address, "look at its last lines")


async def process(settings: Settings, service: str, url: str) -> Finding:
    """Ready, and of our opinion about who is a service."""
    name = f"{service} process"
    fix = f"start it, or correct QUICKSERVE_{service.upper()}_URL"
    found = await readiness(settings, name, url, fix)
    if found.state != "good" or service == "web":  # which is open to everybody
        return found
    try:
        async with client(settings, url) as http:
            answer = await http.get(f"/api/{service}/livez")
    except httpx.HTTPError as error:
        return wrong(name, f"{url}: {cause(error)}", fix)
    if answer.status_code == _UNAUTHENTICATED:
        same = "give both the same QUICKSERVE_SERVICE_SECRET, and their clocks the same time"
        return wrong(name, f"{url} does not take our service token", same)
    if answer.status_code != _OK:
        return wrong(name, f"{url} serves no {service}: {answer.status_code}", fix)
    return found


async def readiness(settings: Settings, name: str, url: str, fix: str) -> Finding:
    try:
        async with client(settings, url) as http:
            answer = await http.get("/readyz")
            if answer.status_code == _NOT_FOUND:
                alive = await http.get("/livez")
                if alive.status_code == _OK:
                    return good(name, f"{url} is alive; it tells its readiness to others only")
    except httpx.HTTPError as error:
        return wrong(name, f"{url}: {cause(error)}", fix)
    if answer.status_code != _OK:
        told = _detail(answer)
        return wrong(name, f"{url} is not ready: {told}", "its log says what it waits for")
    return good(name, f"{url} is ready")


def _detail(answer: httpx.Response) -> str:
    try:
        document = answer.json()
        return str(document.get("detail") or document.get("title") or answer.status_code)[:200]
    except (ValueError, AttributeError):
        return str(answer.status_code)


# -- The broker -----------------------------------------------------------------------------------


async def broker(settings: Settings) -> list[Finding]:
    url = settings.rabbitmq_url.get_secret_value()
    if not url:
        return [unknown("broker", "not used (QUICKSERVE_RABBITMQ_URL)")]
    # Only who uses RabbitMQ waits until its client is imported.
    from quickserve.kernel.bus.rabbitmq.look import look  # noqa: PLC0415

    try:
        async with asyncio.timeout(SECONDS_MAX):
            queues = await look(url, sorted(TAKERS))
    except TimeoutError:
        return [wrong("broker", f"no answer in {SECONDS_MAX} s", "see whether RabbitMQ hangs")]
    except Exception as error:  # noqa: BLE001 - whatever the driver says is what we tell
        refused = any(word in repr(error) for word in ("ACCESS_REFUSED", "Authentication"))
        fix = "start RabbitMQ, or correct QUICKSERVE_RABBITMQ_URL"
        if refused:
            fix = "correct user and password in QUICKSERVE_RABBITMQ_URL"
        return [wrong("broker", cause(error), fix)]
    each = [finding for facts in queues for finding in (queue(facts), dead_letters(facts))]
    return [good("broker", "signed in"), *each]


def queue(facts: QueueFacts) -> Finding:
    name = f"{facts.service} queue"
    if facts.waiting is None:
        fix = "start any service: each makes everybody's queues"
        return wrong(name, "is not there: events for it are not kept", fix)
    told = f"{facts.waiting} wait, {facts.consumers} processes take them"
    if not facts.consumers:
        return wrong(name, told, f"start {facts.service}, or see in its log why it is not linked")
    return good(name, told)


def dead_letters(facts: QueueFacts) -> Finding:
    name = f"{facts.service} dead letters"
    if facts.dead:
        fix = "`quickserve dead-letters` shows them, and replays them once the cause is repaired"
        return wrong(name, f"{facts.dead} events could not be taken", fix)
    return good(name, "none")


# -- Redis ----------------------------------------------------------------------------------------


async def shared(settings: Settings) -> Finding:
    name, url = "redis", settings.redis_url.get_secret_value()
    if not url:
        return unknown(name, "not used (QUICKSERVE_REDIS_URL)")
    # Its client takes a tenth of a second to import: only who uses it waits for that.
    from quickserve.kernel.shared.redis import DEADLINE_SECONDS, connect  # noqa: PLC0415

    loop = asyncio.get_running_loop()
    try:
        async with connect(url) as server, asyncio.timeout(SECONDS_MAX):
            await server.ping()
            began = loop.time()
            await server.ping()
            took = loop.time() - began
            full = await _refuses_when_full(server)
    except TimeoutError:
        return wrong(name, f"no answer in {SECONDS_MAX} s", "see whether Redis hangs")
    except Exception as error:  # noqa: BLE001 - whatever the driver says is what we tell
        fix = "start Redis, or correct QUICKSERVE_REDIS_URL"
        if re.search("AUTH|WRONGPASS|password", str(error)):
            fix = "correct the password in QUICKSERVE_REDIS_URL"
        return wrong(name, cause(error), fix)
    if full:
        told = "refuses to keep more when its memory is full"
        return wrong(name, told, "set maxmemory-policy allkeys-lru")
    if took > DEADLINE_SECONDS:
        told = f"answers in {took * 1000:.0f} ms, for which the site does not wait"
        return wrong(name, told, "bring it nearer, or free it of load")
    return good(name, f"answers in {took * 1000:.0f} ms")


async def _refuses_when_full(server: Any) -> bool:
    """False where it does not tell, as those of many providers."""
    try:
        limits = await server.config_get("maxmemory*")
    except Exception:  # noqa: BLE001
        return False
    return limits.get("maxmemory") != "0" and limits.get("maxmemory-policy") == "noeviction"


# -- The issuer of people's tokens ----------------------------------------------------------------


async def issuer_keys(patient: Patient) -> Finding:
    name, settings = "issuer's keys", patient.settings
    local = patient.address or settings.service_urls.get("identity", "")
    address = settings.issuer or (local and f"{local}{REALM}")
    if not address:
        return unknown(name, "nobody to ask: identity does not run, or has no address here")
    fix = "start it, or correct QUICKSERVE_ISSUER" if settings.issuer else "see identity's log"
    try:
        async with client(settings, address.rstrip("/")) as http:
            described = (await http.get("/.well-known/openid-configuration")).json()
            keys = (await http.get("/protocol/openid-connect/certs")).json()["keys"]
    except (httpx.HTTPError, ValueError, LookupError, TypeError) as error:
        return wrong(name, f"{address} gives none: {cause(error)}", fix)
    usable = [key for key in keys if key.get("kty") == "RSA" and key.get("use", "sig") == "sig"]
    if not usable:
        return wrong(name, f"{address} has no RSA key that signs", "let it sign with RS256")
    if (calls_itself := described.get("issuer")) != settings.issuer_url:
        fix = f"set QUICKSERVE_ISSUER={calls_itself}, or the issuer's own name for itself"
        return wrong(name, f"it calls itself {calls_itself}, not {settings.issuer_url}", fix)
    return good(name, f"{len(usable)} at {address}")


# -- The collector of traces ----------------------------------------------------------------------


async def traces(settings: Settings) -> Finding:
    """Whether somebody is there: what it does with traces is its own affair."""
    name, endpoint = "traces", settings.otlp_endpoint
    if not endpoint:
        return unknown(name, "not sent (QUICKSERVE_OTLP_ENDPOINT)")
    try:
        async with httpx.AsyncClient(timeout=SECONDS_MAX) as http:
            await http.get(endpoint)
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        fix = "start the collector, or correct QUICKSERVE_OTLP_ENDPOINT; the site works without"
        return wrong(name, f"{endpoint}: {cause(error)}", fix)
    return good(name, f"{endpoint} answers")

"""The settings: strong, known, and in agreement with each other."""

import os
from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from urllib.parse import urlsplit

from pydantic import SecretStr

from quickserve.app import SERVICES
from quickserve.commandline.doctor.finding import Finding, Patient, good, unknown, wrong
from quickserve.kernel.bus import make_bus
from quickserve.kernel.bus.local import LocalBus
from quickserve.kernel.settings import SECRET_CHARS_MIN, Settings

_DIFFERENT_CHARS_MIN = 10
_NEW_SECRET = "python3 -c 'import secrets; print(secrets.token_urlsafe(48))' makes a strong one"  # noqa: S105 - a command
_NOT_SETTINGS = ("QUICKSERVE_PASSWORD", "QUICKSERVE_TEST_")


async def check(patient: Patient) -> Sequence[Finding]:
    found = [
        secret(patient),
        service_secret(patient.settings),
        public_url(patient.settings),
        issuer(patient.settings),
        names(os.environ),
    ]
    return found + apart(patient.settings)


def weakness(given: SecretStr) -> str | None:
    text = given.get_secret_value()
    if len(text) < SECRET_CHARS_MIN:
        return f"has {len(text)} characters, {SECRET_CHARS_MIN} are needed"
    if (kinds := len(set(text))) < _DIFFERENT_CHARS_MIN:
        return f"has only {kinds} different characters"
    return None


def secret(patient: Patient) -> Finding:
    settings = patient.settings
    if not settings.secret.get_secret_value():
        if patient.home:
            return unknown("secret", "none yet; `quickserve up` makes it")
        return wrong("secret", "there is none", f"set QUICKSERVE_SECRET; {_NEW_SECRET}")
    if weak := weakness(settings.secret):
        return wrong("secret", weak, f"set another QUICKSERVE_SECRET; {_NEW_SECRET}")
    return good("secret", f"{len(settings.secret.get_secret_value())} characters")


def service_secret(settings: Settings) -> Finding:
    name, shared = "service secret", settings.service_secret
    if not shared.get_secret_value():
        if not settings.service_urls:
            return unknown(name, "not used: the services share a process")
        fix = "set QUICKSERVE_SERVICE_SECRET, the same for all services"
        return wrong(name, "services sign for each other with QUICKSERVE_SECRET", fix)
    if weak := weakness(shared):
        return wrong(name, weak, f"set another QUICKSERVE_SERVICE_SECRET; {_NEW_SECRET}")
    if shared == settings.secret:
        fix = "give each service a QUICKSERVE_SECRET of its own"
        return wrong(name, "is QUICKSERVE_SECRET: all services have each other's keys", fix)
    return good(name, f"{len(shared.get_secret_value())} characters")


def public_url(settings: Settings) -> Finding:
    name, parts = "public address", urlsplit(settings.public_url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        fix = "set QUICKSERVE_PUBLIC_URL to what people type, https://…"
        return wrong(name, f"{settings.public_url} is no address", fix)
    if parts.path.strip("/") or parts.query:
        fix = f"set QUICKSERVE_PUBLIC_URL={parts.scheme}://{parts.netloc}"
        return wrong(name, f"{settings.public_url} has a path, the pages have none", fix)
    if parts.scheme == "http" and not _here(parts.hostname):
        fix = f"put a proxy with TLS before it, set QUICKSERVE_PUBLIC_URL=https://{parts.hostname}"
        return wrong(name, f"{settings.public_url} is not https: sign-ins can be read", fix)
    return good(name, settings.public_url)


def issuer(settings: Settings) -> Finding:
    parts = urlsplit(settings.issuer)
    if not settings.issuer:
        return good("issuer", f"the local one, {settings.issuer_url}")
    if parts.scheme == "http" and parts.hostname and not _here(parts.hostname):
        fix = "let QUICKSERVE_ISSUER be an https address"
        return wrong("issuer", f"{settings.issuer}: its keys can be replaced on their way", fix)
    return good("issuer", settings.issuer)


def _here(host: str) -> bool:
    return host in ("localhost", "127.0.0.1", "::1") or host.endswith(".localhost")


def names(environment: Mapping[str, str]) -> Finding:
    """A misspelt setting is not missed by anybody."""
    known = {f"QUICKSERVE_{field.upper()}" for field in Settings.model_fields}
    known |= {
        f"QUICKSERVE_{service.upper()}_{kind}"
        for service in SERVICES
        for kind in ("URL", "DATABASE_URL")
    }
    given = [n for n in environment if n.startswith("QUICKSERVE_")]
    strange = [n for n in sorted(given) if n not in known and not n.startswith(_NOT_SETTINGS)]
    if not strange:
        return good("names of settings", f"{len(given)} given, all known")
    guesses = [match for n in strange for match in get_close_matches(n, known, 1)]
    fix = f"is {', '.join(guesses)} meant?" if guesses else "see docs/settings.md, or remove them"
    return wrong("names of settings", f"nothing reads {', '.join(strange)}", fix)


def apart(settings: Settings) -> list[Finding]:
    """What processes need that are services of each other."""
    if not settings.service_urls:
        return []
    name = "events between processes"
    try:
        bus = make_bus(settings, {})
    except ValueError as error:
        return [wrong(name, "the settings of the bus do not fit each other", str(error))]
    if not isinstance(bus, LocalBus):
        used = "Event Grid" if settings.eventgrid_endpoint else "RabbitMQ"
        return [good(name, f"go by {used}")]
    fix = "set QUICKSERVE_RABBITMQ_URL or QUICKSERVE_EVENTGRID_ENDPOINT, the same for all"
    return [wrong(name, "stay in the process they come from", fix)]

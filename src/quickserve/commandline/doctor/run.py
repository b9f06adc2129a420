"""Looks at everything, prints a line for each check."""

import asyncio
import json
import os
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import asdict

from pydantic import SecretStr

from quickserve.app import SERVICES, load
from quickserve.commandline import split
from quickserve.commandline.doctor import databases, machine, others, settings
from quickserve.commandline.doctor.finding import (
    SECONDS_MAX,
    Check,
    Data,
    Finding,
    Patient,
    cause,
    owners,
    wrong,
)
from quickserve.kernel.db import another_database, service_url
from quickserve.kernel.db_facts import databases_in_use
from quickserve.kernel.postgres_found import running_server
from quickserve.kernel.settings import SECRET_CHARS_MIN, Settings
from quickserve.laptop import DATABASE, Home

_CHECKS: Sequence[Check] = (settings.check, machine.check, databases.check, others.check)
_MARKS = {"good": "✓", "wrong": "✗", "unknown": "–"}


def run(home: Home, names: Sequence[str], *, as_json: bool) -> int:
    """0 when nothing is wrong."""
    findings = asyncio.run(examine(home, names))
    if as_json:
        print(json.dumps([asdict(finding) for finding in findings], indent=2, ensure_ascii=False))  # noqa: T201
    else:
        print("\n".join(_lines(findings)))  # noqa: T201
    return int(any(finding.state == "wrong" for finding in findings))


async def examine(home: Home, names: Sequence[str] = ()) -> list[Finding]:
    patient = await admit(home, names or SERVICES)
    found: list[Finding] = []
    for check in _CHECKS:
        try:
            found += await check(patient)
        except Exception as error:  # noqa: BLE001 - the other checks still help
            part = check.__module__.rpartition(".")[2]
            found.append(wrong(part, f"the check failed: {cause(error)}", "please report it"))
    return found


def _lines(findings: Sequence[Finding]) -> list[str]:
    width = max(len(finding.check) for finding in findings)
    return [
        f"{_MARKS[f.state]} {f.check:{width}}  {f.told}{f' → {f.fix}' if f.fix else ''}"
        for f in findings
    ]


# -- Which installation it is ---------------------------------------------------------------------


async def admit(home: Home, names: Sequence[str]) -> Patient:
    """Settings that name databases or other processes are a server's; else it is a laptop."""
    given = Settings()
    if given.service_urls or given.database_urls:
        return Patient(
            given, [data for name in owners(names) for data in _of_settings(given, name)]
        )
    address = home.running_at() if home.folder.exists() else None
    kept = _with_what_is_kept(given, home, address)
    server = None if kept.database_url else running_server(home.folder)
    admin_url = server.url(DATABASE) if server else kept.database_url
    # The one database that is always there.
    in_use = await _in_use(server.url("postgres") if server else kept.database_url)
    data = [each for name in owners(names) for each in _of_laptop(kept, admin_url, in_use, name)]
    return Patient(kept, data, home, address)


def _with_what_is_kept(given: Settings, home: Home, address: str | None) -> Settings:
    """As `quickserve up` completes the settings, but without making anything."""
    changes: dict[str, object] = {}
    for name, file in (("secret", "secret"), ("service_secret", "service-secret")):
        if not getattr(given, name).get_secret_value():
            with suppress(OSError):
                changes[name] = SecretStr((home.folder / file).read_text().strip())
    if address and "QUICKSERVE_PUBLIC_URL" not in os.environ:
        changes["public_url"] = address
    return given.model_copy(update=changes)


async def _in_use(admin_url: str) -> frozenset[str]:
    """Nobody's, where we cannot ask: then each service's own finding tells why."""
    if not admin_url:
        return frozenset()
    try:
        async with asyncio.timeout(SECONDS_MAX):
            return await databases_in_use(admin_url)
    except Exception:  # noqa: BLE001
        return frozenset()


def _of_settings(given: Settings, name: str) -> list[Data]:
    url = given.of_service(name).database_url
    own = name in given.database_urls
    variable = f"QUICKSERVE_{name.upper()}_DATABASE_URL" if own else "QUICKSERVE_DATABASE_URL"
    return _data(given, name, variable, url) if url else []


def _of_laptop(kept: Settings, admin_url: str, in_use: frozenset[str], name: str) -> list[Data]:
    """All services in one database, or, where `up --split` runs, each in its own."""
    own = split.database_of(name)
    if own in in_use and not settings.weakness(kept.secret):
        kept = kept.model_copy(update={"secret": SecretStr(split.secret_of(kept, name))})
        admin_url = another_database(admin_url, own)
    return _data(kept, name, "QUICKSERVE_DATABASE_URL", admin_url)


def _data(known: Settings, name: str, variable: str, url: str) -> list[Data]:
    """None without a secret to derive the password from; that is a finding of its own."""
    if len(known.secret.get_secret_value()) < SECRET_CHARS_MIN:
        return []
    schema = load(name).schema(known)
    return [Data(name, variable, service_url(url, schema) if url else "", schema)]

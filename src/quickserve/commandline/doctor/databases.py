"""Each service's database, as the service itself signs in."""

import asyncio
import time
from collections.abc import Callable, Sequence

from quickserve.commandline.doctor.finding import (
    SECONDS_MAX,
    Data,
    Finding,
    Patient,
    cause,
    good,
    unknown,
    wrong,
)
from quickserve.kernel.db import pending_migrations
from quickserve.kernel.db_facts import DatabaseFacts, look

_VERSION_MIN = 150000
_EXTENSIONS = frozenset({"pg_trgm"})
_SKEW_SECONDS_MAX = 1.0
_EVENT_SECONDS_MAX = 60.0
# What the server or the network says → what helps. The first that is found wins.
_FIXES = (
    ("password authentication", "run `quickserve migrate {service}` with this QUICKSERVE_SECRET"),
    ("permission denied for database", "run `quickserve migrate {service}`"),
    ("does not exist", "make the database, or correct {variable}"),
    ("too many", "raise max_connections, or lower QUICKSERVE_POOL_MAX"),
    ("remaining connection slots", "raise max_connections, or lower QUICKSERVE_POOL_MAX"),
    ("starting up", "wait until PostgreSQL has started"),
)


async def check(patient: Patient) -> Sequence[Finding]:
    each = await asyncio.gather(*(of_service(data) for data in patient.data))
    return [finding for findings in each for finding in findings]


async def of_service(data: Data, now: Callable[[], float] = time.time) -> list[Finding]:
    name = f"{data.service} database"
    if not data.url:
        return [unknown(name, "not running; `quickserve up` starts and migrates it")]
    try:
        async with asyncio.timeout(SECONDS_MAX):
            facts = await look(data.url, now)
            missing = await pending_migrations(data.url, data.schema)
    except TimeoutError:
        return [wrong(name, f"no answer in {SECONDS_MAX} s", _fix("", data))]
    except Exception as error:  # noqa: BLE001 - whatever the driver says is what we tell
        return [wrong(name, cause(error), _fix(str(error), data))]
    return [
        version(name, facts),
        migrations(data, missing),
        extensions(data, facts),
        clock(data, facts),
        outbox(data, facts),
    ]


def _fix(said: str, data: Data) -> str:
    other = "start PostgreSQL there, or correct {variable}"
    fix = next((fix for text, fix in _FIXES if text in said), other)
    return fix.format(service=data.service, variable=data.variable)


def version(name: str, facts: DatabaseFacts) -> Finding:
    text = f"PostgreSQL {facts.version // 10000}.{facts.version % 10000}"
    if facts.version < _VERSION_MIN:
        return wrong(name, f"{text} is too old", "move the data to PostgreSQL 15 or newer")
    return good(name, f"{text}, signed in as the service")


def migrations(data: Data, missing: Sequence[str]) -> Finding:
    name = f"{data.service} migrations"
    if missing:
        return wrong(
            name, f"lacks {', '.join(missing)}", f"run `quickserve migrate {data.service}`"
        )
    return good(name, "up to date")


def extensions(data: Data, facts: DatabaseFacts) -> Finding:
    name = f"{data.service} extensions"
    if lacking := sorted(_EXTENSIONS - facts.extensions):
        fix = f"run `quickserve migrate {data.service}` on a server with PostgreSQL's contrib"
        return wrong(name, f"lacks {', '.join(lacking)}", fix)
    return good(name, ", ".join(sorted(_EXTENSIONS)))


def clock(data: Data, facts: DatabaseFacts) -> Finding:
    """Expiry is the database's to judge; tokens live by our clock."""
    name, skew = f"{data.service} clock", facts.ahead_seconds
    if abs(skew) > _SKEW_SECONDS_MAX + facts.unsure_seconds:
        told = f"the server is {abs(skew):.1f} s {'ahead of' if skew > 0 else 'behind'} us"
        return wrong(name, told, "let both machines follow the same time servers (NTP)")
    return good(name, f"{abs(skew) * 1000:.0f} ms from ours")


def outbox(data: Data, facts: DatabaseFacts) -> Finding:
    name = f"{data.service} outbox"
    told = f"{facts.events_waiting} events wait"
    if facts.oldest_event_seconds > _EVENT_SECONDS_MAX:
        fix = "the service's log says why (event_not_delivered); repaired, they leave"
        return wrong(name, f"{told}, the oldest for {facts.oldest_event_seconds:.0f} s", fix)
    return good(name, told)

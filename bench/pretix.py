"""Complete free bookings a second beside pretix's order API, both on this machine.

pretix is installed from PyPI into a cache folder of its own, never into the project's environment,
and set up as its manual says: PostgreSQL, Redis for cache, sessions and tasks, gunicorn, a worker
for background tasks. Same PostgreSQL build and settings, durable commits, a database each. Where
the manual leaves a choice, it is made in pretix's favour:

* three gunicorn workers instead of the manual's five, which are slower on two cores, and never
  restarted; no proxy in front; no e-mails, no webhooks, no invoices, no plug-in but the default one
  that orders need;
* no idempotency key, which would cost it two more transactions: ours is idempotent all the same;
* its figure is also taken with nobody doing its background tasks, as if they cost nothing.

An order and a booking are the same: two free tickets for one e-mail address, confirmed in the
answer, out of one quota of a million places. Both tell afterwards how many there are.
"""

import asyncio
import json
import os
import subprocess
import sys
import time
import venv
from collections.abc import Awaitable, Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.servers import Redis

from bench.bookings import await_port
from bench.figures import Figure, median
from bench.journeys import free, on_sale
from bench.load import Connection, Run, drive
from bench.server import data_folder, dump, free_port, serving
from quickserve.kernel.db import ensure_database, open_connection
from quickserve.kernel.postgres import EmbeddedPostgres, Server

VERSION, GUNICORN = "2026.8.0", "27.0.1"

_ROUNDS = 3
_SECONDS = 8.0
_CLIENTS = 16
_WORKERS = 3
_WARM_UP = 30  # orders: each worker's first ones take seconds

_ONE_EVENT = """
from datetime import timedelta
from decimal import Decimal
from django.utils.timezone import now
from django_scopes import scopes_disabled
from pretix.base.models import Event, Organizer, Team, TeamAPIToken

def make():
    organiser = Organizer.objects.create(name="Benchmark", slug="bench")
    event = Event.objects.create(
        organizer=organiser, name="Nuit des fanfares", slug="nuit", currency="EUR", live=True,
        date_from=now() + timedelta(days=30), plugins="pretix.plugins.checkinlists",
    )
    item = event.items.create(name="Plein tarif", default_price=Decimal("0.00"))
    event.quotas.create(name="House", size=1_000_000).items.add(item)
    team = Team.objects.create(
        organizer=organiser, name="Benchmark", all_events=True, all_event_permissions=True,
        all_organizer_permissions=True,
    )
    print("made", item.pk, TeamAPIToken.objects.create(team=team, name="bench").token)

with scopes_disabled():
    make()
"""


def run() -> list[Figure]:
    """Rounds alternate the contestants, so that a slow minute of the machine meets them all."""
    rounds: dict[str, list[Run]] = {}
    with data_folder() as here, _pretix() as pretix, serving(here, "--no-demo") as product:
        free_show, _ = asyncio.run(on_sale(here))
        contestants = {
            "QuickServe": (product.host_port, free(*free_show)),
            "pretix": (pretix.host_port, pretix.order),
            "pretix, background tasks not done": (pretix.idle_host_port, pretix.order),
        }
        for host_port in (pretix.host_port, pretix.idle_host_port):
            asyncio.run(_warm_up(host_port, pretix.order))
        pretix.rest()
        before = asyncio.run(pretix.orders())
        for _ in range(_ROUNDS):
            for name, (host_port, journey) in contestants.items():
                rounds.setdefault(name, []).append(_measure(host_port, journey))
                pretix.rest()
        made = asyncio.run(pretix.orders()) - before
    answered = sum(one.journeys for name in list(contestants)[1:] for one in rounds[name])
    assert made == answered, f"pretix answered {answered} orders and has {made}"
    return _figures(rounds)


def _figures(rounds: dict[str, list[Run]]) -> list[Figure]:
    rates = {name: median([one.per_second for one in runs]) for name, runs in rounds.items()}
    slowest = {
        name: median([one.percentile(0.99) for one in runs]) for name, runs in rounds.items()
    }
    ours, *theirs = rates
    figures: list[Figure] = []
    for name in theirs:
        figures += [
            Figure("complete free bookings", rates[ours], "/s", name, rates[name], "≥ 60 ×"),
            Figure("complete free bookings, p99", slowest[ours], "ms", name, slowest[name]),
        ]
    return figures


def _measure(host_port: tuple[str, int], journey: Callable[[Connection], Awaitable[None]]) -> Run:
    return asyncio.run(drive(host_port, journey, clients=_CLIENTS, seconds=_SECONDS))


async def _warm_up(
    host_port: tuple[str, int], journey: Callable[[Connection], Awaitable[None]]
) -> None:
    connections = [Connection(*host_port) for _ in range(_WORKERS)]
    for _ in range(_WARM_UP // _WORKERS):
        await asyncio.gather(*(journey(connection) for connection in connections))


# -- Their side ------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Pretix:
    """Two web servers on one database; nobody listens to the background tasks of the idle one."""

    host_port: tuple[str, int]
    idle_host_port: tuple[str, int]
    database_url: str
    item: int
    token: str
    worker_log: Path

    def rest(self) -> None:
        """Until the background tasks of what was ordered are done: not at the next one's cost."""
        size = -1
        while size != (size := self.worker_log.stat().st_size):
            time.sleep(1)

    async def order(self, connection: Connection) -> None:
        position = {
            "item": self.item, "price": "0.00",
            "attendee_name_parts": {"_scheme": "full", "full_name": "Amina Diallo"},
        }  # fmt: skip
        body = {
            "email": "amina@example.org", "locale": "en", "status": "p", "payment_provider": "free",
            "positions": [{"positionid": number, **position} for number in (1, 2)],
        }  # fmt: skip
        status, answer = await connection.send(
            "POST", "/api/v1/organizers/bench/events/nuit/orders/", dump(body),
            headers=f"authorization: Token {self.token}\r\n",
        )  # fmt: skip
        assert status == 201, answer
        assert json.loads(answer)["status"] == "p"

    async def orders(self) -> int:
        async with await open_connection(self.database_url) as connection:
            counted = await connection.execute(
                "SELECT count(DISTINCT o.id) FROM pretixbase_order o"
                " JOIN pretixbase_orderposition p ON p.order_id = o.id AND p.positionid = 2"
                " WHERE o.status = 'p'"
            )
            rows = await counted.fetchall()
            return rows[0][0]


@contextmanager
def _pretix() -> Generator[_Pretix, None, None]:
    python = _installed()
    with data_folder() as folder, Redis() as redis, EmbeddedPostgres(folder) as postgres:
        url = asyncio.run(ensure_database(postgres.url("postgres"), "pretix"))
        busy = _settings(folder / "busy", postgres, f"{redis.url[:-1]}1")
        idle = _settings(folder / "idle", postgres, f"{redis.url[:-1]}2")
        print("   pretix makes its tables: a minute", file=sys.stderr)
        _manage(python, busy, "migrate")
        said = _manage(python, busy, "shell", _ONE_EVENT)
        item, token = said.rpartition("made ")[2].split()
        with (
            _web(python, busy, folder / "web.log") as host_port,
            _web(python, idle, folder / "idle.log") as idle_host_port,
            _worker(python, busy, folder / "worker.log"),
        ):
            yield _Pretix(host_port, idle_host_port, url, int(item), token, folder / "worker.log")


def _installed() -> Path:
    """The interpreter of pretix's own environment, made once for a version."""
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    home = cache / "quickserve" / f"bench-pretix-{VERSION}"
    python = home / "bin" / "python"
    done = home / "installed"
    if not done.exists():
        print(f"   installing pretix {VERSION} in {home}", file=sys.stderr)
        venv.create(home, clear=True, with_pip=True)
        subprocess.run(
            [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check",
             f"pretix=={VERSION}", f"gunicorn=={GUNICORN}"],
            check=True,
        )  # fmt: skip
        done.touch()
    return python


def _settings(folder: Path, postgres: Server, broker: str) -> Path:
    (folder / "data").mkdir(parents=True)
    file = folder / "pretix.cfg"
    file.write_text(
        f"[pretix]\ninstance_name=Benchmark\nurl=http://127.0.0.1\ndatadir={folder / 'data'}\n"
        f"[database]\nbackend=postgresql\nname=pretix\nhost={postgres.host}\nport={postgres.port}\n"
        f"user={postgres.user}\npassword={postgres.password}\n"
        f"[redis]\nlocation={broker}\nsessions=true\n[celery]\nbackend={broker}\nbroker={broker}\n"
    )
    return file


def _environment(settings: Path) -> dict[str, str]:
    return {
        "PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8", "HOME": str(settings.parent),
        "PRETIX_CONFIG_FILE": str(settings), "DJANGO_SETTINGS_MODULE": "pretix.settings",
    }  # fmt: skip


def _manage(python: Path, settings: Path, command: str, text: str = "") -> str:
    done = subprocess.run(
        [str(python), "-m", "pretix", command], input=text, env=_environment(settings),
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-2000:]
    return done.stdout


@contextmanager
def _web(python: Path, settings: Path, log: Path) -> Generator[tuple[str, int], None, None]:
    port = free_port()
    options = ["--workers", str(_WORKERS), "--bind", f"127.0.0.1:{port}", "--no-control-socket"]
    with _process(python, settings, log, "gunicorn", "pretix.wsgi", *options):
        asyncio.run(await_port(port))
        yield "127.0.0.1", port


@contextmanager
def _worker(python: Path, settings: Path, log: Path) -> Generator[None, None, None]:
    options = ["-A", "pretix.celery_app", "worker", "-l", "info"]
    with _process(python, settings, log, "celery", *options):
        deadline = time.monotonic() + 60
        while " ready." not in log.read_text():
            assert time.monotonic() < deadline, log.read_text()[-2000:]
            time.sleep(0.1)
        yield


@contextmanager
def _process(python: Path, settings: Path, log: Path, *words: str) -> Generator[None, None, None]:
    with log.open("wb") as output:
        process = subprocess.Popen(
            [str(python), "-m", *words], cwd=settings.parent, env=_environment(settings),
            stdin=subprocess.DEVNULL, stdout=output, stderr=output,
        )  # fmt: skip
        try:
            yield
        finally:
            process.terminate()
            process.wait(60)

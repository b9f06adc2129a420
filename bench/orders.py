"""Complete orders a second, over HTTP, in one process: placed, accepted, cooked, picked up.

Buyers and cooks ask from a process of their own; every order has a grill's work reserved and given
back, and each step is a durable commit with its event. Beside it stand the same writes as bare SQL,
by pgbench on the same server. Two products run, alike but for how many orders are kept already.
"""

import asyncio
import json
import subprocess
import sys
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

from bench import bare_sql
from bench.figures import Figure, median
from bench.holds import spent
from bench.journeys import until
from bench.orders_process import Count, Task
from bench.server import Running, data_folder, serving
from quickserve.contracts.identity import Credentials, IdentityClient, NewOrganiser, NewPerson
from quickserve.contracts.menus import (
    MenuItem,
    MenuItemId,
    MenuSection,
    NewMenu,
    SectionId,
    StandDraft,
    StandId,
    Station,
)
from quickserve.contracts.menus_client import MenusClient
from quickserve.contracts.ordering import BasketId, BasketLineId, NewBasket, NewLine
from quickserve.contracts.ordering_client import OrderingClient
from quickserve.kernel.auth import Role
from quickserve.kernel.client import Client
from quickserve.kernel.db import ensure_database, open_connection
from quickserve.kernel.errors import NotFound
from quickserve.kernel.ids import OrganiserId, PersonId, new_uuid
from quickserve.kernel.money import Money
from quickserve.kernel.postgres import EmbeddedPostgres, Server
from quickserve.laptop import Home, clients

_ROUNDS = 3
_SECONDS = 4.0
_CONNECTIONS = 48
_STANDS = 10
_PACE = 100.0  # orders a second
_KEPT = 200_000  # orders of earlier days
_BASKETS_EACH = 400
_FREE = Money(0, "EUR")


@dataclass(frozen=True)
class Stand:
    id: StandId
    item: MenuItemId


@dataclass(frozen=True)
class House:
    """A running product with stands, a cook's token, and its database."""

    running: Running
    database: Server
    stands: list[Stand]
    token: str


@dataclass(frozen=True)
class Round:
    per_second: float
    p99_ms: float
    cost_us: float


def run() -> list[Figure]:
    """Rounds alternate the contestants, so that a slow minute of the machine meets them all."""
    rounds: dict[str, list[Round]] = {}
    bare: list[float] = []
    with data_folder() as folder, EmbeddedPostgres(folder / "database") as server:
        sql = asyncio.run(bare_sql.prepared(server, folder))
        with _house(server, folder / "new") as new, _house(server, folder / "old") as old:
            asyncio.run(_history(old))
            for number in range(_ROUNDS + 1):
                found = {
                    "spread": _drive(new, _STANDS),
                    "one stand": _drive(new, 1),
                    "old": _drive(old, _STANDS),
                    "board": _drive(new, _STANDS, _PACE),
                }
                rate = sql.transactions_per_second("order", _CONNECTIONS, _SECONDS)
                if number > 0:  # the first one warms everything up
                    bare.append(rate)
                    for name, one in found.items():
                        rounds.setdefault(name, []).append(one)
    return _figures(rounds, median(bare))


def _figures(rounds: dict[str, list[Round]], bare: float) -> list[Figure]:
    def mid(name: str, what: str) -> float:
        return median([getattr(one, what) for one in rounds[name]])

    title, sql = f"complete orders at {_STANDS} stands", "the same writes as SQL (pgbench)"
    cost = f"an order's processor time, {_KEPT:,} orders kept"
    return [
        Figure(title, mid("spread", "per_second"), "/s", sql, bare, "≥ 400/s"),
        Figure(f"{title}, placed → picked up, p99", mid("spread", "p99_ms"), "ms"),
        Figure("complete orders at one stand", mid("one stand", "per_second"), "/s", sql, bare),
        Figure(f"{title}, processor time each", mid("spread", "cost_us"), "µs"),
        Figure(cost, mid("old", "cost_us"), "µs", "none kept", mid("spread", "cost_us"), "flat"),
        Figure(
            f"placed → on the board at {_PACE:.0f} orders/s, p99", mid("board", "p99_ms"), "ms",
            aim="≤ 500",
        ),
        Figure(f"orders placed at {_PACE:.0f}/s", mid("board", "per_second"), "/s"),
    ]  # fmt: skip


def _drive(house: House, stands: int, per_second: float = 0) -> Round:
    host, port = house.running.host_port
    each = _BASKETS_EACH * _STANDS // stands
    baskets = asyncio.run(_fill(house, house.stands[:stands], each))
    task = Task(host, port, house.token, baskets, _CONNECTIONS, _SECONDS, per_second)
    before = spent(house.running, house.database)
    answer = subprocess.run(
        [sys.executable, "-m", "bench.orders_process"],
        input=json.dumps(asdict(task)), stdout=subprocess.PIPE, text=True, check=True,
    )  # fmt: skip
    cost = spent(house.running, house.database) - before
    count = Count(**json.loads(answer.stdout))
    ordered = sorted(count.latencies_ms)
    return Round(
        count.orders / count.seconds, ordered[int(len(ordered) * 0.99)], cost / count.orders * 1e6
    )


# -- The house -------------------------------------------------------------------------------------


@contextmanager
def _house(server: Server, folder: Path) -> Generator[House]:
    url = asyncio.run(ensure_database(server.url("postgres"), folder.name))
    with serving(folder, "--no-demo", QUICKSERVE_DATABASE_URL=url) as running:
        stands, token = asyncio.run(_open(folder))
        yield House(running, server, stands, token)


async def _open(folder: Path) -> tuple[list[Stand], str]:
    async with clients(Home(folder)) as client:
        identity, organiser_id = IdentityClient(client("identity")), OrganiserId(new_uuid())
        await identity.put_organiser(organiser_id, NewOrganiser(name="Benchmark"))
        cook = NewPerson.model_validate(
            {"email": "cook@example.org", "name": "Cook", "password": "grills at noon 7"}
        )
        person = await identity.put_person(PersonId(new_uuid()), cook)
        await identity.put_roles(organiser_id, person.id, [Role.KITCHEN])
        session = await identity.sign_in(Credentials(email=cook.email, password=cook.password))
        stands = [await _stand(client("catalog"), organiser_id, n) for n in range(_STANDS)]
        for stand in stands:
            await until(lambda stand=stand: _known(OrderingClient(client("ordering")), stand))
    return stands, session.access_token


async def _stand(client: Client, organiser_id: OrganiserId, number: int) -> Stand:
    menus, stand_id = MenusClient(client), StandId(new_uuid())
    item = MenuItem(
        id=MenuItemId(new_uuid()), name="Burger", price=_FREE, station="grill", ready_seconds=1
    )
    section = MenuSection(id=SectionId(new_uuid()), name="All", items=[item])
    grill = Station(key="grill", name="Grill", cooks=100)
    await menus.put_stand(
        stand_id,
        StandDraft(organiser_id=organiser_id, name=f"Stand {number + 1}", stations=[grill]),
    )
    await menus.put_menu(stand_id, NewMenu(sections=[section]))
    return Stand(stand_id, item.id)


async def _known(ordering: OrderingClient, stand: Stand) -> bool:
    line = NewLine(id=BasketLineId(new_uuid()), item_id=stand.item)
    try:
        await ordering.put_basket(BasketId(new_uuid()), NewBasket(stand_id=stand.id, lines=[line]))
    except NotFound:
        return False
    return True


_FILL = """
INSERT INTO baskets (id, stand_id, draft, lines) SELECT gen_random_uuid(), %(stand)s::uuid,
  jsonb_build_object('stand_id', %(stand)s::uuid), jsonb_build_array(jsonb_build_object(
    'id', gen_random_uuid(), 'item_id', %(item)s::uuid, 'quantity', 2))
FROM generate_series(1, %(count)s) RETURNING id
"""


async def _fill(house: House, stands: list[Stand], each: int) -> dict[str, list[str]]:
    """Baskets as buyers have filled them: what is measured begins when they are ordered."""
    filled: dict[str, list[str]] = {}
    async with await open_connection(house.database.url(house.running.folder.name)) as connection:
        await connection.execute("SET search_path = ordering")
        for stand in stands:
            cursor = await connection.execute(
                _FILL, {"stand": stand.id, "item": stand.item, "count": each}
            )
            filled[str(stand.id)] = [str(one) for (one,) in await cursor.fetchall()]
    return filled


_HISTORY = """
WITH old AS (INSERT INTO orders (id, basket_id, stand_id, organiser_id, number, state, payment,
    contact_name, language, destination, fulfilment, lines, totals, total_minor, currency, ready_by,
    promise_earliest, promise_latest, ready_at, ended_at, content, placed_at)
  SELECT gen_random_uuid(), gen_random_uuid(), s.id, s.organiser_id, '001', 'picked-up', 'free',
    'Amina', 'fr', '{"fulfilment": "pickup"}', 'pickup', '[]', '{}', 0, 'EUR', at, at, at, at, at,
    '', at FROM generate_series(1, %s) AS n, stands s,
    LATERAL (SELECT clock_timestamp() - n * interval '10 seconds' AS at) AS t RETURNING id)
INSERT INTO order_steps (order_id, position, state, by)
SELECT id, position, 'accepted', 'stand' FROM old, generate_series(1, 4) AS position
"""


async def _history(house: House) -> None:
    async with await open_connection(house.database.url(house.running.folder.name)) as connection:
        await connection.execute("SET search_path = ordering")
        await connection.execute(_HISTORY, (_KEPT // _STANDS,))
        await connection.execute("ANALYZE")

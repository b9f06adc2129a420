"""What the kernel's tests build with: a bakery with a schema of its own, and small services."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, NewType
from uuid import UUID, uuid4

import httpx2 as httpx
import psycopg
from fastapi import APIRouter, FastAPI

from quickserve.kernel.auth import TokenVerifier
from quickserve.kernel.bus.local import LocalBus
from quickserve.kernel.client import Client
from quickserve.kernel.clock import SystemClock
from quickserve.kernel.db import Database, Schema, migrate, service_url
from quickserve.kernel.errors import Problem
from quickserve.kernel.events import DomainEvent
from quickserve.kernel.inbox import Subscription
from quickserve.kernel.money import Money
from quickserve.kernel.service import Runtime, Service, build_app
from quickserve.kernel.settings import Settings

LoafId = NewType("LoafId", UUID)

LOAVES = """
CREATE TABLE loaves (
    id    uuid PRIMARY KEY,
    name  text CONSTRAINT loaf_name_taken UNIQUE,
    count integer NOT NULL DEFAULT 0 CONSTRAINT loaves_not_oversold CHECK (count >= 0)
);
CREATE TABLE eaten (loaf_id uuid NOT NULL, consumer text NOT NULL, at serial);
"""


class LoafTaken(Problem):
    status = 409
    code = "test-loaf-taken"
    title = "There is such a loaf already"


class SoldOut(Problem):
    status = 409
    code = "test-sold-out"
    title = "No loaf is left"


CONSTRAINTS: Mapping[str, type[Problem]] = {
    "loaf_name_taken": LoafTaken,
    "loaves_not_oversold": SoldOut,
}


@dataclass(frozen=True)
class LoafBaked(DomainEvent):
    TYPE: ClassVar[str] = "quickserve.test.loaf-baked.v1"
    loaf_id: LoafId
    price: Money


def baked(cents: int = 350) -> LoafBaked:
    return LoafBaked(LoafId(uuid4()), Money(cents, "EUR"))


@dataclass(frozen=True)
class Bakery:
    """A migrated schema, its role's address, and a pool that maps its constraints."""

    schema: Schema
    admin_url: str
    url: str
    db: Database

    async def ask(self, statement: str, *params: Any) -> Any:
        """As the administrator: what a test looks up or turns back behind the service's back."""
        async with await psycopg.AsyncConnection.connect(
            self.admin_url, autocommit=True, options=f"-c search_path={self.schema.name},public"
        ) as connection:
            cursor = await connection.execute(statement.encode(), params)
            row = await cursor.fetchone() if cursor.description else None
            return row[0] if row else None


async def eventually(happened: Callable[[], Awaitable[Any]], seconds: float = 10) -> None:
    for _ in range(int(seconds / 0.02)):
        if await happened():
            return
        await asyncio.sleep(0.02)
    raise AssertionError("it did not happen")


class Packages:
    """Writes importable packages with migrations."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def write(self, name: str, files: Mapping[str, str]) -> str:
        migrations = self._folder / name / "migrations"
        migrations.mkdir(parents=True, exist_ok=True)
        (self._folder / name / "__init__.py").touch()
        for file, text in files.items():
            (migrations / file).write_text(text)
        return name

    def schema(self, **files: str) -> Schema:
        name = f"bakery_{uuid4().hex[:12]}"
        texts = {f"{file}.sql": text for file, text in files.items()}
        return Schema(name, self.write(name, texts), "p" * 32)


async def open_bakery(admin_url: str, schema: Schema, pool_max: int = 4) -> Bakery:
    await migrate(admin_url, [schema])
    url = service_url(admin_url, schema)
    db = Database(url, constraints=CONSTRAINTS, pool_max=pool_max)
    await db.open()
    return Bakery(schema, admin_url, url, db)


async def no_keys() -> Any:
    return {"keys": []}


def runtime_of(
    settings: Settings,
    db: Database,
    *,
    bus: LocalBus | None = None,
    name: str = "echo",
    router: APIRouter | None = None,
    subscriptions: Sequence[Subscription] = (),
    owns_data: bool = True,
    fetch_keys: Callable[[], Any] = no_keys,
) -> Runtime:
    service = Service(
        name, router or APIRouter(), owns_data=owns_data, subscriptions=tuple(subscriptions)
    )
    return Runtime(
        service=service, settings=settings, clock=SystemClock(), bus=bus or LocalBus(),
        clients={}, verifier=TokenVerifier(settings, fetch_keys), db=db,
    )  # fmt: skip


def app_of(settings: Settings, router: APIRouter, **options: Any) -> FastAPI:
    """A service without data, as build_app makes it."""
    db = Database(settings.database_url)
    return build_app(runtime_of(settings, db, router=router, owns_data=False, **options))


def http_of(app: FastAPI) -> httpx.AsyncClient:
    return httpx.AsyncClient(
        transport=httpx.ASGITransport(app, raise_app_exceptions=False), base_url="http://echo"
    )


def client_of(app: FastAPI, token: Callable[[], str]) -> Client:
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    return Client("echo", "http://echo", transport, token)

"""The split shape on servers of the test's own, each part of which can be struck."""

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from quickserve.kernel.db import open_connection
from tests.journeys.product import Product, folder, start
from tests.journeys.shows import House, Show, house_of, until
from tests.kernel.own_server import OwnServer
from tests.servers import Rabbit, Redis, free_port

SERVICES = (
    "identity", "catalog", "booking", "ordering", "tracking", "payment", "checkout", "web",
)  # fmt: skip
DATABASES = SERVICES[:-1]
SETTINGS = {
    "QUICKSERVE_TAKES_PER_MINUTE": "0", "QUICKSERVE_SAGA_LEASE_SECONDS": "3",
    "QUICKSERVE_SANDBOX_DELAY_MS": "500", "QUICKSERVE_HOLD_MINUTES": "5",
}  # fmt: skip
_NOTE_EVENTS = """
CREATE TABLE public.noted_events (id uuid PRIMARY KEY, type text NOT NULL);
CREATE FUNCTION public.note_event() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$
BEGIN
  INSERT INTO public.noted_events VALUES (NEW.id, NEW.type);
  RETURN NEW;
END $$;
CREATE TRIGGER note_event AFTER INSERT ON {service}.outbox
  FOR EACH ROW EXECUTE FUNCTION public.note_event();
"""


@dataclass
class System:
    """A running product and the servers it stands on."""

    product: Product
    house: House
    postgres: OwnServer
    rabbit: Rabbit
    redis: Redis
    broker_url: str

    def pid(self, service: str) -> int:
        """Of the service's process that started last."""
        found = subprocess.run(
            ["pgrep", "-P", str(self.product.process.pid), "-n", "-f", f"serve {service} "],
            capture_output=True, text=True, check=False,
        )  # fmt: skip
        return int(found.stdout) if found.stdout.strip() else 0

    async def kill(self, service: str) -> None:
        """kill -9; returns when its successor has taken its place."""
        old = self.pid(service)
        os.kill(old, signal.SIGKILL)

        async def replaced() -> bool:
            return self.pid(service) not in (0, old)

        await until(replaced)

    def alive(self, pid: int) -> bool:
        return Path(f"/proc/{pid}").exists()

    async def freeze(self, service: str, seconds: float) -> None:
        """Its connections stay open, and nothing moves."""
        pid = self.pid(service)
        os.kill(pid, signal.SIGSTOP)
        try:
            await asyncio.sleep(seconds)
        finally:
            os.kill(pid, signal.SIGCONT)

    @contextmanager
    def another(self, service: str) -> Iterator[None]:
        """A second process of the service, beside the first, until the end."""
        environment = Path(f"/proc/{self.pid(service)}/environ").read_bytes().decode()
        process = subprocess.Popen(
            [sys.executable, "-m", "quickserve", "serve", service, "--port", str(free_port())],
            env=dict(pair.split("=", 1) for pair in environment.split("\0") if "=" in pair),
            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
        )  # fmt: skip
        try:
            assert process.stdout is not None
            assert process.stdout.readline().startswith("ready")
            yield
        finally:
            process.terminate()
            process.wait(30)
            process.stdout.close()  # type: ignore[union-attr]

    async def note_events(self) -> None:
        """From now on: a service forgets an event that is delivered."""
        for service in DATABASES:
            async with await open_connection(self._database_url(service)) as connection:
                await connection.execute(_NOTE_EVENTS.format(service=service).encode())

    async def events(self, service: str) -> list[tuple[Any, ...]]:
        """Id and type of everything that the service ever wrote to its outbox."""
        return await self.ask(service, "SELECT id, type FROM public.noted_events")

    async def ask(self, service: str, question: str, *params: object) -> list[tuple[Any, ...]]:
        """A service's database, past the service."""
        async with await open_connection(self._database_url(service)) as connection:
            cursor = await connection.execute(question.encode(), params)
            return await cursor.fetchall()

    def _database_url(self, service: str) -> str:
        return f"{self.postgres.url.rpartition('/')[0]}/quickserve_{service}"

    async def charges(self, show: Show) -> list[tuple[str, int]]:
        """State and amount of every charge of the bank for the show's buyers."""
        return await self.ask(
            "payment",
            "SELECT c.state, c.amount_minor FROM payment.sandbox_charges c"
            " JOIN payment.intents i ON i.id = c.key WHERE i.organiser_id = %s",
            show.organiser_id,
        )


@asynccontextmanager
async def system() -> AsyncIterator[System]:
    with folder() as data, Rabbit() as rabbit, Redis() as redis:
        postgres = OwnServer(data / "server")
        postgres.start()
        broker_url = rabbit.url()
        product = start(
            data, "--no-demo",
            **SETTINGS,
            QUICKSERVE_DATABASE_URL=postgres.url,
            QUICKSERVE_RABBITMQ_URL=broker_url,
            QUICKSERVE_REDIS_URL=redis.url,
        )  # fmt: skip
        try:
            async with house_of(product) as house:
                yield System(product, house, postgres, rabbit, redis, broker_url)
        finally:
            product.end()
            postgres.stop()

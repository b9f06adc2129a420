"""All of deploy/compose.yaml at once, by hand: its commands and environments on one machine.

PostgreSQL is prepared by the container's script; names of containers become addresses of the
loopback. Everything else is as written: each service's own secret and database, migrations as
owners, RabbitMQ and Redis between them.
"""

import asyncio
import json
import os
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

import httpx2 as httpx
import pytest

from quickserve.app import SERVICES
from quickserve.kernel.postgres import EmbeddedPostgres, Server
from tests.programs import program
from tests.servers import Rabbit, Redis, free_port

from .compose import DEPLOY, ours, services
from .image import Image, until_healthy

SECONDS_MAX = 60


@dataclass
class Whole:
    image: Image
    postgres: Server
    rabbitmq_url: str
    redis_url: str
    logs: Path
    ports: dict[str, int] = field(default_factory=dict[str, int])
    processes: dict[str, subprocess.Popen[str]] = field(
        default_factory=dict[str, subprocess.Popen[str]]
    )

    def environment(self, name: str) -> dict[str, str]:
        """As the file says, with addresses of this machine."""
        told = dict(services()[name]["environment"])
        for variable, value in told.items():
            here = value.replace("postgres:5432", f"127.0.0.1:{self.postgres.port}")
            for service, port in self.ports.items():
                here = here.replace(f"http://{service}:8000", f"http://127.0.0.1:{port}")
            told[variable] = here
        if "QUICKSERVE_REDIS_URL" in told:
            told |= {
                "QUICKSERVE_RABBITMQ_URL": self.rabbitmq_url,
                "QUICKSERVE_REDIS_URL": self.redis_url,
                "QUICKSERVE_DRAIN_SECONDS": "0",
            }
        return told

    def address(self, name: str) -> str:
        return f"http://127.0.0.1:{self.ports[name]}"

    def prepare_postgres(self) -> None:
        program("psql", package="postgresql-client")
        told = services()["postgres"]["environment"]
        server = self.postgres
        environment = {
            **os.environ, **told, "POSTGRES_USER": server.user, "PGPASSWORD": server.password,
            "PGHOST": server.host, "PGPORT": str(server.port),
        }  # fmt: skip
        script = ["bash", str(DEPLOY / "postgres/services.sh")]
        subprocess.run(script, env=environment, check=True, capture_output=True)

    def migrate(self) -> None:
        for name in ours():
            if name.startswith("migrate-"):
                command = ours()[name]["command"]
                ran = self.image.run("quickserve", *command, **self.environment(name))
                assert ran.returncode == 0, ran.stderr

    def start(self) -> None:
        self.ports = {name: free_port() for name in SERVICES}
        for name in SERVICES:
            command = [str(word) for word in ours()[name]["command"]]
            place = command.index("--host")
            assert command[place:] == ["--host", "0.0.0.0", "--port", "8000"]
            mine = ["--host", "127.0.0.1", "--port", str(self.ports[name])]
            with (self.logs / name).open("w") as log:
                self.processes[name] = self.image.start(
                    "quickserve", *command[:place], *mine, output=log, **self.environment(name)
                )
        for name, port in self.ports.items():
            told = until_healthy(self.image, port, seconds=SECONDS_MAX)
            assert told == "", (name, told, (self.logs / name).read_text()[-2000:])

    def stop(self) -> dict[str, int]:
        for process in self.processes.values():
            process.terminate()
        return {name: process.wait(SECONDS_MAX) for name, process in self.processes.items()}


@pytest.fixture(scope="module")
def whole(image: Image, rabbit: Rabbit, redis: Redis) -> Iterator[Whole]:
    with ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="quickserve-test-"))
        postgres = EmbeddedPostgres(Path(folder), settings={"fsync": "off"})
        server = stack.enter_context(postgres)
        logs = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="quickserve-logs-")))
        running = Whole(image, server, rabbit.new_url(), redis.url, logs)
        stack.callback(lambda: [p.kill() for p in running.processes.values() if p.poll() is None])
        running.prepare_postgres()
        running.migrate()
        running.start()
        yield running


async def test_pages_come_from_all_services(whole: Whole):
    async with httpx.AsyncClient(base_url=whole.address("web")) as http:
        home = await http.get("/", headers={"accept-language": "en"}, follow_redirects=True)
        assert home.status_code == 200
        described = await http.get("/realms/quickserve/.well-known/openid-configuration")
        assert described.json()["issuer"].endswith("/realms/quickserve")
        for name in (
            "catalog",
            "booking",
            "ordering",
            "tracking",
            "payment",
            "checkout",
            "identity",
        ):
            answer = await http.get(f"/api/{name}/openapi.json")
            assert answer.json()["info"]["title"] == f"QuickServe {name}"


async def test_a_service_takes_nobody_but_services(whole: Whole):
    async with httpx.AsyncClient() as http:
        for name in SERVICES:
            answer = await http.get(f"{whole.address(name)}/api/{name}/openapi.json")
            assert name == "web" or answer.status_code == 401


async def test_prometheus_finds_every_services_metrics(whole: Whole):
    async with httpx.AsyncClient() as http:
        for name in SERVICES:
            metrics = (await http.get(f"{whole.address(name)}/metrics")).text
            assert "quickserve_request_seconds" in metrics


@pytest.mark.parametrize("name", ["booking", "web"])
async def test_the_doctor_finds_nothing_in_a_container(whole: Whole, name: str):
    for _ in range(20):  # consumers link themselves to the broker after they are ready
        ran = await asyncio.to_thread(
            whole.image.run, "quickserve", "doctor", "--json", **whole.environment(name)
        )
        findings = {finding["check"]: finding for finding in json.loads(ran.stdout)}
        wrong = {check: f["told"] for check, f in findings.items() if f["state"] == "wrong"}
        if not wrong:
            break
        await asyncio.sleep(0.5)
    assert wrong == {}
    if name != "web":
        for check in (f"{name} database", f"{name} migrations", "broker", "redis"):
            assert findings[check]["state"] == "good"


def test_everything_ends_in_order(whole: Whole):
    assert whole.stop() == dict.fromkeys(SERVICES, 0)

"""The databases that the script of the PostgreSQL container makes, on a real server."""

import os
import subprocess
from secrets import token_hex
from urllib.parse import urlsplit, urlunsplit

import pytest

from quickserve.app import Platform, load
from quickserve.kernel.db import open_connection, service_url
from quickserve.kernel.settings import Settings
from quickserve.kernel.testing import test_settings as settings_for
from tests.programs import program

from .compose import DEPLOY

# What must not work: whatever PostgreSQL calls it.
Refused = pytest.RaisesExc(Exception, match=r"permission denied|not permitted|must be")


class Made:
    """Two databases as the containers find them, and their addresses."""

    def __init__(self, admin_url: str) -> None:
        self._admin = urlsplit(admin_url)
        mark = token_hex(4)
        self.names = {"payment": f"payment_{mark}", "checkout": f"checkout_{mark}"}

    def run_script(self) -> None:
        password = self._admin.password or ""
        environment = {
            **os.environ, "POSTGRES_USER": self._admin.username or "", "PGPASSWORD": password,
            "PGHOST": self._admin.hostname or "", "PGPORT": str(self._admin.port),
            "DATABASES": " ".join(self.names.values()),
            **{f"{name.upper()}_OWNER_PASSWORD": "o'wn" for name in self.names.values()},
        }  # fmt: skip
        program("psql", package="postgresql-client")
        script = ["bash", str(DEPLOY / "postgres/services.sh")]
        ran = subprocess.run(script, env=environment, capture_output=True, text=True, check=False)
        assert ran.returncode == 0, ran.stderr

    def url(self, service: str, user: str = "") -> str:
        host = self._admin.netloc.rpartition("@")[2]
        netloc = f"{user}@{host}" if user else host
        return urlunsplit(self._admin._replace(netloc=netloc, path=f"/{self.names[service]}"))

    def owner_url(self, service: str) -> str:
        return self.url(service, f"{self.names[service]}_owner:o%27wn")

    def role_url(self, service: str, database: str = "") -> str:
        """As the service signs in; elsewhere than at home, if a database is named."""
        own = service_url(self.url(service), load(service).schema(self.settings(service)))
        home, other = (f"/{self.names[name]}" for name in (service, database or service))
        return own.removesuffix(home) + other

    def settings(self, service: str) -> Settings:
        urls = {service: self.owner_url(service)}
        return settings_for("", database_urls=urls)


@pytest.fixture(scope="module")
async def made(database_url: str) -> Made:
    databases = Made(database_url)
    databases.run_script()
    for service in databases.names:
        await Platform(databases.settings(service), [load(service)]).migrate()
    return databases


async def asked(url: str, question: str) -> object:
    async with await open_connection(url) as connection:
        cursor = await connection.execute(question.encode())
        row = await cursor.fetchone()
        return row[0] if row else None


async def test_the_owner_migrates_and_the_service_works(made: Made):
    for service in made.names:
        settings = made.settings(service)
        without_password = settings.model_copy(
            update={"database_urls": {service: made.url(service)}}
        )
        assert await Platform(without_password, [load(service)]).pending() == []
        assert await asked(made.role_url(service), "SELECT count(*) FROM outbox") == 0


async def test_migrating_again_changes_nothing(made: Made):
    assert await Platform(made.settings("payment"), [load("payment")]).migrate() == []


async def test_the_owner_is_no_superuser(made: Made):
    question = "SELECT rolsuper FROM pg_roles WHERE rolname = current_user"
    assert await asked(made.owner_url("payment"), question) is False
    with Refused:
        await asked(made.owner_url("payment"), "SELECT pg_read_file('/etc/hostname')")


async def test_a_service_does_not_get_into_anothers_database(made: Made):
    assert await asked(made.role_url("payment"), "SELECT 1") == 1
    with Refused:
        await asked(made.role_url("payment", "checkout"), "SELECT 1")
    with Refused:
        await asked(made.url("checkout", f"{made.names['payment']}_owner:o%27wn"), "SELECT 1")


async def test_a_service_changes_no_table(made: Made):
    with Refused:
        await asked(made.role_url("payment"), "DROP TABLE payment.outbox")
    with Refused:
        await asked(made.role_url("payment"), "CREATE TABLE payment.own (n int)")

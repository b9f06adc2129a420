"""Everything on one machine: the data folder, its secret, the embedded server, one process."""

import fcntl
import os
import secrets
import socket
from collections.abc import AsyncGenerator, Callable, Generator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path

from pydantic import SecretStr

from quickserve.app import SERVICES, Platform, load
from quickserve.kernel.auth import ServiceIdentity
from quickserve.kernel.client import Client, network
from quickserve.kernel.db import ensure_database
from quickserve.kernel.postgres import EmbeddedPostgres
from quickserve.kernel.settings import SECRET_CHARS_MIN, Settings
from quickserve.server import PortTaken, listen

DATABASE = "quickserve"
_PORT_MAX = 65_535


class CannotStart(Exception):  # noqa: N818 - says what is the case
    """A sentence for the person at the terminal that names the fix."""


def default_folder() -> Path:
    """QUICKSERVE_DATA, else a folder of the system for root and of the user for others."""
    if given := os.environ.get("QUICKSERVE_DATA"):
        return Path(given)
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        return Path("/var/lib/quickserve")
    return Path(os.environ.get("XDG_DATA_HOME", "~/.local/share")).expanduser() / "quickserve"


@dataclass(frozen=True)
class Home:
    """The data folder: embedded server, secret, and the address while it runs."""

    folder: Path

    def prepare(self) -> None:
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise CannotStart(f"{self.folder} cannot be made ({error}). Choose DATA=…") from error

    @property
    def used(self) -> bool:
        """Whether an embedded server keeps its data here."""
        return (self.folder / "postgres.password").exists()

    def secret(self) -> str:
        """Made once; sessions, ticket links and keys hang on it, so it belongs to the backup."""
        secret = os.environ.get("QUICKSERVE_SECRET") or self._kept("secret")
        if len(secret) < SECRET_CHARS_MIN:
            raise CannotStart(f"QUICKSERVE_SECRET needs at least {SECRET_CHARS_MIN} characters.")
        return secret

    def service_secret(self) -> str:
        """What services and the command line know each other by."""
        return os.environ.get("QUICKSERVE_SERVICE_SECRET") or self._kept("service-secret")

    def _kept(self, name: str) -> str:
        file = self.folder / name
        if not file.exists():
            # By rename: a crash in between must not leave an empty secret.
            making = self.folder / f"{name}.{os.getpid()}"
            descriptor = os.open(making, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
            with os.fdopen(descriptor, "w") as handle:
                handle.write(secrets.token_urlsafe(48))
            making.replace(file)
        return file.read_text().strip()

    @contextmanager
    def announced(self, address: str) -> Generator[None, None, None]:
        """Tells programs of this folder where to find us, as long as we hold the file locked."""
        with (self.folder / "address").open("a+") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            file.truncate(0)
            file.write(address)
            file.flush()
            print(f"ready {address}", flush=True)  # noqa: T201 - people and scripts wait for it
            yield

    def running_at(self) -> str | None:
        """The address of the program that uses this folder now, if there is one.

        Nobody's lock means: left behind. Who listens there today must not get our token.
        """
        try:
            with (self.folder / "address").open() as file:
                fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except FileNotFoundError:
            return None
        except BlockingIOError:
            return (self.folder / "address").read_text().strip() or None
        return None


@contextmanager
def database(home: Home) -> Generator[str, None, None]:
    """The administrator's address of QUICKSERVE_DATABASE_URL, else of the embedded server."""
    if given := os.environ.get("QUICKSERVE_DATABASE_URL"):
        yield given
        return
    with EmbeddedPostgres(home.folder) as server:
        yield server.url("postgres")


@asynccontextmanager
async def platform(home: Home, admin_url: str, public_url: str) -> AsyncGenerator[Platform, None]:
    """All services, migrated and running."""
    url = admin_url
    if "QUICKSERVE_DATABASE_URL" not in os.environ:
        url = await ensure_database(admin_url, DATABASE)
    settings = settings_of(home, database_url=url, public_url=public_url)
    everything = Platform(settings, [load(name) for name in SERVICES])
    await everything.migrate()
    async with everything.running():
        yield everything


def settings_of(home: Home, *, public_url: str, database_url: str = "") -> Settings:
    return Settings(
        database_url=database_url or os.environ.get("QUICKSERVE_DATABASE_URL", ""),
        secret=SecretStr(home.secret()),
        service_secret=SecretStr(home.service_secret()),
        data=home.folder,
        public_url=os.environ.get("QUICKSERVE_PUBLIC_URL", public_url),
    )


@asynccontextmanager
async def clients(home: Home) -> AsyncGenerator[Callable[[str], Client], None]:
    """Clients of the services: at the addresses of the settings where those name them all, else of
    the program running in this folder, else of one started here.
    """
    known = Settings().service_urls
    address = home.running_at()
    if not (known or address or home.used or os.environ.get("QUICKSERVE_DATABASE_URL")):
        raise CannotStart(
            f"Nothing is installed in {home.folder}: give the folder of `make up DATA=…` as"
            " --data, or run `quickserve up` first."
        )
    home.prepare()
    if known.keys() >= {name for name in SERVICES if name != "web"}:
        async with _remote(home, known) as found:
            yield found
        return
    if address is None:
        with database(home) as admin_url:
            async with platform(home, admin_url, "http://127.0.0.1:8000") as everything:
                yield everything.clients_for("cli").__getitem__
        return
    async with _remote(home, dict.fromkeys(SERVICES, address)) as found:
        yield found


@asynccontextmanager
async def _remote(home: Home, at: dict[str, str]) -> AsyncGenerator[Callable[[str], Client]]:
    token = ServiceIdentity(settings_of(home, public_url=""), "cli").token
    async with network() as transport:

        def client(name: str) -> Client:
            address = f"{at[name].rstrip('/')}/api/{name}"
            return Client(name, address, transport, token, caller="cli")

        yield client


def address_of(host: str, port: int) -> str:
    """What to type into a browser here, also when it listens on every address."""
    reachable = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104 - compared
    return f"http://[{reachable}]:{port}" if ":" in reachable else f"http://{reachable}:{port}"


def listen_here(host: str, port: int) -> socket.socket:
    try:
        return listen(host, port)
    except PortTaken as taken:
        other = port + 1 if 0 < port < _PORT_MAX else 8000
        raise CannotStart(
            f"Port {port} cannot be used ({taken}). Choose another: PORT={other}"
        ) from taken

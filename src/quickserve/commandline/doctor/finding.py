"""What one check found."""

import re
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Literal

from quickserve.app import load
from quickserve.kernel.db import Schema
from quickserve.kernel.settings import Settings
from quickserve.laptop import Home

SECONDS_MAX = 5  # of one question to another program


@dataclass(frozen=True, slots=True)
class Finding:
    """`unknown`: there was nothing to look at, or something else must be repaired first."""

    check: str
    state: Literal["good", "wrong", "unknown"]
    told: str
    fix: str = ""


def good(check: str, told: str) -> Finding:
    return Finding(check, "good", told)


def wrong(check: str, told: str, fix: str) -> Finding:
    return Finding(check, "wrong", told, fix)


def unknown(check: str, told: str) -> Finding:
    return Finding(check, "unknown", told)


@dataclass(frozen=True, slots=True)
class Data:
    """A service's data: where, and as whom the service signs in. No address: not running."""

    service: str
    variable: str  # the setting that names the database
    url: str
    schema: Schema


@dataclass(frozen=True)
class Patient:
    """What is looked at: an installation, as this process sees it."""

    settings: Settings
    data: Sequence[Data]
    # A laptop's folder; where databases and services are named by settings, none.
    home: Home | None = None
    address: str | None = None  # of the program that uses the folder now


Check = Callable[[Patient], Awaitable[Sequence[Finding]]]


def owners(names: Sequence[str]) -> list[str]:
    return [name for name in names if load(name).owns_data]


_BESIDE_THE_POINT = ("DETAIL", "HINT", "Is the server running", "Multiple connection attempts")


def cause(error: BaseException) -> str:
    """The heart of a driver's long explanation; it never has the password."""
    lines = [line.strip(" \t-") for line in str(error).splitlines()]
    telling = [line for line in lines if line and not line.startswith(_BESIDE_THE_POINT)]
    return re.sub(r"^.*failed: +", "", telling[-1])[:200] if telling else type(error).__name__

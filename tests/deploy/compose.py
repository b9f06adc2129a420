"""deploy/compose.yaml as Compose reads it."""

import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parents[2]
DEPLOY = ROOT / "deploy"
OURS = "quickserve"  # how the name of our image begins
_VARIABLE = re.compile(r"\$(?:(\$)|\{(\w+)(?::([-?])([^}]*))?\})")


class MissingError(Exception):
    """A variable that must be given is not."""


def example() -> dict[str, str]:
    """The variables of `.env.example`, as given there."""
    lines = (DEPLOY / ".env.example").read_text("utf-8").splitlines()
    pairs = (line.partition("=") for line in lines if re.match(r"[A-Z]", line))
    return {name: value for name, _, value in pairs}


def filled() -> dict[str, str]:
    """As `make-env` leaves them, with a value that tells which variable it came from."""
    return {
        name: value or f"{name}-{'x' * 32}" if name.endswith(("_SECRET", "_PASSWORD")) else value
        for name, value in example().items()
    }


@cache
def raw() -> dict[str, Any]:
    return yaml.safe_load((DEPLOY / "compose.yaml").read_text("utf-8"))


def interpolated(part: Any, variables: Mapping[str, str]) -> Any:
    match part:
        case dict():
            return {key: interpolated(value, variables) for key, value in part.items()}
        case list():
            return [interpolated(value, variables) for value in part]
        case str():
            return _VARIABLE.sub(lambda found: _value(found, variables), part)
        case _:
            return part


def _value(found: re.Match[str], variables: Mapping[str, str]) -> str:
    escaped, name, kind, rest = found.groups()
    if escaped:
        return "$"
    if value := variables.get(name, ""):
        return value
    if kind == "?":
        raise MissingError(name)
    return rest if kind == "-" else ""


@cache
def services() -> dict[str, dict[str, Any]]:
    return interpolated(raw(), filled())["services"]


def ours() -> dict[str, dict[str, Any]]:
    """The containers of our image."""
    return {name: s for name, s in services().items() if s["image"].startswith(OURS)}


def networks(service: Mapping[str, Any]) -> set[str]:
    return set(service["networks"])

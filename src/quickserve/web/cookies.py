"""The site's cookies: all of them HttpOnly, SameSite=Lax and, where the site has TLS, Secure.

With TLS their names carry the prefix `__Host-`, so no neighbouring subdomain can plant one. What a
cookie keeps for somebody (typed answers, recent tickets) is sealed: encrypted, authenticated and
dated, so it is worth nothing to who copies it out of a log and cannot be altered.
"""

from base64 import urlsafe_b64encode
from collections.abc import Mapping
from typing import Final, TypeVar

from cryptography.fernet import Fernet, InvalidToken
from pydantic import BaseModel, ValidationError
from starlette.responses import Response

from quickserve.kernel.settings import Settings

T = TypeVar("T", bound=BaseModel)

_HOST: Final = "__Host-"


def is_secure(settings: Settings) -> bool:
    return settings.public_url.startswith("https://")


def read(cookies: Mapping[str, str], settings: Settings, name: str) -> str:
    """The cookie's value, "" when there is none."""
    return cookies.get(_full_name(settings, name), "")


def write(
    response: Response, settings: Settings, name: str, value: str, *, max_age: int | None = None
) -> None:
    """`max_age` in seconds; without one it ends with the browser's session."""
    response.set_cookie(
        _full_name(settings, name), value, max_age=max_age,
        path="/", httponly=True, samesite="lax", secure=is_secure(settings),
    )  # fmt: skip


def header(settings: Settings, name: str, value: str) -> tuple[bytes, bytes]:
    """The cookie as a raw header, for middleware."""
    scratch = Response()
    write(scratch, settings, name, value)
    return b"set-cookie", scratch.headers["set-cookie"].encode("latin-1")


def forget(response: Response, settings: Settings, name: str) -> None:
    write(response, settings, name, "", max_age=0)


def _full_name(settings: Settings, name: str) -> str:
    return (_HOST if is_secure(settings) else "") + name


def seal(settings: Settings, name: str, content: BaseModel) -> str:
    """Cookie-safe text that only `unseal` of the same name reads."""
    return _box(settings, name).encrypt(content.model_dump_json().encode()).decode().rstrip("=")


def unseal(settings: Settings, name: str, text: str, kind: type[T], *, max_age: int) -> T | None:
    """None for what is forged, of another name, older than `max_age` seconds, or unreadable."""
    padded = text + "=" * (-len(text) % 4)
    try:
        return kind.model_validate_json(_box(settings, name).decrypt(padded, ttl=max_age))
    except (InvalidToken, ValidationError, ValueError):
        return None


def _box(settings: Settings, name: str) -> Fernet:
    return Fernet(urlsafe_b64encode(settings.key_for(f"cookie:{name}")))

"""People, organisers and sessions, and the rules about them. No I/O."""

import re
import unicodedata
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from quickserve.contracts.identity import Membership, OrganiserView, PersonView
from quickserve.kernel.auth import Role
from quickserve.kernel.errors import FieldError, Malformed
from quickserve.kernel.ids import OrganiserId, PersonId

PASSWORD_MIN = 10
SLUG_MAX = 60

# The commonest passwords of 10 characters or more in published leaks; shorter ones never pass.
_COMMON = frozenset(
    [
        "1234567890",
        "0123456789",
        "0987654321",
        "12345678910",
        "123456789a",
        "1q2w3e4r5t",
        "1qaz2wsx3edc",
        "qwertyuiop",
        "qwerty12345",
        "azertyuiop",
        "password12",
        "password123",
        "password1234",
        "passw0rd123",
        "motdepasse",
        "motdepasse1",
        "motdepasse123",
        "iloveyou12",
        "administrator",
        "adminadmin",
        "changeme123",
        "letmein1234",
        "welcome123",
        "welcome1234",
        "football123",
        "bonjour123",
        "aaaaaaaaaa",
        "1111111111",
        "0000000000",
    ]
)


@dataclass(frozen=True, slots=True)
class Person:
    """`memberships`: decoded JSON as the store gives it, sorted by the organiser's name."""

    id: PersonId
    email: str
    name: str
    password_hash: str
    admin: bool
    memberships: list[dict[str, Any]]

    @property
    def view(self) -> PersonView:
        return PersonView(
            id=self.id,
            email=self.email,
            name=self.name,
            admin=self.admin,
            memberships=[Membership.model_validate(found) for found in self.memberships],
        )


@dataclass(frozen=True, slots=True)
class Organiser:
    id: OrganiserId
    name: str
    slug: str
    version: int = 1

    @property
    def view(self) -> OrganiserView:
        return OrganiserView(id=self.id, name=self.name, slug=self.slug)


@dataclass(frozen=True, slots=True)
class Session:
    """`stale`: not noted as seen for a minute."""

    person_id: PersonId
    expires_at: datetime
    stale: bool


def clean_name(name: str) -> str:
    """Without surrounding or doubled white space. Raises Malformed when nothing is left."""
    cleaned = " ".join(name.split())
    if not cleaned:
        raise _field("name", "blank", "Give a name.")
    return cleaned


def check_password(password: str, email: str) -> None:
    """Raises Malformed for what is guessed first (NIST SP 800-63B, 3.1.1.2)."""
    lowered = password.lower()
    local_part = email.partition("@")[0].lower()
    if len(password) < PASSWORD_MIN:
        raise _field("password", "too-short", f"Use at least {PASSWORD_MIN} characters.")
    if lowered in _COMMON or len(set(lowered)) < 3:  # noqa: PLR2004 - "abababab"
        raise _field("password", "too-common", "This password is among the first to be guessed.")
    if len(local_part) >= 3 and local_part in lowered:  # noqa: PLR2004 - "a" is in every password
        raise _field("password", "has-email", "Do not use the e-mail address in the password.")


def slug_of(name: str) -> str:
    """Lower-case ASCII words joined by hyphens; `organiser` for a name without any."""
    spelled = name.translate(str.maketrans({"œ": "oe", "Œ": "oe", "æ": "ae", "Æ": "ae",
        "ß": "ss", "ø": "o", "Ø": "o", "ł": "l", "Ł": "l", "đ": "d", "Đ": "d"}))  # fmt: skip
    decomposed = unicodedata.normalize("NFKD", spelled.lower())
    plain = "".join(sign for sign in decomposed if not unicodedata.combining(sign))
    slug = re.sub(r"[^a-z0-9]+", "-", plain)[:SLUG_MAX].strip("-")
    return slug or "organiser"


def sorted_roles(roles: list[Role]) -> list[str]:
    return sorted({role.value for role in roles})


def _field(field: str, code: str, message: str) -> Malformed:
    return Malformed(message, errors=[FieldError(field=field, code=code, message=message)])

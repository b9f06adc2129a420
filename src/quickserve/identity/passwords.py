"""Argon2id, off the event loop and a few at a time: each costs 19 MiB and some 20 ms."""

import asyncio

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

# The OWASP password storage cheat sheet's parameters for Argon2id.
_HASHER = PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1)
_AT_ONCE_MAX = 4


class Passwords:
    """Hashes and verifies; unknown people cost as much time as known ones."""

    def __init__(self) -> None:
        self._slots = asyncio.Semaphore(_AT_ONCE_MAX)
        self._dummy = _HASHER.hash("nobody has this password")

    async def hash(self, password: str) -> str:
        async with self._slots:
            return await asyncio.to_thread(_HASHER.hash, password)

    async def matches(self, password_hash: str | None, password: str) -> bool:
        """None stands for a person there is not: False, after the same work."""
        async with self._slots:
            right = await asyncio.to_thread(_verify, password_hash or self._dummy, password)
        return right and password_hash is not None

    def outdated(self, password_hash: str) -> bool:
        """Made with other parameters than today's."""
        return _HASHER.check_needs_rehash(password_hash)


def _verify(password_hash: str, password: str) -> bool:
    try:
        return _HASHER.verify(password_hash, password)
    except (VerificationError, InvalidHashError):
        return False

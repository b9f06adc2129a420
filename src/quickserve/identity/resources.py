"""What the commands need beside the database; they find it with `of(ctx)`."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from quickserve.identity.passwords import Passwords
from quickserve.identity.tokens import TokenIssuer
from quickserve.kernel.service import Context, Runtime


@dataclass(frozen=True, slots=True)
class Resources:
    passwords: Passwords
    tokens: TokenIssuer


@asynccontextmanager
async def resources(runtime: Runtime) -> AsyncGenerator[Resources]:
    yield Resources(Passwords(), TokenIssuer(runtime.db, runtime.settings))


def of(ctx: Context) -> Resources:
    found = ctx.resources
    assert isinstance(found, Resources)
    return found

"""The providers of a running service: the one that takes new payments, and the sandbox."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from quickserve.kernel.service import Runtime
from quickserve.payment.providers.port import Provider
from quickserve.payment.providers.sandbox.bank import Sandbox


@dataclass(frozen=True, slots=True)
class Providers:
    """What commands find as `ctx.resources`."""

    provider: Provider
    sandbox: Sandbox


@asynccontextmanager
async def providers(runtime: Runtime) -> AsyncGenerator[Providers]:
    sandbox = Sandbox(runtime.db, runtime.settings)
    yield Providers(provider=sandbox, sandbox=sandbox)

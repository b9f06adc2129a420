"""A running payment service, and the words in which its stories are told."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, replace
from typing import Any

import httpx2 as httpx
import pytest

from quickserve.app import load
from quickserve.contracts.payment import (
    IntentId,
    IntentView,
    NewIntent,
    NewRefund,
    PaymentClient,
    RefundId,
)
from quickserve.kernel.db import open_connection
from quickserve.kernel.ids import OrganiserId, new_uuid
from quickserve.kernel.money import Money
from quickserve.kernel.service import Context
from quickserve.kernel.testing import Issuer, test_settings
from quickserve.payment.providers.registry import Providers
from quickserve.payment.providers.sandbox.bank import Sandbox
from tests.shape import World, running


@dataclass
class Payments:
    """The service as `checkout` sees it, and its database as the administrator does."""

    platform: World
    client: PaymentClient
    issuer: Issuer
    admin_url: str

    @property
    def ctx(self) -> Context:
        return self.platform.runtimes["payment"].context()

    def http(self, token: str | None = None) -> httpx.AsyncClient:
        headers = {"authorization": f"Bearer {token}"} if token else {}
        return httpx.AsyncClient(
            transport=self.platform.transport("payment"),
            base_url="http://payment",
            headers=headers,
        )

    async def pay(self, card: str = "success", euros: int = 36) -> IntentView:
        """Authorises a new payment with one of the sandbox's cards."""
        return await self.client.put_intent(new_id(), order(card, euros))

    async def paid(self, euros: int = 36) -> IntentView:
        intent = await self.pay(euros=euros)
        return await self.client.capture(intent.id)

    async def give_back(self, intent: IntentView, euros: int) -> IntentView:
        refund = NewRefund(amount=Money(euros * 100, "EUR"))
        return await self.client.refund(intent.id, RefundId(new_uuid()), refund)

    def with_provider(self, provider: Any) -> Context:
        """What commands work with when the provider behaves like this one."""
        runtime = self.platform.runtimes["payment"]
        resources = Providers(provider=provider, sandbox=runtime.resources.sandbox)
        return replace(runtime, resources=resources).context()

    @property
    def sandbox(self) -> Sandbox:
        return self.ctx.resources.sandbox

    async def bank_says(self, intent_id: IntentId) -> str | None:
        """The bank's own word on the charge."""
        return await self.value(
            "SELECT state FROM payment.sandbox_charges WHERE key = %s", (intent_id,)
        )

    async def events(self, intent_id: IntentId) -> list[str]:
        """The last word of every event about the intent, delivered ones included."""
        rows = await self.rows(
            "SELECT type FROM test_events WHERE data->>'intent_id' = %s ORDER BY position",
            (str(intent_id),),
        )
        return [row[0].split(".")[2] for row in rows]

    async def value(self, statement: Any, params: Any = ()) -> Any:
        rows = await self.rows(statement, params)
        return rows[0][0] if rows else None

    async def rows(self, statement: Any, params: Any = ()) -> list[Any]:
        connection = await open_connection(self.admin_url)
        async with connection:
            cursor = await connection.execute(statement, params)
            return await cursor.fetchall() if cursor.description else []


async def eventually(look: Callable[[], Awaitable[Any]], wanted: Any, seconds: float = 8) -> None:
    """Asks until the answer is the wanted one."""
    async with asyncio.timeout(seconds):
        while await look() != wanted:  # noqa: ASYNC110 - it happens in the database
            await asyncio.sleep(0.05)


def new_id() -> IntentId:
    return IntentId(new_uuid())


def order(card: str = "success", euros: int = 36, **changes: Any) -> NewIntent:
    intent = NewIntent(
        organiser_id=OrganiserId(new_uuid()),
        amount=Money(euros * 100, "EUR"),
        method=f"sandbox-{card}",
        reference=new_uuid(),
        return_path="/checkout/1",
    )
    return intent.model_copy(update=changes)


@pytest.fixture(scope="session")
async def payments(database_url: str) -> AsyncIterator[Payments]:
    settings = test_settings(database_url, provider_timeout_ms=300, sandbox_delay_ms=100)
    issuer = Issuer(settings)
    async with running(settings, [load("payment")], fetch_keys=issuer.keys) as world:
        client = PaymentClient(world.client("payment", "checkout"))
        payments = Payments(world, client, issuer, database_url)
        await payments.rows(_KEEP_EVENTS)
        yield payments


# The relay deletes what it delivered; the stories want to count it.
_KEEP_EVENTS = """
CREATE TABLE test_events (position bigint, type text, data jsonb);
GRANT ALL ON test_events TO PUBLIC;
CREATE FUNCTION test_keep_event() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO public.test_events VALUES (NEW.position, NEW.type, NEW.data);
    RETURN NEW;
END $$;
CREATE TRIGGER test_keep_event AFTER INSERT ON payment.outbox
    FOR EACH ROW EXECUTE FUNCTION test_keep_event();
"""

"""Who is signed in, as several web processes see it together."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack
from datetime import UTC, datetime
from typing import Any

import pytest
from redis.asyncio import Redis as Client
from tests.servers import Redis

from quickserve.contracts.identity import PersonView, SessionView
from quickserve.kernel.errors import Unauthenticated, Unavailable
from quickserve.kernel.ids import PersonId, new_uuid
from quickserve.kernel.settings import Settings
from quickserve.kernel.shared.opening import open_shared
from quickserve.web.sessions import Sessions, _key

EMAIL, TOKEN, ACCESS = "amina@example.org", "the cookie's token", "the access token"


class Identity:
    """The service, as far as sessions go; counts how often it is asked."""

    def __init__(self) -> None:
        self.asked = 0
        self.signed_in = True
        self.away = False

    async def session(self, token: str) -> SessionView:
        self.asked += 1
        if self.away:
            raise Unavailable
        if not self.signed_in or token != TOKEN:
            raise Unauthenticated
        person = PersonView(
            id=PersonId(new_uuid()), email=EMAIL, name="Amina Diallo", admin=False, memberships=[]
        )
        return SessionView(person=person, access_token=ACCESS, expires_at=datetime.now(UTC))


@pytest.fixture
def identity() -> Any:
    return Identity()


@pytest.fixture
def redis() -> Iterator[Redis]:
    with Redis() as server:
        yield server


@pytest.fixture
async def two(redis: Redis) -> AsyncIterator[tuple[Sessions, Sessions]]:
    """Those of two web processes."""
    settings = Settings.model_validate({"secret": "s" * 40, "redis_url": redis.url})
    async with AsyncExitStack() as stack:
        caches = [(await stack.enter_async_context(open_shared(settings))).cache for _ in range(2)]
        yield Sessions(settings, caches[0]), Sessions(settings, caches[1])


async def test_one_look_up_serves_both(two: tuple[Sessions, Sessions], identity: Any) -> None:
    for sessions in two:
        assert (await sessions.find(identity, TOKEN)).person.email == EMAIL
    assert identity.asked == 1


async def test_a_sign_out_in_one_is_seen_by_the_other_at_once(
    two: tuple[Sessions, Sessions], identity: Any
) -> None:
    here, there = two
    await there.find(identity, TOKEN)
    identity.signed_in = False
    await here.forget(TOKEN)
    with pytest.raises(Unauthenticated):
        await there.find(identity, TOKEN)


async def test_nobody_can_read_it_in_redis(
    two: tuple[Sessions, Sessions], identity: Any, redis: Redis
) -> None:
    await two[0].find(identity, TOKEN)
    async with Client.from_url(redis.url) as client:
        keys = await client.keys("*")
        stored = [*keys, *[await client.get(key) for key in keys]]
    assert len(stored) >= 4
    for secret in (EMAIL, TOKEN, ACCESS, "Amina"):
        assert not any(secret.encode() in (one or b"") for one in stored)


async def test_what_was_kept_for_one_session_opens_no_other(
    two: tuple[Sessions, Sessions], identity: Any, redis: Redis
) -> None:
    """Somebody who can write to Redis puts Amina's session under the key of their own."""
    here, there = two
    await here.find(identity, TOKEN)
    async with Client.from_url(redis.url) as client:
        [kept] = await client.keys("quickserve:value:*")
        sealed = (await client.get(kept)).partition(b"\n")[2]
        with pytest.raises(Unauthenticated):
            await there.find(identity, "mine")  # makes the tags of that key
        tags = [await client.get(f"quickserve:tag:{tag}") for tag in ("everything", mine())]
        name = kept.decode().rpartition(":")[0] + ":" + mine().rpartition(":")[2]
        await client.set(name, b" ".join(tags) + b"\n" + sealed)
    with pytest.raises(Unauthenticated):
        await there.find(identity, "mine")
    assert identity.asked == 3


def mine() -> str:
    return _key("mine")


async def test_who_works_goes_on_while_identity_is_away(
    two: tuple[Sessions, Sessions], identity: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("quickserve.web.sessions._BELIEVED_SECONDS", 0.05)
    here, there = two
    await here.find(identity, TOKEN)
    identity.away = True
    await asyncio.sleep(0.1)
    assert (await here.find(identity, TOKEN)).person.email == EMAIL
    await asyncio.sleep(0.1)
    await there.forget(TOKEN)  # signed out through another process just before
    with pytest.raises(Unavailable):
        await here.find(identity, TOKEN)


async def test_losing_redis_signs_nobody_out(
    two: tuple[Sessions, Sessions], identity: Any, redis: Redis
) -> None:
    await two[0].find(identity, TOKEN)
    redis.kill()
    for sessions in two:
        assert (await sessions.find(identity, TOKEN)).access_token == ACCESS
    identity.signed_in = False
    with pytest.raises(Unauthenticated):
        await two[0].find(identity, TOKEN)

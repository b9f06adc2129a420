"""How full things are: what the gauges say, and that saying it never reads what is over."""

import json
from datetime import UTC, datetime, timedelta
from uuid import uuid4

from prometheus_client import REGISTRY

from quickserve.kernel import gauges, outbox
from quickserve.kernel.bus.local import LocalBus
from quickserve.kernel.events import Message
from quickserve.kernel.ids import MessageId
from quickserve.kernel.inbox import Subscription
from quickserve.kernel.settings import Settings

from .world import Bakery, LoafBaked, baked, runtime_of


def shown(name: str, **labels: str) -> float:
    value = REGISTRY.get_sample_value(f"quickserve_{name}", labels)
    assert value is not None, f"{name} is not measured"
    return value


async def test_the_outbox_tells_how_much_waits_and_since_when(bakery: Bakery) -> None:
    await gauges.look("measured", bakery.db)
    assert shown("outbox_rows", service="measured") == 0
    assert shown("outbox_age_seconds", service="measured") == 0
    async with bakery.db.transaction() as tx:
        await outbox.append(tx, *(baked() for _ in range(3)))
    await bakery.ask("UPDATE outbox SET occurred_at = clock_timestamp() - interval '90 s'")
    await gauges.look("measured", bakery.db)
    assert shown("outbox_rows", service="measured") == 3
    assert 90 <= shown("outbox_age_seconds", service="measured") < 100


async def test_the_pool_tells_who_uses_it(bakery: Bakery) -> None:
    async with bakery.db.read():
        gauges._look_at_pool("measured", bakery.db)
        assert shown("pool_connections", service="measured", state="used") == 1
    gauges._look_at_pool("measured", bakery.db)
    states = {
        state: shown("pool_connections", service="measured", state=state)
        for state in ("used", "max", "waiting")
    }
    assert states == {"used": 0, "max": 4, "waiting": 0}
    assert shown("pool_connections", service="measured", state="idle") >= 1


async def test_an_events_way_is_timed_from_the_change_to_the_effect(
    bakery: Bakery, settings: Settings
) -> None:
    async def eat(_tx: object, _event: LoafBaked) -> None: ...

    bus = LocalBus()
    name = f"taster_{uuid4().hex}"
    runtime_of(
        settings, bakery.db, bus=bus, name=name, subscriptions=[Subscription(LoafBaked, eat)]
    )
    message = Message(
        id=MessageId(uuid4()), source="bakery", type=LoafBaked.TYPE, subject="a loaf",
        time=datetime.now(UTC) - timedelta(seconds=2),
        data=json.loads(baked().dump()),
    )  # fmt: skip
    for _ in range(2):  # a repeated delivery has no effect, and no time
        assert await bus.publish([message]) == [None]
    labels = {"consumer": name, "type": LoafBaked.TYPE}
    assert shown("event_seconds_count", **labels) == 1
    assert 2 <= shown("event_seconds_sum", **labels) < 10

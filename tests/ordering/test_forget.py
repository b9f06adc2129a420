"""Who ordered is forgotten in time; what was ordered and paid stays."""

import pytest

from quickserve.contracts.menus import FULFILMENTS, DeliveryArea
from quickserve.contracts.ordering import Address, Destination
from quickserve.ordering.commands.forget import delete_leftovers, forget_people
from tests.ordering.conftest import Stall, eur, set_up

HOME = Destination(
    fulfilment="delivery", address=Address(text="2 quai Moulins", latitude=43.4, longitude=3.7)
)


@pytest.fixture
async def shop(counter) -> Stall:
    area = DeliveryArea(radius_m=5000, fee=eur(200), order_min=eur(0))
    return await set_up(
        counter, fulfilments=list(FULFILMENTS), latitude=43.4, longitude=3.7, delivery=area
    )


@pytest.mark.parametrize(
    ("days", "phone", "person"), [(0, 1, 1), (2, 0, 1), (29, 0, 1), (31, 0, 0)]
)
async def test_contacts_go_when_the_columns_say(shop: Stall, days, phone, person) -> None:
    line = shop.line("Beer", guest="Léo").model_copy(update={"note": "sans mousse"})
    order = await shop.order(line, destination=HOME)
    open_one = await shop.order(line.model_copy(update={"id": shop.line("Beer").id}))
    await shop.move(order, "ready", "delivered")
    await shop.counter.sql(
        "UPDATE order_steps SET reason = CASE state WHEN 'ready' THEN 'Léo n''a plus faim'"
        " WHEN 'delivered' THEN 'too-busy' END WHERE order_id = %s",
        (order.id,),
    )
    await shop.counter.sql(
        "UPDATE orders SET contact_phone = '+33 6', ended_at = ended_at - %s * interval '1 day'"
        " WHERE id = ANY(%s)",
        (days, [order.id, open_one.id]),
    )
    await forget_people(shop.counter.world.runtimes["ordering"].context())
    rows = await shop.counter.sql(
        "SELECT (contact_phone IS NOT NULL)::int, (contact_name IS NOT NULL)::int,"
        " (contact_email IS NOT NULL)::int, (destination IS NOT NULL)::int,"
        " (content <> '')::int, (lines::text ~ 'mousse|Léo')::int FROM orders WHERE id = %s",
        (order.id,),
    )
    assert rows == [(phone, person, person, person, person, person)]
    shown = await shop.counter.visitor.order(order.id, order.key)
    assert (shown.state, shown.totals.total, shown.lines[0].name) == ("delivered", eur(800), "Beer")
    assert shown.name == ("Léa" if person else "")
    assert [step.reason for step in shown.steps[-2:]] == [
        "Léo n'a plus faim" if person else None, "too-busy",
    ]  # fmt: skip
    kept = await shop.counter.visitor.order(open_one.id, open_one.key)
    assert (kept.name, kept.lines[0].guest) == ("Léa", "Léo"), "it is being made"


async def test_baskets_go_a_day_after_the_last_change(shop: Stall) -> None:
    old, young = [await shop.fill(shop.line("Beer"), destination=HOME) for _ in range(2)]
    await shop.counter.sql(
        "UPDATE baskets SET changed_at = clock_timestamp() - interval '25 hours' WHERE id = %s",
        (old.id,),
    )
    await delete_leftovers(shop.counter.world.runtimes["ordering"].context())
    left = await shop.counter.sql(
        "SELECT id FROM baskets WHERE id = ANY(%s)", ([old.id, young.id],)
    )
    assert left == [(young.id,)]

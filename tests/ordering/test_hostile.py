"""What nobody should send is answered with a 4xx that names what is wrong, and changes nothing."""

import asyncio
import json
from typing import Any

import pytest

from quickserve.contracts.menus import FULFILMENTS, DeliveryArea
from quickserve.contracts.ordering import LINES_MAX, BasketView
from quickserve.kernel.auth import Role, ServiceIdentity
from quickserve.kernel.ids import OrganiserId, new_uuid
from tests.ordering.books import audit
from tests.ordering.conftest import Counter, Stall, eur, set_up

pytestmark = pytest.mark.one_shape

GONE = str(new_uuid())
CENT = {"minor": 1, "currency": "EUR"}
NO_COUNTS = [0, -1, 1.5, 2.0, "2", True, None, 51, 10**30, 1e308, [], {}, "\x00"]


@pytest.fixture
async def shop(counter: Counter) -> Stall:
    area = DeliveryArea(radius_m=2000, fee=eur(200), order_min=eur(500))
    return await set_up(
        counter, fulfilments=list(FULFILMENTS), latitude=43.4, longitude=3.7, delivery=area
    )


async def put(shop: Stall, path: str, body: Any, **headers: str) -> Any:
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    return await shop.counter.http.put(
        path, content=content, headers={"content-type": "application/json", **headers}
    )


def basket_body(shop: Stall, **changes: Any) -> dict[str, Any]:
    line = {"id": str(new_uuid()), "item_id": str(shop.item("Beer").id)}
    return {"stand_id": str(shop.id), "lines": [line], **changes}


def order_body(basket: BasketView, **changes: Any) -> dict[str, Any]:
    return {
        "basket_id": str(basket.id), "basket_version": basket.version,
        "total": {"minor": basket.totals.total.minor, "currency": "EUR"},
        "contact": {"name": "Léa"}, "payment": "free", **changes,
    }  # fmt: skip


async def refused(shop: Stall, answer: Any, field: str | None, status: int = 422) -> None:
    problem = answer.json()
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    if field is not None:
        assert problem["errors"][0]["field"].startswith(field), problem
    assert await shop.counter.sql("SELECT 1 FROM orders WHERE stand_id = %s", (shop.id,)) == []


@pytest.mark.parametrize("quantity", NO_COUNTS)
async def test_quantities_that_are_none(shop: Stall, quantity: Any) -> None:
    basket = await shop.fill(shop.line("Beer"))
    item = str(shop.item("Burger").id)
    path = f"/baskets/{basket.id}/lines/{new_uuid()}"
    answer = await put(shop, path, {"item_id": item, "quantity": quantity})
    await refused(shop, answer, "quantity")
    chosen = {"modifier_id": str(shop.modifier("Rare")), "quantity": quantity}
    answer = await put(shop, path, {"item_id": item, "modifiers": [chosen]})
    await refused(shop, answer, "modifiers.0.quantity")
    assert await shop.counter.visitor.basket(basket.id) == basket


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"tip": {"minor": -600, "currency": "EUR"}}, "tip"),
        ({"tip": {"minor": 10**9, "currency": "EUR"}}, "tip"),
        ({"tip": {"minor": 1.5, "currency": "EUR"}}, "tip"),
        ({"tip": {"minor": 100, "currency": "euro"}}, "tip"),
        ({"slot": "0001-01-01T00:00:00+14:00"}, "slot"),
        ({"slot": "9999-12-31T23:59:59Z"}, "slot"),
        ({"slot": "2031-07-13T21:00:00"}, "slot"),
        ({"slot": 10**30}, "slot"),
        ({"codes": ["A\x00B"]}, "codes.0"),
        ({"codes": ["x" * 61]}, "codes.0"),
        ({"codes": ["A"] * 6}, "codes"),
        ({"lines": [{"id": GONE, "item_id": GONE}] * 2}, "lines"),
        ({"lines": [{"id": GONE, "item_id": GONE, "note": "\x00"}]}, "lines.0.note"),
        ({"lines": [{"id": GONE, "item_id": GONE, "guest": "A\nB"}]}, "lines.0.guest"),
        ({"lines": [{"id": GONE, "item_id": GONE, "price": CENT}]}, "lines.0.price"),
        ({"destination": {"fulfilment": "rocket"}}, "destination.fulfilment"),
        ({"destination": {"seat": "A\x00"}}, "destination.seat"),
        ({"destination": {"address": {"text": "x" * 9, "latitude": 91, "longitude": 0}}},
         "destination.address.latitude"),
        ({"destination": {"address": {"text": "x" * 9, "latitude": 0, "longitude": "NaN"}}},
         "destination.address.longitude"),
        ({"stand_id": "x"}, "stand_id"),
        ({"total": CENT}, "total"),
    ],
)  # fmt: skip
async def test_baskets_that_are_none(shop: Stall, changes: dict[str, Any], field: str) -> None:
    basket_id = new_uuid()
    answer = await put(shop, f"/baskets/{basket_id}", basket_body(shop, **changes))
    await refused(shop, answer, field)
    assert (await shop.counter.http.get(f"/baskets/{basket_id}")).status_code == 404


async def test_more_lines_than_a_basket_has(shop: Stall) -> None:
    line = {"item_id": str(shop.item("Crisps").id)}
    lines = [{"id": str(new_uuid()), **line} for _ in range(LINES_MAX + 1)]
    answer = await put(shop, f"/baskets/{new_uuid()}", basket_body(shop, lines=lines))
    await refused(shop, answer, "lines")
    basket = await shop.fill(*(shop.line("Crisps") for _ in range(LINES_MAX)))
    answer = await put(shop, f"/baskets/{basket.id}/lines/{new_uuid()}", line)
    await refused(shop, answer, None, 413)
    assert await shop.counter.visitor.basket(basket.id) == basket


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"basket_version": 0}, "basket_version"),
        ({"basket_id": "x"}, "basket_id"),
        ({"total": {"minor": "0", "currency": "EUR"}}, "total"),
        ({"total": {"minor": 0, "currency": "BTC"}}, "total"),
        ({"total": {"minor": 10**18, "currency": "EUR"}}, "total"),
        ({"payment": "cash"}, "payment"),
        ({"contact": {"name": ""}}, "contact.name"),
        ({"contact": {"name": "A\x00"}}, "contact.name"),
        ({"contact": {"name": "A", "email": "none"}}, "contact.email"),
        ({"contact": {"name": "A", "phone": "1" * 31}}, "contact.phone"),
        ({"contact": None}, "contact"),
        ({"admin": True}, "admin"),
    ],
)
async def test_orders_that_are_none(shop: Stall, changes: dict[str, Any], field: str) -> None:
    basket = await shop.fill(shop.line("Crisps"))
    answer = await put(shop, f"/placed-orders/{new_uuid()}", order_body(basket, **changes))
    await refused(shop, answer, field)
    assert await shop.counter.visitor.basket(basket.id) == basket


@pytest.mark.parametrize(
    ("changes", "status", "code"),
    [
        ({"basket_id": GONE}, 404, "not-found"),
        ({"basket_version": 2}, 409, "basket-changed"),
        ({"basket_version": 10**18}, 409, "basket-changed"),
        ({"total": {"minor": 0, "currency": "EUR"}}, 409, "total-changed"),
        ({"total": {"minor": 250, "currency": "CHF"}}, 409, "total-changed"),
        ({"total": {"minor": -250, "currency": "EUR"}}, 409, "total-changed"),
        ({"payment": "free"}, 402, "order-payment-required"),
        ({"payment": "card"}, 402, "order-payment-required"),
        ({"payment": "tab"}, 402, "order-payment-required"),
    ],
)
async def test_orders_that_say_something_else(shop: Stall, changes, status, code) -> None:
    """Nobody orders for less, in another currency, on nobody's tab, or what they have not seen."""
    basket = await shop.fill(shop.line("Crisps"))
    answer = await put(shop, f"/placed-orders/{new_uuid()}", order_body(basket, **changes))
    await refused(shop, answer, None, status)
    assert answer.json()["code"] == code
    assert await shop.counter.visitor.basket(basket.id) == basket


@pytest.mark.parametrize(
    ("item", "modifiers", "code"),
    [
        ("Burger", [], "modifiers-too-few"),
        ("Burger", [("Rare", 1), ("Well done", 1)], "modifiers-too-many"),
        ("Burger", [("Rare", 2)], "modifier-too-often"),
        ("Burger", [("Rare", 1), ("Cheese", 50)], "modifier-too-often"),
        ("Burger", [("Rare", 1), ("Rare", 1)], "modifier-twice"),
        ("Burger", [("Rare", 1), (None, 1)], "modifier-unknown"),
        ("Beer", [("Cheese", 1)], "modifier-unknown"),
        (None, [], "item-unknown"),
    ],
)
async def test_choices_that_the_menu_does_not_have(shop: Stall, item, modifiers, code) -> None:
    line = {
        "id": str(new_uuid()), "item_id": str(shop.item(item).id) if item else GONE,
        "modifiers": [
            {"modifier_id": str(shop.modifier(name)) if name else GONE, "quantity": count}
            for name, count in modifiers
        ],
    }  # fmt: skip
    answer = await put(shop, f"/baskets/{new_uuid()}", basket_body(shop, lines=[line]))
    assert answer.status_code == 200
    basket = BasketView.model_validate(answer.json())
    assert code in {problem.code for problem in basket.lines[0].problems}
    answer = await put(shop, f"/placed-orders/{new_uuid()}", order_body(basket))
    await refused(shop, answer, None)
    told = answer.json()
    assert told["code"] == "line-not-allowed"
    assert {"line": line["id"], "code": code}.items() <= next(
        one for one in told["extra"]["lines"] if one["code"] == code
    ).items()


@pytest.mark.parametrize(
    ("changes", "status", "code"),
    [
        ({"slot": "2020-01-01T00:00:00Z"}, 409, "kitchen-full"),
        ({"slot": "2199-12-31T23:59:59Z"}, 409, "kitchen-full"),
        ({"tip": {"minor": 100, "currency": "CHF"}}, 422, "line-not-allowed"),
        ({"codes": ["NOPE"]}, 422, "order-code-not-valid"),
        ({"destination": {"fulfilment": "seat"}}, 422, "line-not-allowed"),
        ({"destination": {"fulfilment": "delivery"}}, 422, "line-not-allowed"),
        ({"destination": {"fulfilment": "delivery",
                          "address": {"text": "Paris", "latitude": 48.85, "longitude": 2.35}}},
         422, "out-of-reach"),
        ({"lines": []}, 422, "line-not-allowed"),
    ],
)  # fmt: skip
async def test_baskets_that_cannot_be_ordered(shop: Stall, changes, status, code) -> None:
    """They are kept and say why; ordering them says the same."""
    answer = await put(shop, f"/baskets/{new_uuid()}", basket_body(shop, **changes))
    assert answer.status_code == 200, answer.text
    basket = BasketView.model_validate(answer.json())
    assert basket.problems, "the page tells it before"
    token = ServiceIdentity(shop.counter.world.settings, "checkout").token()
    body = order_body(basket, payment="card")
    answer = await put(shop, f"/orders/{new_uuid()}", body, authorization=f"Bearer {token}")
    await refused(shop, answer, None, status)
    assert answer.json()["code"] == code


@pytest.mark.parametrize(
    "body",
    [b"[" * 100_000, b"", b"null", b"[]", b"\xff\xfe", b'{"contact": {"name": "\\ud800"}}',
     b'{"basket_id": "' + b"0" * 500_000 + b'"}', b'{"lines": ' + b"[{}]" * 1000 + b"}"],
    ids=["arrays", "empty", "null", "array", "utf-16", "half a character", "long", "many"],
)  # fmt: skip
@pytest.mark.parametrize(
    "path", ["baskets/{}", "placed-orders/{}", "orders/{}/state", "baskets/{}/lines/{}"]
)
async def test_bodies_that_are_none(shop: Stall, path: str, body: bytes) -> None:
    answer = await put(
        shop, f"/{path.format(new_uuid(), new_uuid())}", body, authorization=f"Bearer {shop.cook}"
    )
    assert answer.status_code in {400, 422}
    await refused(shop, answer, None, answer.status_code)


@pytest.mark.parametrize("key", ["", "0" * 32, "é", "\x00", "x" * 101])
async def test_an_order_is_opened_by_its_own_key_alone(shop: Stall, key: str) -> None:
    order, other = await shop.order(shop.line("Beer")), await shop.order(shop.line("Beer"))
    for wrong in (key, other.key, order.key.upper()):
        answer = await shop.counter.http.get(f"/orders/{order.id}", params={"key": wrong})
        assert answer.status_code in {404, 422}
        assert str(order.number) not in answer.text


async def test_another_persons_basket_is_not_found_and_another_stands_is_refused(
    shop: Stall, counter: Counter
) -> None:
    """A basket's id is its secret; whoever has it cannot carry it to another stand."""
    other = await set_up(counter)
    basket = await shop.fill(shop.line("Beer"))
    answer = await put(shop, f"/baskets/{basket.id}", basket_body(other))
    assert answer.status_code == 409
    for path in (f"/baskets/{new_uuid()}", f"/baskets/{basket.id}0", "/baskets/x"):
        assert (await counter.http.get(path)).status_code in {404, 422}
    assert await counter.visitor.basket(basket.id) == basket


async def test_ticket_sessions_and_prices_of_others(shop: Stall, counter: Counter) -> None:
    """Vouchers and entitlements are an organiser's own; the kitchen does not give them out."""
    stranger = counter.issuer.token({OrganiserId(new_uuid()): [Role.ORGANISER]})
    path = f"/organisers/{shop.organiser_id}/order-vouchers/FREE"
    for token, status in ((None, 401), (stranger, 403), (shop.cook, 403)):
        headers = {"authorization": f"Bearer {token}"} if token else {}
        answer = await put(shop, path, {"percent": 100}, **headers)
        assert answer.status_code == status
    for bad in ({}, {"percent": 0}, {"percent": 101}, {"amount": {"minor": -1, "currency": "EUR"}},
                {"percent": 5, "amount": CENT}, {"percent": 5, "uses_max": 0}):  # fmt: skip
        answer = await put(shop, path, bad, authorization=f"Bearer {shop.organiser}")
        assert answer.status_code == 422, bad
    assert await counter.sql("SELECT 1 FROM order_vouchers WHERE code = 'FREE'") == []


async def test_many_edit_one_basket_at_once(shop: Stall) -> None:
    """A group orders: no line is lost, none is there twice, and the version counts the changes."""
    basket = await shop.fill()
    lines = [shop.line("Crisps", guest=f"Guest {n}") for n in range(20)]

    async def one(position: int) -> int:
        line = lines[position]
        body = line.model_dump(mode="json", exclude={"id"})
        answers = await asyncio.gather(
            *(put(shop, f"/baskets/{basket.id}/lines/{line.id}", body) for _ in range(2))
        )
        assert {answer.status_code for answer in answers} == {200}
        if position % 4 == 0:
            return (
                await shop.counter.http.delete(f"/baskets/{basket.id}/lines/{line.id}")
            ).status_code
        return 200

    assert set(await asyncio.gather(*(one(n) for n in range(20)))) == {200}
    after = await shop.counter.visitor.basket(basket.id)
    assert sorted(line.guest for line in after.lines) == sorted(
        f"Guest {n}" for n in range(20) if n % 4
    )
    assert after.version == basket.version + 20 + 5


async def test_an_edit_during_the_order_is_seen_or_refused(shop: Stall) -> None:
    """What was shown is what is ordered: an edit that comes first makes the order come again."""
    for _ in range(10):
        basket = await shop.fill(shop.line("Crisps"))
        edit = {"item_id": str(shop.item("Beer").id), "quantity": 5}
        edited, ordered = await asyncio.gather(
            put(shop, f"/baskets/{basket.id}/lines/{new_uuid()}", edit),
            shop.reserve(basket),
            return_exceptions=True,
        )
        rows = await shop.counter.sql(
            "SELECT total_minor FROM orders WHERE basket_id = %s", (basket.id,)
        )
        if isinstance(ordered, Exception):
            assert (edited.status_code, ordered.code, rows) == (200, "basket-changed", [])
        else:
            assert (edited.status_code, rows) == (409, [(250,)])
    await audit(shop.counter, shop.id)

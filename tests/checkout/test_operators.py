"""What operators see of sagas, who may see it, and what nobody sees."""

import asyncio
from dataclasses import astuple

import httpx2 as httpx
import pytest
from pydantic import SecretStr

from quickserve.checkout import model
from quickserve.contracts.checkout import SagaView
from quickserve.kernel.auth import Role
from quickserve.kernel.errors import NotFound
from quickserve.kernel.ids import OrganiserId, new_uuid

from .conftest import AMINA, new_id


async def test_a_saga_is_told_step_by_step(house, gala):
    bought = await gala.buy()
    saga = await house.checkouts.saga(bought.id, gala.token)
    assert (saga.saga, saga.state, saga.outcome) == ("book_tickets", "done", "done")
    assert [(s.name, s.kind, s.state) for s in saga.steps] == [
        ("reserve", "do", "done"),
        ("authorize", "do", "done"),
        ("capture", "do", "done"),
        ("confirm", "do", "done"),
    ]
    assert [a.state for a in saga.attempts] == ["completed"]


async def test_an_undone_saga_tells_why(house, gala):
    failed = await gala.buy("declined")
    saga = await house.checkouts.saga(failed.id, gala.token)
    assert (saga.state, saga.outcome) == ("undone", "undone: card-declined")
    assert [(s.name, s.kind) for s in saga.steps] == [
        ("reserve", "do"),
        ("$unwind", "decision"),
        ("authorize", "undo"),
        ("reserve", "undo"),
    ]


async def test_a_waiting_saga(house, gala):
    asked = await gala.buy("challenge")
    saga = await house.checkouts.saga(asked.id, gala.token)
    assert saga.state == "waiting"
    assert [(s.name, s.kind, s.state) for s in saga.steps] == [
        ("reserve", "do", "done"),
        ("authorize", "wait", "waiting"),
    ]


async def test_who_may_see_sagas(house, gala):
    bought = await gala.buy()
    saga_id = house.ids(bought.id).saga
    stranger = house.issuer.token({OrganiserId(new_uuid()): [Role.ORGANISER]})
    door = house.issuer.token({gala.organiser_id: [Role.DOOR]})
    admin = house.issuer.token(admin=True)
    expected = {
        f"/sagas/{saga_id}": {None: 401, stranger: 403, door: 403, gala.token: 200, admin: 200},
        f"/sagas/{bought.id}": {None: 401, stranger: 403, gala.token: 200, admin: 200},
        f"/sagas/{new_uuid()}": {gala.token: 404, admin: 404},
        "/sagas": {None: 401, stranger: 403, gala.token: 403, admin: 200},
    }
    for path, by_token in expected.items():
        for token, status in by_token.items():
            async with house.http(token) as http:
                answer = await http.get(path)
            assert answer.status_code == status, (path, answer.text)
    listed = await house.checkouts.sagas(admin)
    assert saga_id in [line.id for line in listed.sagas]


async def test_operators_do_not_learn_the_way_to_the_tickets(house, gala):
    """Who knows a checkout's id may see the tickets: logs, sagas and payments must not tell it."""
    bought, asked = await gala.buy(), await gala.buy("challenge")
    assert asked.state == "challenge"
    question = asked.challenge_path.rpartition("/")[2]
    secrets = (str(bought.id), str(asked.id), question, bought.booking_key)
    admin = house.issuer.token(admin=True)
    told = (await house.checkouts.sagas(admin)).model_dump_json()
    for checkout_id in (bought.id, asked.id):
        saga_id = house.ids(checkout_id).saga
        told += (await house.checkouts.saga(saga_id, gala.token)).model_dump_json()
        async with house.http() as http:
            assert (await http.get(f"/checkouts/{saga_id}")).status_code == 404
        for known in (house.ids(checkout_id).intent, house.ids(checkout_id).booking):
            with pytest.raises(NotFound):
                await house.payment.challenge(known)
    for secret in secrets:
        assert secret not in told


async def test_ids_are_derived_with_the_house_s_secret(house):
    checkout_id = new_id()
    ours_too = house.platform.settings
    elsewhere = ours_too.model_copy(update={"secret": SecretStr("t" * 40)})
    ours, theirs = house.ids(checkout_id), model.ids_of(checkout_id, elsewhere)
    assert ours == house.ids(checkout_id)
    assert len({checkout_id, *astuple(ours), *astuple(theirs)}) == 7


async def test_the_engine_knows_no_person_and_the_checkout_forgets(house, gala):
    paid, declined = await gala.buy(), await gala.buy("declined")
    for table in ("t_checkout", "r_checkout", "c_checkout", "e_checkout", "w_checkout"):
        rows = await house.rows(f"SELECT t::text FROM absurd.{table} t")
        text = " ".join(row[0] for row in rows)
        for secret in (AMINA.email, AMINA.name, "sandbox-", paid.booking_key):
            assert secret not in text, table
    rows = await house.rows(
        "SELECT contact_email, contact_name, contact_language, method FROM checkout.checkouts"
        " WHERE id = ANY(%s)",
        ([paid.id, declined.id],),
    )
    assert rows == [(None, None, None, None)] * 2


class Cut(httpx.AsyncBaseTransport):
    """The line to a service; it can be cut."""

    def __init__(self, line):
        self.line = line
        self.cut = False

    async def handle_async_request(self, request):
        if self.cut:
            raise httpx.ConnectError("cut")
        return await self.line.handle_async_request(request)


@pytest.fixture
def payment_line(house):
    http = house.runtime.clients["payment"]._http
    line = Cut(http._transport)
    http._transport = line
    yield line
    http._transport = line.line
    house.runtime.clients["payment"].breaker.succeeded()


async def test_payment_is_away_and_an_operator_does_not_want_to_wait(house, gala, payment_line):
    admin = house.issuer.token(admin=True)
    payment_line.cut = True
    started = await gala.start()
    async with asyncio.timeout(10):
        saga = await house.checkouts.saga(started.id, admin)
        while len(saga.attempts) < 3:
            await asyncio.sleep(0.05)
            saga = await house.checkouts.saga(started.id, admin)
    assert saga.steps[-1].name == "authorize"
    assert saga.attempts[0].failure.startswith("unavailable: ")
    payment_line.cut = False
    house.runtime.clients["payment"].breaker.succeeded()
    await house.rows(
        "UPDATE absurd.r_checkout SET available_at = clock_timestamp() + interval '1 hour'"
        " WHERE state = 'sleeping' AND wake_event IS NULL"
    )
    async with house.http(gala.token) as http:
        assert (await http.post(f"/sagas/{saga.id}/retries")).status_code == 403
    retried = await house.checkouts.retry_saga(saga.id, admin)
    assert isinstance(retried, SagaView)
    assert (await house.ended(started.id)).state == "confirmed"
    async with house.http(admin) as http:
        assert (await http.post(f"/sagas/{saga.id}/retries")).status_code == 409
        assert (await http.post(f"/sagas/{new_uuid()}/retries")).status_code == 404


async def test_the_database_cuts_every_worker_off(house, gala):
    started = [await gala.start() for _ in range(5)]
    await house.rows(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = 'house'"
        " AND pid <> pg_backend_pid() AND usename LIKE '%%_checkout'"
        " AND query LIKE '%%absurd.%%'"
    )
    ends = [await house.ended(view.id) for view in started]
    assert {view.state for view in ends} == {"confirmed"}

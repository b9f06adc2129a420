"""Settings that are weak, misspelt or contradict each other."""

import pytest

from .conftest import SECRET, SHARED, Environment, visit

APART = {
    "PAYMENT_DATABASE_URL": "postgresql://127.0.0.1:1/payment",
    "IDENTITY_URL": "http://127.0.0.1:1",
}


async def test_strong_and_agreeing_settings_are_good(given: Environment):
    given(SECRET=SECRET, SERVICE_SECRET=SHARED, PUBLIC_URL="https://tickets.example.org",
          RABBITMQ_URL="amqp://127.0.0.1:1/", **APART)  # fmt: skip
    found = await visit("payment")
    checks = "secret", "service secret", "public address", "issuer", "names of settings"
    assert set(found.states(*checks, "events between processes").values()) == {"good"}


@pytest.mark.parametrize(
    ("value", "told"),
    [("", "there is none"), ("short", "has 5 characters"), ("ab" * 20, "only 2 different")],
)
async def test_a_secret_that_can_be_guessed(given: Environment, value: str, told: str):
    given(SECRET=value, **APART)
    found = await visit("payment")
    assert told in found["secret"].told
    assert "QUICKSERVE_SECRET" in found["secret"].fix


@pytest.mark.parametrize(
    ("value", "told"),
    [("", "sign for each other"), ("a" * 40, "only 1 different"), (SECRET, "each other's keys")],
)
async def test_a_shared_secret_that_is_none(given: Environment, value: str, told: str):
    given(SECRET=SECRET, SERVICE_SECRET=value, **APART)
    assert told in (await visit("payment"))["service secret"].told


@pytest.mark.parametrize(
    ("address", "told"),
    [
        ("tickets.example.org", "is no address"),
        ("http://tickets.example.org", "is not https"),
        ("https://example.org/tickets", "has a path"),
    ],
)
async def test_a_public_address_that_does_not_do(given: Environment, address: str, told: str):
    given(SECRET=SECRET, PUBLIC_URL=address, **APART)
    assert told in (await visit("payment"))["public address"].told


@pytest.mark.parametrize(
    "address", ["http://localhost:8000", "http://qs.localhost", "https://a.fr"]
)
async def test_a_public_address_that_does(given: Environment, address: str):
    given(SECRET=SECRET, PUBLIC_URL=address, **APART)
    assert (await visit("payment"))["public address"].state == "good"


async def test_an_issuer_whose_keys_anybody_on_the_way_can_replace(given: Environment):
    given(SECRET=SECRET, ISSUER="http://keys.example.org/realms/quickserve", **APART)
    assert "replaced on their way" in (await visit("web"))["issuer"].told


async def test_a_misspelt_setting_and_what_was_meant(given: Environment):
    given(SECRET=SECRET, POOLMAX="20", **APART)
    finding = (await visit("web"))["names of settings"]
    assert "QUICKSERVE_POOLMAX" in finding.told
    assert "QUICKSERVE_POOL_MAX" in finding.fix


async def test_processes_that_do_not_hear_of_each_other(given: Environment):
    given(SECRET=SECRET, **APART)
    finding = (await visit("web"))["events between processes"]
    assert (finding.state, "QUICKSERVE_RABBITMQ_URL" in finding.fix) == ("wrong", True)


async def test_event_grid_carries_events_when_its_settings_are_whole(given: Environment):
    whole = {
        "EVENTGRID_ENDPOINT": "http://127.0.0.1:1/api/events", "EVENTGRID_TENANT": "tenant",
        "EVENTGRID_AUDIENCE": "webhook",
    }  # fmt: skip
    given(SECRET=SECRET, **APART, **whole)
    assert (await visit("web"))["events between processes"].state == "good"
    given(SECRET=SECRET, **APART, **{**whole, "EVENTGRID_AUDIENCE": ""})
    finding = (await visit("web"))["events between processes"]
    assert (finding.state, "QUICKSERVE_EVENTGRID_AUDIENCE" in finding.fix) == ("wrong", True)


async def test_two_buses_at_once(given: Environment):
    pulled = {"EVENTGRID_ENDPOINT": "https://grid.example.org", "EVENTGRID_TOPIC": "quickserve"}
    given(SECRET=SECRET, RABBITMQ_URL="amqp://127.0.0.1:1/", **pulled, **APART)
    assert "not both" in (await visit("web"))["events between processes"].fix

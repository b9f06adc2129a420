"""The compose file: what the specification allows, and what this system needs."""

import json
import re
from copy import deepcopy
from ipaddress import ip_network
from typing import Any
from urllib.parse import urlsplit

import jsonschema
import pytest

from quickserve.app import SERVICES, load
from quickserve.cli import _parser
from quickserve.kernel.db import service_url
from quickserve.kernel.settings import Settings

from .compose import (
    DEPLOY,
    ROOT,
    MissingError,
    example,
    filled,
    interpolated,
    networks,
    ours,
    raw,
    services,
)

SCHEMA = ROOT / "tests/vendor/compose-go-2.16.2/schema.json"
OWNERS = [name for name in SERVICES if load(name).owns_data]
ONCE = [f"migrate-{name}" for name in OWNERS]
WITHOUT_A_CHECK = {"jaeger"}  # its image has no program to ask with


def problems(document: Any) -> list[str]:
    validator = jsonschema.Draft202012Validator(json.loads(SCHEMA.read_text("utf-8")))
    return [error.message for error in validator.iter_errors(document)]


def environment(name: str) -> dict[str, str]:
    return services()[name].get("environment", {})


def test_it_is_what_the_specification_allows():
    assert problems(raw()) == []
    assert problems(interpolated(raw(), filled())) == []


def test_the_specification_would_tell_a_mistake():
    document = deepcopy(raw())
    document["services"]["booking"]["depend_on"] = ["postgres"]
    assert problems(document)


def test_it_does_not_start_without_secrets():
    for name, value in example().items():
        if name.endswith(("_SECRET", "_PASSWORD")):
            assert value == "", f"the example gives a value to {name}"
            with pytest.raises(MissingError, match=name):
                interpolated(raw(), {**filled(), name: ""})


def test_every_variable_is_in_the_example_and_used():
    text = (DEPLOY / "compose.yaml").read_text("utf-8")
    used = set(re.findall(r"(?<!\$)\$\{(\w+)", text))
    assert used - {"QUICKSERVE_IMAGE"} == set(example())


def test_every_service_is_a_container():
    assert set(ours()) == {*SERVICES, *ONCE}
    for name in SERVICES:
        asked = _parser().parse_args([str(word) for word in ours()[name]["command"]])
        assert asked.names == [name]
        assert (asked.host, asked.port) == ("0.0.0.0", 8000)
    for name in OWNERS:
        asked = _parser().parse_args([str(word) for word in ours()[f"migrate-{name}"]["command"]])
        assert asked.names == [name]


def settings_of(name: str, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """What a process in the container would read."""
    for variable, value in environment(name).items():
        monkeypatch.setenv(variable, value)
    settings = Settings()
    for variable in environment(name):
        monkeypatch.delenv(variable)
    return settings


@pytest.mark.parametrize("name", SERVICES)
def test_a_service_finds_the_others(name: str, monkeypatch: pytest.MonkeyPatch):
    addresses = settings_of(name, monkeypatch).service_urls
    assert set(addresses) == {*SERVICES} - {"web"}
    for other, address in addresses.items():
        assert urlsplit(address).hostname == other
        assert urlsplit(address).port == 8000
        assert networks(services()[other]) & networks(services()[name]) - {"monitoring"}


@pytest.mark.parametrize("name", OWNERS)
def test_a_service_has_a_database_of_its_own(name: str, monkeypatch: pytest.MonkeyPatch):
    settings = settings_of(name, monkeypatch)
    assert set(settings.database_urls) == {name}
    assert settings.database_url == ""
    schema = load(name).schema(settings)
    url = urlsplit(service_url(settings.of_service(name).database_url, schema))
    assert (url.username, url.hostname, url.path) == (f"{name}_{name}", "postgres", f"/{name}")
    assert name in environment("postgres")["DATABASES"].split()


@pytest.mark.parametrize("name", OWNERS)
def test_only_the_migration_has_the_owners_password(name: str, monkeypatch: pytest.MonkeyPatch):
    settings = settings_of(f"migrate-{name}", monkeypatch)
    url = urlsplit(settings.of_service(name).database_url)
    password = filled()[f"{name.upper()}_OWNER_PASSWORD"]
    assert (url.username, url.password, url.path) == (f"{name}_owner", password, f"/{name}")
    # The role's password follows from the secret: both containers have the same one.
    assert (
        environment(name)["QUICKSERVE_SECRET"]
        == environment(f"migrate-{name}")["QUICKSERVE_SECRET"]
    )
    knowing = {n for n in services() if password in json.dumps(services()[n])}
    assert knowing == {f"migrate-{name}", "postgres"}


def test_no_two_services_share_a_secret():
    secrets = [environment(name)["QUICKSERVE_SECRET"] for name in SERVICES]
    shared = {environment(name)["QUICKSERVE_SERVICE_SECRET"] for name in SERVICES}
    assert len(set(secrets)) == len(SERVICES)
    assert len(shared) == 1
    assert shared.isdisjoint(secrets)


@pytest.mark.parametrize("name", [*SERVICES, *ONCE])
def test_every_setting_of_ours_exists(name: str):
    known = {f"QUICKSERVE_{field.upper()}" for field in Settings.model_fields}
    known |= {"FORWARDED_ALLOW_IPS"}  # uvicorn's own
    known |= {
        f"QUICKSERVE_{s.upper()}_{kind}" for s in SERVICES for kind in ("URL", "DATABASE_URL")
    }
    assert set(environment(name)) - known == set()


def test_only_the_web_is_published():
    published = {name: s["ports"] for name, s in services().items() if "ports" in s}
    assert published.pop("web") == ["8000:8000"]
    assert all(port.startswith("127.0.0.1:") for ports in published.values() for port in ports)
    inside = {
        name for name, network in raw()["networks"].items() if (network or {}).get("internal")
    }
    for name, service in services().items():
        assert networks(service) <= set(raw()["networks"])
        assert (networks(service) <= inside) == ("ports" not in service), name


def test_a_database_is_reached_by_those_who_have_one():
    reaching = {name for name, s in services().items() if "database" in networks(s)}
    assert reaching == {"postgres", "keycloak", *OWNERS, *ONCE}


def test_prometheus_may_read_the_metrics_and_browsers_may_not(monkeypatch: pytest.MonkeyPatch):
    config = interpolated(raw(), filled())["networks"]["monitoring"]["ipam"]["config"]
    subnet = ip_network(config[0]["subnet"])
    for name in SERVICES:
        allowed = [ip_network(n) for n in settings_of(name, monkeypatch).probes_from.split()]
        assert [network for network in allowed if not network.is_loopback] == [subnet]
        assert "monitoring" in networks(services()[name])


@pytest.mark.parametrize("name", [*SERVICES, *ONCE])
def test_a_container_of_ours_can_do_little(name: str):
    service = ours()[name]
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert any(mount.startswith("/tmp:") for mount in service["tmpfs"])
    assert "volumes" not in service
    assert "user" not in service, "the image says who"


def test_everything_is_bounded_restarted_and_asked_how_it_is():
    for name, service in services().items():
        assert {"cpus", "memory"} <= set(service["deploy"]["resources"]["limits"]), name
        expected = "on-failure:5" if name in ONCE else "unless-stopped"
        assert service["restart"] == expected, name
        assert service["logging"]["options"]["max-size"], name
        asked = "healthcheck" in service or service["image"].startswith("quickserve")
        assert asked or name in WITHOUT_A_CHECK, name


def test_what_is_waited_for_can_come():
    for name, service in services().items():
        for other, how in service.get("depends_on", {}).items():
            waited = services()[other]
            assert networks(waited) & networks(service) or other in ONCE, (name, other)
            if how["condition"] == "service_completed_successfully":
                assert other in ONCE
            else:
                assert how["condition"] == "service_healthy"
                assert "healthcheck" in waited, f"{name} waits for {other}, which nobody asks"
    for name in OWNERS:
        assert set(services()[name]["depends_on"]) == {"rabbitmq", "redis", f"migrate-{name}"}
        assert set(services()[f"migrate-{name}"]["depends_on"]) == {"postgres"}


def test_what_is_mounted_is_there():
    for service in services().values():
        for mount in service.get("volumes", []):
            source, target, *mode = mount.split(":")
            assert target.startswith("/")
            if source.startswith("."):
                assert (DEPLOY / source).exists(), source
                assert mode == ["ro"], f"{source} is ours, and could be changed from inside"
            else:
                assert source in raw()["volumes"]


def test_a_process_is_given_the_time_it_takes_to_end(monkeypatch: pytest.MonkeyPatch):
    for name in SERVICES:
        drain = settings_of(name, monkeypatch).drain_seconds
        assert int(ours()[name]["stop_grace_period"].removesuffix("s")) >= drain + 30


def test_images_are_pinned_by_tag():
    for name, service in services().items():
        tag = service["image"].rpartition(":")[2]
        assert re.match(r"v?\d|local$", tag), f"{name}: {service['image']}"

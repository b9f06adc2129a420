"""Prometheus and Grafana look at metrics that exist, and the alerts fire when they should."""

import json
import re
import subprocess
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
import yaml
from prometheus_client import REGISTRY

from tests.programs import program
from tests.tidy.project import module_name, python_files

from .compose import DEPLOY, networks, services

PROMETHEUS = DEPLOY / "prometheus"
DASHBOARD = DEPLOY / "grafana/dashboards/quickserve.json"
OF_OTHERS = re.compile(r"up|ALERTS|process_\w+|rabbitmq_detailed_queue_(messages|consumers)")
_METRIC = re.compile(r"\b(?:quickserve|rabbitmq|process)_\w+|\bup\b|\bALERTS\b")


def promtool(*arguments: str) -> str:
    command = [program("promtool", package="prometheus"), *arguments]
    ran = subprocess.run(command, cwd=PROMETHEUS, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    return ran.stdout


def loaded(path: Path) -> Any:
    return yaml.safe_load(path.read_text("utf-8"))


@pytest.fixture(scope="module")
def registry() -> set[str]:
    """The names of the metrics as the code registers them, and as they are exposed."""
    for path in python_files("src"):
        if "prometheus_client" in path.read_text("utf-8"):
            import_module(module_name(path))
    exposed = {"histogram": ("_bucket", "_count", "_sum"), "counter": ("_total",), "gauge": ("",)}
    return {
        metric.name + suffix for metric in REGISTRY.collect() for suffix in exposed[metric.type]
        if metric.name.startswith("quickserve_")
    }  # fmt: skip


def expressions(part: Any) -> Iterator[str]:
    """Every `expr` and `definition` of a dashboard or a list of rules."""
    match part:
        case dict():
            yield from (v for k, v in part.items() if k in ("expr", "definition"))
            yield from (found for value in part.values() for found in expressions(value))
        case list():
            yield from (found for value in part for found in expressions(value))
        case _:
            return


def names(expression: str) -> set[str]:
    without_labels = re.sub(r'"[^"]*"', '""', expression)
    return set(_METRIC.findall(without_labels))


def alerts() -> list[dict[str, Any]]:
    return [
        rule for group in loaded(PROMETHEUS / "alerts.yml")["groups"] for rule in group["rules"]
    ]


def panels() -> list[dict[str, Any]]:
    return json.loads(DASHBOARD.read_text("utf-8"))["panels"]


def test_prometheus_accepts_its_configuration():
    assert "SUCCESS" in promtool("check", "config", "prometheus.yml")
    assert f"SUCCESS: {len(alerts())} rules found" in promtool("check", "rules", "alerts.yml")


def test_the_alerts_fire_when_they_should():
    assert "SUCCESS" in promtool("test", "rules", "alerts_test.yml")


def test_every_alert_is_tried_and_says_what_to_do():
    tried = (PROMETHEUS / "alerts_test.yml").read_text("utf-8")
    for alert in alerts():
        assert alert["alert"] in tried
        assert {"summary", "action"} == set(alert["annotations"])
        assert alert["labels"]["severity"] in ("page", "warn")


@pytest.mark.parametrize("source", [PROMETHEUS / "alerts.yml", DASHBOARD], ids=lambda p: p.name)
def test_every_metric_that_is_looked_at_exists(source: Path, registry: set[str]):
    looked_at = {name for text in expressions(loaded(source)) for name in names(text)}
    assert len(looked_at & registry) > 5
    unknown = {name for name in looked_at - registry if not OF_OTHERS.fullmatch(name)}
    assert unknown == set()


def test_prometheus_asks_every_process():
    asked = {
        target: job["job_name"]
        for job in loaded(PROMETHEUS / "prometheus.yml")["scrape_configs"]
        for static in job["static_configs"]
        for target in static["targets"]
    }
    serving = {f"{n}:8000" for n, s in services().items() if s.get("command", [""])[0] == "serve"}
    assert {target for target, job in asked.items() if job == "quickserve"} == serving
    for target in {*asked} - {"127.0.0.1:9090"}:
        assert "monitoring" in networks(services()[target.partition(":")[0]])


def test_every_panel_asks_the_datasource_that_is_provisioned():
    source = loaded(DEPLOY / "grafana/provisioning/datasources/prometheus.yml")["datasources"][0]
    assert source["url"] == "http://prometheus:9090"
    for panel in panels():
        if panel["type"] != "row":
            assert panel["datasource"] == {"type": source["type"], "uid": source["uid"]}
            assert panel["targets"]


def test_panels_lie_beside_each_other_and_have_their_own_numbers():
    cells = [
        (x, y)
        for panel in panels()
        for place in [panel["gridPos"]]
        for x in range(place["x"], place["x"] + place["w"])
        for y in range(place["y"], place["y"] + place["h"])
    ]
    assert len(cells) == len(set(cells)), "two panels overlap"
    assert max(x for x, _ in cells) < 24
    assert len({panel["id"] for panel in panels()}) == len(panels())


def test_the_expressions_of_the_dashboard_are_promql(tmp_path: Path):
    """As rules, because that is what promtool reads; Grafana fills in the variables."""
    filled = [
        text.replace("$__rate_interval", "1m").replace("$service", ".*")
        for text in expressions(panels())
    ]
    rules = [{"record": f"panel_{n}", "expr": text} for n, text in enumerate(filled)]
    file = tmp_path / "panels.yml"
    file.write_text(json.dumps({"groups": [{"name": "panels", "rules": rules}]}))
    assert f"SUCCESS: {len(rules)} rules found" in promtool("check", "rules", str(file))


def test_the_dashboard_is_where_grafana_looks():
    grafana = services()["grafana"]
    path = loaded(DEPLOY / "grafana/provisioning/dashboards/quickserve.yml")["providers"][0][
        "options"
    ]["path"]
    assert f"./grafana/dashboards:{path}:ro" in grafana["volumes"]
    home = grafana["environment"]["GF_DASHBOARDS_DEFAULT_HOME_DASHBOARD_PATH"]
    assert home == f"{path}/{DASHBOARD.name}"

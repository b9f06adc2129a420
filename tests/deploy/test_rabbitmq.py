"""RabbitMQ's files on a real RabbitMQ: it starts, and tells the metrics that we look at."""

import asyncio
import re
from collections.abc import Iterator
from urllib.parse import urlencode

import httpx2 as httpx
import pytest
import yaml

from quickserve.kernel.bus.rabbitmq.link import Letter, link_to
from tests.servers import Rabbit, free_port

from .compose import DEPLOY

FOLDER = DEPLOY / "rabbitmq"


class Configured(Rabbit):
    """With the container's files, on ports of this machine."""

    def __init__(self) -> None:
        super().__init__()
        self.metrics_port = free_port()
        ports = {"5672": f"127.0.0.1:{self.port}", "15692": str(self.metrics_port)}
        text = (FOLDER / "rabbitmq.conf").read_text("utf-8")
        for place, here in {**ports, "15672": str(free_port())}.items():
            text = re.sub(rf"= {place}$", f"= {here}", text, flags=re.MULTILINE)
        text += "management.tcp.ip = 127.0.0.1\nprometheus.tcp.ip = 127.0.0.1\n"
        (self.folder / "rabbitmq.conf").write_text(text)
        plugins = (FOLDER / "enabled_plugins").read_text("utf-8")
        (self.folder / "enabled_plugins").write_text(plugins)


@pytest.fixture(scope="module")
def configured() -> Iterator[Configured]:
    with Configured() as server:
        yield server


def asked_by_prometheus() -> str:
    jobs = yaml.safe_load((DEPLOY / "prometheus/prometheus.yml").read_text("utf-8"))
    (job,) = [j for j in jobs["scrape_configs"] if j["job_name"] == "rabbitmq-queues"]
    return f"{job['metrics_path']}?{urlencode(job['params'], doseq=True)}"


async def test_dead_letters_and_consumers_are_told_by_queue(configured: Configured):
    expected = (
        'rabbitmq_detailed_queue_messages{vhost="/",queue="quickserve.booking.dead"} 1',
        'rabbitmq_detailed_queue_messages{vhost="/",queue="quickserve.booking"} 0',
        'rabbitmq_detailed_queue_consumers{vhost="/",queue="quickserve.booking"} 0',
    )
    url = f"http://127.0.0.1:{configured.metrics_port}"
    async with link_to(configured.url(), {"booking": []}) as link, httpx.AsyncClient() as http:
        await link.send([Letter("", "quickserve.booking.dead", b"{}", "application/json", "1")])
        async with asyncio.timeout(60):
            while True:  # the broker counts every five seconds
                told = (await http.get(url + asked_by_prometheus())).text
                if all(line in told for line in expected):
                    return
                await asyncio.sleep(0.5)

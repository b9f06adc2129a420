"""A soak from its beginning to its table."""

import asyncio
import json
import random
import threading
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from pathlib import Path

from bench.figures import Figure
from bench.server import data_folder
from bench.soak.audit import Findings, audit
from bench.soak.crowd import crowd
from bench.soak.house import House
from bench.soak.ledger import Ledger
from bench.soak.shows import put_on

KEPT = Path("build/soak.jsonl")


@dataclass(frozen=True)
class Plan:
    attempts: int = 1_000_000
    kills: int = 40
    buyers: int = 48
    seed: int = 4
    seconds_max: float = 7200
    durable: bool = True


@dataclass(frozen=True)
class Report:
    seconds: float
    tally: dict[str, int]
    kills: dict[str, int]
    longest_wait: float
    findings: Findings
    failures: list[str] = field(default_factory=list[str])

    @property
    def right(self) -> bool:
        return not self.failures and not any(self.findings.wrong.values())

    def told(self) -> str:
        return "\n".join([str(self.findings.wrong), *self.findings.examples, *self.failures])

    def figures(self) -> list[Figure]:
        counted = {**self.tally, **{f"kill -9: {who}": n for who, n in self.kills.items()}}
        figures = [Figure(f"soak, {what}", float(n), "") for what, n in sorted(counted.items())]
        figures += [
            Figure("soak, attempts", self.tally["attempts"] / self.seconds, "/s"),
            Figure("soak, longest wait for an answer", self.longest_wait, "s"),
            Figure("soak, until the last hold was free", self.findings.seconds_until_free, "s"),
        ]
        wrong = self.findings.wrong.items()
        return [*figures, *(Figure(f"soak, {what}", float(n), "", aim="0") for what, n in wrong)]

    def keep(self) -> Figure:
        """One line a run; what all that were right attempted together."""
        KEPT.parent.mkdir(exist_ok=True)
        with KEPT.open("a") as file:
            file.write(json.dumps({**asdict(self), "right": self.right}) + "\n")
        runs = [json.loads(line) for line in KEPT.read_text().splitlines()]
        attempts = sum(run["tally"]["attempts"] for run in runs if run["right"])
        return Figure("soak, attempts of all runs", attempts, "", aim="≥ 1,000,000")


def soak(plan: Plan, tell: Callable[[str], None] = lambda _line: None) -> Report:
    """From the main thread, which does the killing; buyers live in another."""
    with data_folder() as folder, House(folder, durable=plan.durable) as house:
        dates = asyncio.run(put_on(house.ports[0], house.settings))
        started = time.monotonic()
        capacity = {date.id: date.capacity for date in dates}
        ledger = Ledger(capacity, plan.attempts, started + plan.seconds_max)
        failures: list[str] = []

        def live() -> None:
            there = crowd(
                ledger, dates, house.ports, house.settings, buyers=plan.buyers, seed=plan.seed
            )
            try:
                asyncio.run(there)
            except ExceptionGroup as group:
                failures.extend(repr(error)[:500] for error in group.exceptions)

        buyers = threading.Thread(target=live, name="buyers")
        buyers.start()
        _strike(plan, house, ledger, buyers, tell)
        buyers.join()
        seconds = time.monotonic() - started
        house.revive()
        findings = asyncio.run(audit(house.database_url, ledger))
        return Report(
            seconds, dict(ledger.tally), dict(house.kills), ledger.longest_wait, findings, failures
        )


def _strike(
    plan: Plan, house: House, ledger: Ledger, buyers: threading.Thread, tell: Callable[[str], None]
) -> None:
    """At random moments of the plan, each kind equally often."""
    chance = random.Random(plan.seed)
    moments = sorted(chance.randrange(plan.attempts) for _ in range(plan.kills))
    victims = [("a server", "PostgreSQL")[n % 2] for n in range(plan.kills)]
    chance.shuffle(victims)
    for moment, victim in zip(moments, victims, strict=True):
        while ledger.attempts < moment and buyers.is_alive():
            time.sleep(0.01)
            house.revive()
        if not buyers.is_alive():
            return
        tell(f"   {ledger.attempts:,} attempts: kill -9 {victim}")
        house.strike(victim, chance)
    while buyers.is_alive():
        time.sleep(0.05)
        house.revive()

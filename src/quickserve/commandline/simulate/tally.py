"""What came of it, in figures."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any


@dataclass(slots=True)
class Outcome:
    """Of an order: seconds from kick-off; blank while it has not come to that."""

    cents: int
    ahead: bool
    placed: float
    due: float
    earliest: float
    latest: float
    ready: float | None = None
    received: float | None = None


@dataclass
class Tally:
    """`lost` by reason: what was not sold. `gates`: intake in percent and seconds of widening."""

    came: int = 0
    outcomes: list[Outcome] = field(default_factory=list[Outcome])
    lost: Counter[str] = field(default_factory=Counter[str])
    lost_cents: int = 0
    refused: Counter[str] = field(default_factory=Counter[str])
    failed: Counter[str] = field(default_factory=Counter[str])
    gates: list[tuple[int, int]] = field(default_factory=list[tuple[int, int]])
    lost_orders: int = 0
    unknown: int = 0
    seconds: float = 0.0

    @property
    def handed_over(self) -> int:
        return sum(one.received is not None for one in self.outcomes)

    def figures(self) -> dict[str, Any]:
        """All that is printed, for programs."""
        made = [one for one in self.outcomes if one.ready is not None]
        late = [(one.ready or 0) - one.due for one in made]
        # Whoever ordered ahead comes at the chosen time: what is ready before is in time.
        errors = [
            max(0.0, by) if one.ahead else abs(by) for one, by in zip(made, late, strict=True)
        ]
        stood = [-by for one, by in zip(made, late, strict=True) if one.ahead]
        waits = [(one.ready or 0) - one.placed for one in made if not one.ahead]
        away = [one for one in self.outcomes if one.received is not None]
        within = sum((one.received or 0) <= one.latest for one in away)
        sold, gates = sum(one.cents for one in self.outcomes), self.gates or [(100, 0)]
        return {
            "visitors": self.came,
            "orders": len(self.outcomes),
            "orders_ahead": sum(one.ahead for one in self.outcomes),
            "handed_over": len(away),
            "orders_lost": self.lost_orders,
            "orders_unknown": self.unknown,
            "promise_error_s": {
                "p50": _share(errors, 0.5),
                "p90": _share(errors, 0.9),
                "p99": _share(errors, 0.99),
            },
            "late_s": {"p50": _share(late, 0.5), "p90": _share(late, 0.9)},
            "by_the_latest_percent": round(100 * within / max(1, len(away)), 1),
            "promised_range_s": {"p50": _share([o.latest - o.earliest for o in away], 0.5)},
            "stood_s": {"p90": _share(stood, 0.9)},
            "waiting_s": {"p50": _share(waits, 0.5), "p90": _share(waits, 0.9)},
            "lost_sales": dict(sorted(self.lost.items())),
            "lost_sales_percent": round(100 * self.lost.total() / max(1, self.came), 1),
            "lost_cents": self.lost_cents,
            "sold_cents": sold,
            "refusals": dict(sorted(self.refused.items())),
            "failures": dict(sorted(self.failed.items())),
            "intake_percent": {
                "mean": round(sum(one for one, _ in gates) / len(gates), 1),
                "least": min(one for one, _ in gates),
            },
            "widened_s": {
                "mean": round(sum(one for _, one in gates) / len(gates)),
                "most": max(one for _, one in gates),
            },
            "seconds": round(self.seconds, 1),
        }


def _share(values: Sequence[float], share: float) -> int:
    ordered = sorted(values)
    return round(ordered[min(int(len(ordered) * share), len(ordered) - 1)]) if ordered else 0


def table(found: dict[str, Any]) -> str:
    def both(name: str) -> str:
        return f"P50 {_m(found[name]['p50'])}, P90 {_m(found[name]['p90'])}"

    lost: dict[str, int] = found["lost_sales"]
    intake, widened = found["intake_percent"], found["widened_s"]
    money = f"{found['lost_cents'] / 100:,.0f} € beside {found['sold_cents'] / 100:,.0f} € sold"
    away = f"{sum(lost.values()):,} of {found['visitors']:,} ({found['lost_sales_percent']} %)"
    rows = {
        "visitors who looked": f"{found['visitors']:,}",
        "orders": f"{found['orders']:,}, of them ahead {found['orders_ahead']:,}",
        "handed over": f"{found['handed_over']:,}",
        "orders lost": f"{found['orders_lost']}; that nobody made {found['orders_unknown']}",
        "promise error": f"{both('promise_error_s')}, P99 {_m(found['promise_error_s']['p99'])}",
        "later than promised": both("late_s"),
        "there by the latest": f"{found['by_the_latest_percent']} %",
        "width of the promise": f"P50 {_m(found['promised_range_s']['p50'])}",
        "ready before the break": f"P90 {_m(found['stood_s']['p90'])}",
        "waiting, ordered at once": both("waiting_s"),
        "intake": f"mean {intake['mean']} %, least {intake['least']} %",
        "widened by": f"mean {_m(widened['mean'])}, most {_m(widened['most'])}",
        "lost sales": f"{away}, {money}",
        "  why": _counted(lost),
        "refused by stands": _counted(found["refusals"]),
        "calls that failed": _counted(found["failures"]),
    }
    width = max(map(len, rows))
    return "\n".join(f"{name.ljust(width)}  {text}" for name, text in rows.items())


def _counted(counts: dict[str, int]) -> str:
    return ", ".join(f"{why} {count:,}" for why, count in counts.items()) or "none"


def _m(seconds: float) -> str:
    sign, whole = ("-" if seconds < 0 else ""), abs(round(seconds))
    return f"{sign}{whole // 60}:{whole % 60:02d}"

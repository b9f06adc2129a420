"""`quickserve forget EMAIL`: erases one person in every service (docs/personal-data.md)."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

from quickserve.contracts.erasure import BOOKINGS_MAX, ORDERS_MAX, Erasure, ErasureClient
from quickserve.kernel.client import Client
from quickserve.laptop import Home, clients


@dataclass
class Report:
    """What was erased, by kind. Something under way ends a run before what leads to it is gone."""

    erased: Counter[str] = field(default_factory=Counter[str])
    under_way: int = 0


async def run(home: Home, email: str) -> int:
    """1 when something is under way and the command has to be repeated."""
    async with clients(home) as client:
        report = await forget_person(client, email)
    print("\n".join(_lines(report, email)))  # noqa: T201
    return 1 if report.under_way else 0


async def forget_person(client: Callable[[str], Client], email: str) -> Report:
    """Whoever leads to the others goes last: interrupted anywhere, a second run finds the rest."""
    order = ("payment", "checkout", "tracking", "ordering", "booking", "identity")
    services = {name: ErasureClient(client(name)) for name in order}
    report = Report()
    person_id = (await services["identity"].search(email)).person_id
    while True:
        found = await services["booking"].search(email)
        ordered = await services["ordering"].search(email, found.ticket_ids)
        erasure = Erasure(
            email=email, person_id=person_id, booking_ids=found.booking_ids,
            ticket_ids=found.ticket_ids, order_ids=ordered.order_ids,
            tab_ids=ordered.tab_ids,
        )  # fmt: skip
        for service in services.values():
            done = await service.erase(erasure)
            report.erased.update(done.counts)
            report.under_way = done.under_way
            if done.under_way:
                return report
        if len(found.booking_ids) < BOOKINGS_MAX and len(ordered.order_ids) < ORDERS_MAX:
            return report


def _lines(report: Report, email: str) -> list[str]:
    told = [f"  {count} {_KINDS[kind]}" for kind, count in report.erased.items() if count]
    lines = [f"{email} is forgotten:", *told] if told else [f"Nothing is kept of {email}."]
    if report.under_way:
        lines.append("A purchase or an order is under way: run this again in a quarter of an hour.")
    return lines


_KINDS = {
    "payments": "payments, kept for the accounts without their means of payment",
    "purchases": "purchases without what was typed",
    "bookings": "bookings without their buyer",
    "tickets": "tickets without a name; they open the door as before",
    "scans": "scans without who stood at the door",
    "orders": "orders without who ordered them, notes and addresses",
    "baskets": "baskets",
    "order_steps": "steps of orders without who took them",
    "destinations": "seats and addresses where orders were brought to",
    "shifts": "shifts of a runner without name and positions",
    "looks": "looks at a runner's position",
    "waiting_list": "places on waiting lists",
    "people": "account",
    "memberships": "roles",
    "sessions": "sessions",
}

"""`quickserve forget EMAIL`: erases one person in every service (docs/personal-data.md)."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

from quickserve.contracts.erasure import BOOKINGS_MAX, Erasure, ErasureClient
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
    order = ("payment", "checkout", "booking", "identity")
    services = {name: ErasureClient(client(name)) for name in order}
    report = Report()
    person_id = (await services["identity"].search(email)).person_id
    while True:
        booking_ids = (await services["booking"].search(email)).booking_ids
        erasure = Erasure(email=email, person_id=person_id, booking_ids=booking_ids)
        for service in services.values():
            done = await service.erase(erasure)
            report.erased.update(done.counts)
            report.under_way = done.under_way
            if done.under_way:
                return report
        if len(booking_ids) < BOOKINGS_MAX:
            return report


def _lines(report: Report, email: str) -> list[str]:
    told = [f"  {count} {_KINDS[kind]}" for kind, count in report.erased.items() if count]
    lines = [f"{email} is forgotten:", *told] if told else [f"Nothing is kept of {email}."]
    if report.under_way:
        lines.append("A purchase is under way: run this again in a quarter of an hour.")
    return lines


_KINDS = {
    "payments": "payments, kept for the accounts without their means of payment",
    "purchases": "purchases without what was typed",
    "bookings": "bookings without their buyer",
    "tickets": "tickets without a name; they open the door as before",
    "scans": "scans without who stood at the door",
    "people": "account",
    "memberships": "roles",
    "sessions": "sessions",
}

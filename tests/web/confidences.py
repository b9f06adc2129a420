"""Told in confidence: a journey with distinctive words, whose logs, spans and metrics are read.

A program of its own, `python -m tests.web.confidences DATABASE_URL`: a process decides once how
it logs. Prints, as JSON, the words and what spans and metrics told; the logs are on stderr.
"""

import asyncio
import json
import re
import sys
from datetime import timedelta

import httpx2
import structlog
from prometheus_client import generate_latest
from tests.web.house import BASE, PASSWORD, House, Show, Visitor, open_house

from quickserve.contracts.identity import Credentials
from quickserve.kernel import tracing
from quickserve.kernel.auth import Role
from quickserve.kernel.logs import configure_logging
from quickserve.kernel.testing import test_settings
from quickserve.kernel.tracing import Span

NAME = "Zénobie Quatrefages"
EMAIL = "zenobie.quatrefages@confidence.example"
CARDS = ("4242 4242 4242 4242", "4000 0000 0000 0002", "4000 0000 0000 0077")
GUESS = "not her password at all"
LONG_ENOUGH = 16  # for a part of an address to be a key


class Confidences:
    """Every word that nobody but the two of them may learn."""

    def __init__(self) -> None:
        self.words = {*NAME.split(), EMAIL, EMAIL.partition("@")[0], PASSWORD, GUESS}
        for number in CARDS:
            self.words |= {number, number.replace(" ", "")}

    async def overhear(self, answer: httpx2.Response) -> None:
        """Ids and keys in addresses, cookies, hidden fields."""
        parts = re.findall(r"[A-Za-z0-9_-]+", answer.request.url.path)
        self.words.update(part for part in parts if len(part) >= LONG_ENOUGH)
        self.words.update(value for value in answer.cookies.values() if len(value) >= LONG_ENOUGH)
        await answer.aread()
        self.words.update(re.findall(r'name="csrf" value="([^"]+)"', answer.text))
        self.words.update(re.findall(r"\b[A-Z0-9]{4}-[A-Z0-9]{4}\b", answer.text))

    def without(self, show: Show) -> list[str]:
        """What is public about the show is no secret."""
        public = {str(i) for i in (show.event_id, show.date_id, show.organiser_id)}
        public |= {str(i) for i in show.tickets.values()}
        secret = self.words - public
        return sorted(secret | {word.replace("-", "") for word in secret})


async def buy(visitor: Visitor, show: Show) -> None:
    """Declined first, then with the bank's late answer; then the papers."""
    for number in CARDS[1:]:
        await visitor.choose(show, 1)
        await visitor.pay(number, name=NAME, email=EMAIL)
    await visitor.until_bought()
    tickets = visitor.url
    for paper in ("tickets.pdf", "calendar.ics"):
        await visitor.http.get(f"{tickets}/{paper}")
    await visitor.open(f"/en/search?q={NAME}")
    await visitor.open(f"/nowhere/{EMAIL}")


async def work(house: House, visitor: Visitor, show: Show, heard: Confidences) -> None:
    """Door staff sign in, at the second try, and scan a code twice."""
    email = await house.person(show.organiser_id, Role.DOOR)
    heard.words.add(email)
    await visitor.sign_in(email, GUESS)
    await visitor.sign_in(email)
    await visitor.open(f"/en/door/{show.date_id}?gate=A")
    code = next(word for word in heard.words if re.fullmatch("[A-Z0-9]{4}-[A-Z0-9]{4}", word))
    for _ in range(2):
        await visitor.send(visitor.form("/door/"), code=code)
        assert visitor.status == 200
    session = await house.identity.sign_in(
        Credentials.model_validate({"email": email, "password": PASSWORD})
    )
    heard.words.add(session.access_token)


def a_bug() -> None:
    """What a bug of ours would log: errors that quote what they were given."""
    try:
        try:
            int(EMAIL)
        except ValueError as error:
            raise RuntimeError(NAME) from error
    except RuntimeError:
        structlog.get_logger().exception("planted")


async def journey(database_url: str) -> dict[str, object]:
    heard = Confidences()
    spans: list[Span] = []
    settings = test_settings(database_url, public_url=BASE, sandbox_delay_ms=300)
    with tracing.listening(spans.append):
        async with open_house(settings) as house:
            show = await house.put_on(capacity=12, starts_in=timedelta(hours=1))
            async with house.visitor() as buyer, house.visitor() as staff:
                for visitor in (buyer, staff):
                    visitor.http.event_hooks = {"response": [heard.overhear]}
                await buy(buyer, show)
                await work(house, staff, show, heard)
    a_bug()
    return {
        "secret": heard.without(show),
        "spans": [f"{span.service} {span.name} {span.attributes}" for span in spans],
        "metrics": generate_latest().decode(),
    }


if __name__ == "__main__":
    configure_logging("debug", "json")
    sys.stdout.write(json.dumps(asyncio.run(journey(sys.argv[1]))))

"""Each page while a service is away or hangs: it shows the rest and says what is missing, soon."""

import asyncio
import re
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from uuid import uuid4

import pytest
from tests.web.house import PASSWORD, House, Show, Visitor

from quickserve.contracts.identity import NewPerson
from quickserve.kernel.auth import Role
from quickserve.kernel.ids import PersonId, new_uuid
from quickserve.web import sessions

GET_SECONDS_MAX = 4.5  # three, and a busy machine
FORM_SECONDS_MAX = 8.0

UP, DOWN = 200, 503


@dataclass
class Scene:
    """An event with a purchase done, one at the checkout, and its organiser signed in."""

    show: Show
    visitor: Visitor
    staff: Visitor
    paths: dict[str, str]

    def who(self, page: str) -> Visitor:
        return self.staff if page.startswith(("desk", "door")) else self.visitor


@pytest.fixture(scope="module")
async def scene(house: House) -> AsyncIterator[Scene]:
    async with house.visitor() as visitor, house.visitor() as staff:
        show = await house.put_on("Grand bal")
        await visitor.choose(show)
        await visitor.pay()
        tickets = visitor.url
        await visitor.choose(show)
        checkout = visitor.url
        await staff.sign_in(await house.person(show.organiser_id, Role.ORGANISER, Role.DOOR))
        event, desk = f"/en{show.path}", f"/en/organiser/events/{show.event_id}"
        yield Scene(show, visitor, staff, {
            "home": "/en/", "event": event, "checkout": checkout, "tickets": tickets,
            "pdf": f"{tickets}/tickets.pdf", "calendar": f"{tickets}/calendar.ics",
            "my tickets": "/en/tickets", "sign-in": "/en/sign-in", "help": "/en/help",
            "purchase": f"/en/purchases/{uuid4()}",
            "door": "/en/door", "door stand": f"/en/door/{show.date_id}",
            "desk": "/en/organiser", "desk events": "/en/organiser/events",
            "desk new event": "/en/organiser/events/new", "desk event": desk,
            "desk edit": f"{desk}/edit", "desk tickets": f"{desk}/tickets",
            "desk places": f"{desk}/places", "desk publication": f"{desk}/publication",
            "desk cancellation": f"{desk}/cancellation", "desk imports": "/en/organiser/imports",
            "desk offer": f"/en/organiser/events/offer?event={show.event_id}",
            "desk team": "/en/organiser/team", "desk settings": "/en/organiser/settings",
            "desk purchases": "/en/organiser/purchases", "desk new": "/en/organiser/new",
        })  # fmt: skip


SAFE = "Your places are safe"

# Page, service away, status, what the page says then. What is not listed needs nothing of it.
AWAY = [
    ("home", "booking", UP, "Grand bal"),
    ("home", "catalog", DOWN, SAFE),
    ("event", "booking", UP, "Booking is not possible just now. It will be back in a moment"),
    ("event", "catalog", DOWN, SAFE),
    ("checkout", "booking", DOWN, SAFE),
    ("checkout", "payment", UP, "Cards cannot be taken just now. Your places stay yours"),
    ("purchase", "checkout", DOWN, "It goes on without this page, and nothing is paid twice."),
    ("tickets", "booking", DOWN, SAFE),
    ("tickets", "catalog", UP, "Grand bal"),
    ("pdf", "booking", DOWN, SAFE),
    ("calendar", "booking", DOWN, SAFE),
    ("calendar", "catalog", UP, "BEGIN:VCALENDAR"),
    ("my tickets", "booking", UP, "Your tickets cannot be shown just now. They are safe."),
    ("sign-in", "identity", UP, "Sign in"),
    ("door", "booking", DOWN, "Try again in a moment."),
    ("door stand", "booking", DOWN, "Try again in a moment."),
    ("desk", "booking", UP, "Sales and admissions cannot be shown just now."),
    ("desk", "catalog", UP, "Your events cannot be shown just now."),
    ("desk events", "catalog", DOWN, "Try again in a moment."),
    ("desk event", "booking", UP, "Sales and admissions cannot be shown just now."),
    ("desk event", "catalog", DOWN, "Try again in a moment."),
    ("desk edit", "catalog", DOWN, "Try again in a moment."),
    ("desk tickets", "booking", DOWN, "Tickets and places cannot be changed just now."),
    ("desk tickets", "catalog", DOWN, "Try again in a moment."),
    ("desk places", "booking", DOWN, "Tickets and places cannot be changed just now."),
    ("desk places", "catalog", DOWN, "Try again in a moment."),
    ("desk publication", "booking", UP, "You can publish all the same"),
    ("desk publication", "catalog", DOWN, "Try again in a moment."),
    ("desk cancellation", "booking", UP, "How many tickets are sold cannot be told just now."),
    ("desk cancellation", "catalog", DOWN, "Try again in a moment."),
    ("desk imports", "catalog", DOWN, "Try again in a moment."),
    ("desk offer", "catalog", DOWN, "Try again in a moment."),
    ("desk team", "identity", DOWN, "Try again in a moment."),
    ("desk settings", "booking", UP, "The keys cannot be shown just now."),
]  # fmt: skip
NAMED = {(page, service) for page, service, _, _ in AWAY}
SERVICES = ("catalog", "booking", "payment", "checkout", "identity")


@asynccontextmanager
async def in_time(seconds: float) -> AsyncIterator[None]:
    started = time.monotonic()
    yield
    assert time.monotonic() - started < seconds


async def _look(scene: Scene, page: str, status: int, text: str) -> Visitor:
    seen = Visitor(scene.who(page).http)
    async with in_time(GET_SECONDS_MAX):
        await seen.open(scene.paths[page], follow=False)
    assert seen.status == status, (page, seen.text())
    assert text in seen.text() or text in seen.page, (page, seen.text())
    if status == DOWN:
        assert re.fullmatch("[0-9]+", seen.answer.headers["retry-after"])
    return seen


@pytest.mark.parametrize(("page", "service", "status", "text"), AWAY)
async def test_a_page_says_what_is_missing(house, scene, page, service, status, text):
    async with house.without(service):
        await _look(scene, page, status, text)
    await _look(scene, page, 404 if page == "purchase" else UP, "")


@pytest.mark.parametrize("service", SERVICES)
async def test_no_page_waits_for_who_hangs(house, scene, service):
    """All at once, before the breaker knows."""
    pages = [(page, status, text) for page, away, status, text in AWAY if away == service]
    async with house.without(service, hangs=True):
        await asyncio.gather(*(_look(scene, *one) for one in pages))


@pytest.mark.parametrize("service", SERVICES)
async def test_other_pages_do_not_notice(house, scene, service):
    async with house.without(service):
        for page in scene.paths:
            if (page, service) not in NAMED and page != "purchase":
                seen = await _look(scene, page, UP, "")
                assert "just now" not in seen.text(), page


async def test_all_at_once_in_french(house, scene):
    async with house.without("booking"), house.without("payment"), house.without("identity"):
        await scene.visitor.open(f"/fr{scene.show.path}")
        assert scene.visitor.status == UP
        assert "Réserver n’est pas possible pour l’instant. Revenez dans un instant" in (
            scene.visitor.text()
        )
    async with house.without("booking"), house.without("catalog"):
        await scene.staff.open("/fr/organiser")
        assert scene.staff.status == DOWN
        assert "Une partie de QuickServe ne répond pas pour l’instant." in scene.staff.text()


# -- Forms ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("hangs", [False, True])
async def test_taking_places_while_booking_is_away(house, hangs):
    show = await house.put_on()
    async with house.visitor() as visitor:
        await visitor.open(f"/en{show.path}")
        form = visitor.form("/events/")
        async with house.without("booking", hangs=hangs), in_time(FORM_SECONDS_MAX):
            await visitor.send(form, **{f"q-{show.tickets['Plein tarif']}": "2"})
        assert visitor.status == DOWN
        assert visitor.answer.headers["retry-after"]
        assert show.title in visitor.text()
        assert "Booking is not possible just now." in visitor.text()


@pytest.mark.parametrize("hangs", [False, True])
async def test_paying_while_payment_is_away_charges_nothing_and_keeps_what_was_typed(house, hangs):
    show = await house.put_on()
    async with house.visitor() as visitor:
        await visitor.choose(show)
        async with house.without("payment", hangs=hangs), in_time(FORM_SECONDS_MAX):
            await visitor.pay()
        assert visitor.status == DOWN
        assert visitor.answer.headers["retry-after"]
        assert "nothing was charged. Your places stay yours" in visitor.text()
        assert 'value="amina@example.org"' in visitor.page
        await visitor.pay()
        assert visitor.url.startswith("/en/tickets/")


async def test_what_was_never_sent_was_never_charged(house):
    show = await house.put_on()
    async with house.visitor() as visitor:
        await visitor.choose(show)
        async with house.without("checkout"):
            await visitor.pay()
        assert "nothing was charged" in visitor.text()
        async with house.without("checkout", hangs=True):
            await visitor.pay()
        assert visitor.status == DOWN
        assert "nothing was charged" not in visitor.text()
        assert "it is the same purchase, never paid twice" in visitor.text()
        await visitor.pay()
        assert visitor.url.startswith("/en/tickets/")


async def test_a_purchase_that_payment_cannot_be_asked_about_waits(house):
    """The bank asks the buyer; its page cannot be shown while payment is away."""
    show = await house.put_on()
    async with house.visitor() as visitor:
        await visitor.choose(show)
        form = visitor.form("/checkout/")
        given = {"email": "amina@example.org", "name": "Amina Diallo"}
        card = {"number": "4000 0000 0000 3220", "expiry": "07/39", "cvc": "123"}
        await visitor.send(form, follow=False, **(given | card))
        path = visitor.answer.headers["location"]
        for hangs in (False, True):
            async with house.without("payment", hangs=hangs), in_time(GET_SECONDS_MAX):
                await visitor.open(path, follow=False)
            assert visitor.status == UP
            assert "Waiting for your bank" in visitor.text()
        async with house.without("checkout"):
            part = await visitor.http.get(f"{path}/state", headers={"hx-request": "true"})
        assert part.status_code == UP, "htmx asks again only after an answer it shows"
        assert "hx-get" in part.text
        assert "cannot be told just now" in part.text
        await visitor.open(path)
        assert "/pay/challenge/" in visitor.url


async def test_a_declined_purchase_shows_why_without_booking(house):
    show = await house.put_on()
    async with house.visitor() as visitor:
        await visitor.choose(show)
        await visitor.pay("4000 0000 0000 0002")
        failed = visitor.url
        async with house.without("booking"):
            await visitor.open(failed)
        assert visitor.status == UP
        assert "declined" in visitor.text()
        assert "Reload this page in a moment to take the places again." in visitor.text()


@pytest.mark.parametrize("hangs", [False, True])
async def test_signing_in_while_identity_is_away(house, hangs):
    async with house.visitor() as visitor:
        await visitor.open("/en/sign-in")
        form = visitor.form("/sign-in")
        async with house.without("identity", hangs=hangs), in_time(FORM_SECONDS_MAX):
            await visitor.send(form, email="who@example.org", password="whatever it is")
        assert visitor.status == DOWN
        assert visitor.answer.headers["retry-after"]
        assert "Signing in is not possible just now." in visitor.text()
        assert 'value="who@example.org"' in visitor.page


async def test_ticket_forms_keep_what_was_typed(house, scene):
    path = scene.paths["desk tickets"]
    await scene.staff.open(path)
    form = scene.staff.form("/tickets")
    price = next(name for name in form.fields if name.endswith("-price"))
    async with house.without("booking"):
        await scene.staff.send(form, **{price: "19.50", "currency": "EUR"})
    assert scene.staff.status == DOWN
    again = scene.staff.form("/tickets")
    assert again.fields[price] == "19.50"
    was = {name: value for name, value in form.fields.items() if name.endswith("-was")}
    assert was
    assert was.items() <= again.fields.items()
    await scene.staff.send(again, currency="EUR")
    assert scene.staff.status == UP


# -- Sessions -------------------------------------------------------------------------------------


@pytest.fixture
def asked_each_time(monkeypatch):
    monkeypatch.setattr(sessions, "_BELIEVED_SECONDS", 0.0)


@pytest.mark.usefixtures("asked_each_time")
@pytest.mark.parametrize("hangs", [False, True])
async def test_who_is_at_work_goes_on_without_identity(house, hangs):
    show = await house.put_on()
    async with house.visitor() as staff:
        await staff.sign_in(await house.person(show.organiser_id, Role.DOOR))
        await staff.open(f"/en/door/{show.date_id}")
        async with house.without("identity", hangs=hangs):
            async with in_time(GET_SECONDS_MAX):
                await staff.open(f"/en/door/{show.date_id}")
            assert staff.status == UP
            assert show.title in staff.text()


@pytest.mark.usefixtures("asked_each_time")
async def test_an_ended_session_is_not_believed_while_identity_is_away(house):
    show = await house.put_on()
    async with house.visitor() as staff:
        await staff.sign_in(await house.person(show.organiser_id, Role.ORGANISER))
        await staff.open("/en/organiser")
        cookie = dict(staff.http.cookies)
        await staff.send(staff.form("/sign-out"))
        staff.http.cookies.update(cookie)
        await staff.open("/en/organiser", follow=False)
        assert staff.status == 303, "identity said that it ended"
        async with house.without("identity"):
            await staff.open("/en/organiser", follow=False)
            assert staff.status == DOWN


async def test_signing_out_works_without_identity(house):
    show = await house.put_on()
    async with house.visitor() as staff:
        await staff.sign_in(await house.person(show.organiser_id, Role.ORGANISER))
        await staff.open("/en/organiser")
        form = staff.form("/sign-out")
        async with house.without("identity"):
            await staff.send(form)
        assert staff.status == UP
        await staff.open("/en/organiser", follow=False)
        assert staff.status == 303


async def test_purchases_cannot_be_listed_without_checkout(house):
    person_id = PersonId(new_uuid())
    email = f"{person_id.hex}@example.org"
    person = NewPerson(email=email, name="Root", password=PASSWORD, admin=True)
    await house.identity.put_person(person_id, person)
    async with house.visitor() as admin:
        await admin.sign_in(email)
        async with house.without("checkout"):
            await admin.open("/en/organiser/purchases")
            assert admin.status == UP
            assert "Purchases cannot be shown just now." in admin.text()
            await admin.open(f"/en/organiser/purchases/{uuid4()}")
            assert admin.status == DOWN

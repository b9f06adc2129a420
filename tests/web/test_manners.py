"""Sessions, forged forms, strangers’ addresses, hostile input, services away: never our failure."""

import json
import re
from urllib.parse import urlencode
from uuid import uuid4

import pytest
from tests.web.house import BASE, PASSWORD

from quickserve.contracts.payment import CardDeclined
from quickserve.kernel.auth import Role
from quickserve.kernel.errors import Problem
from quickserve.payment.providers.sandbox.cards import test_cards as sandbox_cards
from quickserve.web.card_form import _expiry, behaviours
from quickserve.web.forms import clean
from quickserve.web.i18n import ENGLISH, FRENCH
from quickserve.web.page import local_path
from quickserve.web.problems import _sentences, sentence
from quickserve.web.prose import prose

HOSTILE = [
    "\x00", "a\x00b", "\ud800".encode("utf-16", "surrogatepass").decode("utf-16", "replace"),
    "'; DROP TABLE holds; --", "<script>alert(1)</script>", "{{ 7*7 }}", "%s%n%(x)s", "../../etc",
    "x" * 100_000, "١٢٣", "-1", "1.5", "1e9", "99999999999999999999", "NaN", "é" * 500,
    "\r\nset-cookie: a=b", "🎟️" * 50,
]  # fmt: skip


# -- Languages and files ------------------------------------------------------------------------


async def test_home_is_shown_at_once_and_other_pages_get_their_language(visitor):
    await visitor.open("/", follow=False, headers={"accept-language": "en"})
    assert visitor.status == 200
    assert '<html lang="en"' in visitor.page
    await visitor.open("/help", follow=False)
    assert visitor.answer.headers["location"] == "/fr/help"


@pytest.mark.parametrize("page", ["", "tickets", "sign-in", "help", "accessibility", "privacy"])
async def test_pages_come_in_both_languages_and_link_to_each_other(visitor, page):
    for code, other in (("fr", "en"), ("en", "fr")):
        await visitor.open(f"/{code}/{page}")
        assert visitor.status == 200
        assert f'<html lang="{code}"' in visitor.page
        assert f'href="/{other}/{page}?lang={other}"' in visitor.page
        policy = visitor.answer.headers["content-security-policy"]
        assert "script-src 'self';" in policy
        assert "style=" not in visitor.page
        assert not re.search(r"<script(?![^>]*(src=|ld\+json))", visitor.page)


async def test_files_beside_the_pages(visitor):
    robots = await visitor.open("/robots.txt")
    assert "Disallow: /*/tickets" in robots.text
    poster = await visitor.open(f"/posters/{uuid4()}.svg")
    assert poster.headers["content-type"] == "image/svg+xml"
    assert "max-age" in poster.headers["cache-control"]
    assert (await visitor.open("/favicon.svg")).status_code == 200
    assert (await visitor.open("/posters/nonsense.svg")).status_code == 404
    head = await visitor.http.head("/fr/")
    assert head.status_code == 200


async def test_assets_go_out_packed_to_who_can_unpack(visitor):
    packed = await visitor.http.get("/static/app.css", headers={"accept-encoding": "gzip"})
    plain = await visitor.http.get("/static/app.css", headers={"accept-encoding": "identity"})
    assert packed.headers["content-encoding"] == "gzip"
    assert "content-encoding" not in plain.headers
    assert packed.content == plain.content
    assert packed.headers["etag"] != plain.headers["etag"]
    for answer in (packed, plain):
        assert answer.headers["vary"] == "Accept-Encoding"
        assert answer.headers["content-type"].startswith("text/css")
    headers = {"accept-encoding": "identity", "if-none-match": plain.headers["etag"]}
    assert (await visitor.http.get("/static/app.css", headers=headers)).status_code == 304


# -- Forms of other sites -----------------------------------------------------------------------


async def test_a_form_without_its_token_changes_nothing(house, visitor):
    show = await house.put_on(capacity=5)
    await visitor.open(f"/en{show.path}")
    form = visitor.form("/events/")
    quantity = {f"q-{show.tickets['Plein tarif']}": "2"}
    own = form.fields["csrf"]
    forged = own[:-1] + ("1" if own.endswith("0") else "0")
    for token in ("", "x", forged, "é" * 96):
        await visitor.send(form, **(quantity | {"csrf": token}))
        assert visitor.status == 403
        assert "reload the page" in visitor.text()
    await visitor.post(form.action, form.fields | quantity, **{"sec-fetch-site": "cross-site"})
    assert visitor.status == 403
    async with house.visitor() as attacker:
        await attacker.post(form.action, form.fields | quantity)
        assert attacker.status == 403
        forged = "0" * 32 + "f" * 64  # planted by a neighbouring site, but not signed by us
        attacker.http.cookies.set("csrf", forged)
        await attacker.post(form.action, form.fields | quantity | {"csrf": forged})
        assert attacker.status == 403
    assert await house.places_left(show) == 5


async def test_browsers_without_fetch_metadata_are_judged_by_origin(house, visitor):
    show = await house.put_on(capacity=5)
    await visitor.open(f"/en{show.path}")
    form = visitor.form("/events/")
    fields = form.fields | {f"q-{show.tickets['Plein tarif']}": "1"}
    del visitor.http.headers["sec-fetch-site"]
    for origin in ("https://evil.example", "null", f"{BASE}.evil.example", "http://[", "//["):
        await visitor.post(form.action, fields, origin=origin)
        assert visitor.status == 403
    await visitor.post(form.action, fields, follow=False, origin=BASE)
    assert visitor.status == 303


async def test_no_cookie_before_it_is_needed(visitor):
    await visitor.open("/fr/")
    assert "set-cookie" not in visitor.answer.headers
    await visitor.open("/fr/tickets")
    cookie = visitor.answer.headers["set-cookie"]
    assert cookie.startswith("csrf=")
    assert "HttpOnly" in cookie
    assert "SameSite=lax" in cookie


async def test_tampered_cookies_are_no_cookies(house, visitor):
    show = await house.put_on()
    await visitor.choose(show)
    await visitor.pay()
    for name in ("answers", "tickets"):
        value = visitor.http.cookies[name]
        for changed in (value[:-2] + "AA", value[10:], "", "x" * 4000, "gAAAA", "é"):
            headers = {"cookie": f"{name}={changed}".encode("latin-1")}
            answer = await visitor.http.get("/en/tickets", headers=headers)
            assert answer.status_code == 200
    # Sealed for one purpose, worthless for another.
    visitor.http.cookies.set("tickets", visitor.http.cookies["answers"])
    await visitor.open("/en/tickets")
    assert visitor.status == 200


# -- Signing in ---------------------------------------------------------------------------------


async def test_staff_are_led_to_sign_in_and_back(house, visitor):
    organiser_id = await house.organiser()
    email = await house.person(organiser_id, Role.ORGANISER)
    await visitor.open("/en/sign-in?next=/organiser/events%3Fpage%3D2")
    await visitor.send(visitor.form("/sign-in"), follow=False, email=email, password=PASSWORD)
    assert visitor.answer.headers["location"] == "/en/organiser/events?page=2"
    cookie = visitor.answer.headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=lax" in cookie
    await visitor.open("/en/sign-in")
    assert "You are signed in, Camille Roy" in visitor.text()
    await visitor.send(visitor.form("/sign-out"))
    assert visitor.url == "/en/"
    await visitor.open("/en/sign-in")
    assert "Password" in visitor.text()


async def test_a_session_ends_everywhere_at_once(house, visitor):
    email = await house.person()
    await visitor.open("/en/sign-in")
    await visitor.send(visitor.form("/sign-in"), follow=False, email=email, password=PASSWORD)
    kept = visitor.http.cookies["session"]
    await visitor.open("/en/sign-in")
    await visitor.send(visitor.form("/sign-out"))
    async with house.visitor(cookies={"session": kept}) as thief:
        await thief.open("/en/sign-in")
        assert "Password" in thief.text()


async def test_a_wrong_password_keeps_the_address_and_the_way(house, visitor):
    email = await house.person()
    await visitor.open("/en/sign-in?next=/door")
    await visitor.send(visitor.form("/sign-in"), email=email, password="wrong wrong wrong")
    assert visitor.status == 401
    assert f'value="{email}"' in visitor.page
    assert "The e-mail address or the password is wrong" in visitor.text()
    assert visitor.form("/sign-in").fields["next"] == "/door"
    assert "wrong wrong" not in visitor.page


@pytest.mark.parametrize(
    "elsewhere",
    ["https://evil.example", "//evil.example", "/\\evil.example", "\\evil", "javascript:alert(1)",
     "/\t/evil.example", "/ok\r\nset-cookie: a=b", "/" + "x" * 2000],
)  # fmt: skip
async def test_after_signing_in_nobody_lands_elsewhere(house, visitor, elsewhere):
    assert local_path(elsewhere, "/") == "/"
    email = await house.person()
    await visitor.open(f"/en/sign-in?{urlencode({'next': elsewhere})}")
    form = visitor.form("/sign-in")
    await visitor.send(form, follow=False, email=email, password=PASSWORD, next=elsewhere)
    assert visitor.answer.headers["location"].startswith("/en/")
    assert "evil" not in visitor.answer.headers["location"]


# -- Problems as pages --------------------------------------------------------------------------


async def test_what_is_not_there_is_a_page_in_the_visitors_language(visitor):
    for path in ("/fr/nothing", f"/fr/events/{uuid4()}", "/fr/events/nonsense", "/fr/events/%00"):
        await visitor.open(path)
        assert visitor.status == 404
        assert "Il n’y a rien ici" in visitor.text()
    for path in (
        f"/en/checkout/{uuid4()}", f"/en/purchases/{uuid4()}", f"/en/pay/challenge/{uuid4()}",
        f"/en/tickets/{uuid4()}/{'A' * 32}", f"/en/tickets/{uuid4()}/{'A' * 32}/tickets.pdf",
        f"/en/tickets/{uuid4()}/%27%20OR%201", "/en//evil.example/",
    ):  # fmt: skip
        await visitor.open(path)
        assert visitor.status == 404, path
        assert "There is nothing here" in visitor.text()


async def test_programs_get_problem_documents(house):
    async with house.visitor() as program:
        program.http.headers["accept"] = "application/json"
        await program.open("/en/nothing")
        assert program.answer.headers["content-type"] == "application/problem+json"
        assert json.loads(program.page)["code"] == "not-found"


async def test_a_draft_is_seen_by_its_people_only(house, visitor):
    show = await house.put_on("Secret", publish=False)
    await visitor.open(f"/en{show.path}")
    assert visitor.status == 404
    for organiser_id, status in ((show.organiser_id, 200), (await house.organiser(), 404)):
        email = await house.person(organiser_id, Role.ORGANISER)
        async with house.visitor() as staff:
            await staff.open("/en/sign-in")
            await staff.send(staff.form("/sign-in"), follow=False, email=email, password=PASSWORD)
            await staff.open(f"/en{show.path}")
            assert staff.status == status
            assert ("A draft" in staff.text()) is (status == 200)


@pytest.mark.parametrize("service", ["catalog", "booking", "payment", "checkout", "identity"])
async def test_while_a_service_is_away_pages_say_what_still_works(house, visitor, service):
    show = await house.put_on()
    await visitor.choose(show)
    await visitor.pay()
    tickets = visitor.url
    await visitor.choose(show)
    checkout = visitor.url
    async with house.without(service):
        for path in ("/en/", f"/en{show.path}", tickets, checkout, "/en/tickets", "/en/sign-in"):
            await visitor.open(path)
            assert visitor.status in {200, 503}, path
            if visitor.status == 503:
                assert "Your places are safe" in visitor.text()
                assert "My tickets" in visitor.text()


async def test_a_purchase_interrupted_keeps_what_was_typed_and_its_id(house, visitor):
    show = await house.put_on()
    await visitor.choose(show)
    before = visitor.form("/checkout/").fields["checkout"]
    async with house.without("checkout"):
        await visitor.pay()
        assert visitor.status == 503
        assert 'value="amina@example.org"' in visitor.page
        assert visitor.form("/checkout/").fields["checkout"] == before
    await visitor.pay()
    assert visitor.url.startswith("/en/tickets/")


async def test_our_own_bug_is_a_page_too(house, visitor, monkeypatch):
    def broken(*_, **__):
        raise RuntimeError("a bug")

    monkeypatch.setattr("quickserve.web.pages.home._chips", broken)
    await visitor.open("/fr/")
    assert visitor.status == 500
    assert "Quelque chose s’est mal passé" in visitor.text()
    assert "a bug" not in visitor.page


# -- Hostile input ------------------------------------------------------------------------------


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
async def test_hostile_text_is_never_our_failure(house, visitor, text):
    show = await house.put_on()
    for query in ({"q": text}, {"when": text}, {"after": text}, {"date": text}, {"next": text}):
        encoded = urlencode(query, errors="replace")[:8000]
        for page in ("/en/", f"/en/events/{show.event_id}", "/en/sign-in"):
            await visitor.open(f"{page}?{encoded}")
            assert visitor.status < 500
            assert "<script>alert" not in visitor.page
    await visitor.open(f"/en{show.path}")
    form = visitor.form("/events/")
    field = f"q-{show.tickets['Plein tarif']}"
    for answers in ({field: text}, {"hold": text, field: "1"}, {"date": text, field: "1"},
                    {f"q-{text[:200]}": "1"}):  # fmt: skip
        await visitor.send(form, **answers)
        assert visitor.status < 500
    await visitor.choose(show, 1)
    form = visitor.form("/checkout/")
    good = {"email": "a@example.org", "name": "A", "number": "4242", "expiry": "", "cvc": ""}
    for name in (*good, "checkout"):
        await visitor.send(form, **(good | {name: text}))
        assert visitor.status in {200, 403, 409, 422}, name
        assert "<script>alert" not in visitor.page
    await visitor.open("/en/tickets")
    await visitor.send(visitor.form("/tickets"), link=text)
    assert visitor.status < 500
    await visitor.open("/en/sign-in")
    form = visitor.form("/sign-in")
    await visitor.send(form, email=text, password=text, next=text)
    assert visitor.status in {401, 422, 429}


@pytest.mark.parametrize("referer", ["http://[", "http://[::1", "http://\u2100/", "//[", "\xff"])
async def test_a_page_before_that_is_no_address_is_none(visitor, referer):
    headers = {"referer": referer.encode()}
    await visitor.open("/en/nothing", headers=headers)
    assert visitor.status == 404
    answer = await visitor.http.post("/en/tickets", headers=headers)
    assert answer.status_code == 403
    for path in ("/", "/en/", "/en/nothing", "/en/organiser"):
        strange = await visitor.http.get(path, headers={"host": referer.encode()})
        assert strange.status_code < 500, path


async def test_bodies_that_no_browser_sends(visitor):
    await visitor.open("/en/tickets")
    token = visitor.form("/tickets").fields["csrf"]
    for content, kind in (
        (b"", "application/x-www-form-urlencoded"),
        (b"{}", "application/json"),
        (b"\xff\xfe%zz&&==&csrf=", "application/x-www-form-urlencoded"),
        (b"a=1&" * 10_000, "application/x-www-form-urlencoded"),
        (b"--x\r\nnonsense", "multipart/form-data; boundary=x"),
        (b"--x", "multipart/form-data"),
        (f"csrf={token}&csrf=other&link=a&link=b".encode(), "application/x-www-form-urlencoded"),
    ):
        answer = await visitor.http.post(
            "/en/tickets", content=content, headers={"content-type": kind}
        )
        assert answer.status_code in {403, 422}, content[:20]
        assert "<h1>" in answer.text
    large = await visitor.http.post("/en/tickets", data={"link": "x" * 2_000_000})
    assert large.status_code == 413
    assert "That is too large" in large.text


async def test_a_form_with_a_file_is_read(visitor):
    await visitor.open("/en/tickets")
    token = visitor.form("/tickets").fields["csrf"]
    answer = await visitor.http.post(
        "/en/tickets", data={"csrf": token, "link": "?"}, files={"file": ("a.txt", b"content")}
    )
    assert answer.status_code == 422
    assert "Paste the whole link" in answer.text


# -- Words --------------------------------------------------------------------------------------


def test_problems_of_visitors_have_sentences_in_both_languages():
    english, french = _sentences(ENGLISH), _sentences(FRENCH)
    assert english.keys() == french.keys()
    known = {
        kind.code for kind in Problem._kinds.values() if kind.__module__.startswith("quickserve.")
    }
    silent = {"outrun", "refund-too-large", "intent-captured"}  # among services only
    assert known - english.keys() <= silent | {
        kind.code for kind in Problem._kinds.values() if "contracts" not in kind.__module__
    }
    assert sentence(CardDeclined(failure="insufficient-funds"), FRENCH).title.startswith("La carte")


def test_what_the_sandboxs_cards_do_is_told_in_both_languages():
    for locale in (ENGLISH, FRENCH):
        assert {card.behaviour for card in sandbox_cards()} == behaviours(locale).keys()


def test_descriptions_are_text():
    made = str(prose("<b>x</b>\r\n\r\n\nhttps://a.example/?q=1&x=2. javascript:alert(1)\nline"))
    assert "<b>" not in made
    assert made.count("<p>") == 2
    assert 'href="https://a.example/?q=1&amp;x=2"' in made
    assert made.count("<a ") == 1


def test_text_is_cleaned_of_what_no_field_holds():
    assert clean(" a\x00b\r\nc\x1f \x7f") == "ab\nc"


@pytest.mark.parametrize(
    ("typed", "read"),
    [("0729", "07/29"), ("7/29", "07/29"), ("07-2029", "07/29"), ("07 / 29", "07/29"),
     ("07/29", "07/29"), ("١٢/٢٩", "١٢/٢٩"), ("soon", "soon"), ("", "")],
)  # fmt: skip
def test_an_expiry_date_may_be_typed_as_people_do(typed, read):
    assert _expiry(typed) == read

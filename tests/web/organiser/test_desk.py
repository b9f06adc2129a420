"""Who sees what, in which language, and what strangers cannot do."""

import pytest
from tests.shape import World

from quickserve.kernel.auth import Role
from quickserve.kernel.ids import new_uuid

from .office import Office, hire

PAGES = (
    "", "/events", "/events/new", "/events/offer?all=1", "/imports", "/team", "/settings",
    "/purchases", "/new", "/figures",
)  # fmt: skip


@pytest.mark.parametrize("lang", ["fr", "en"])
async def test_every_page_is_there_in_both_languages(office: Office, lang: str):
    event = await office.event()
    await office.tickets(event)
    office.lang = lang
    tails = ("", "/edit", "/tickets", "/places", "/publication", "/cancellation")
    for path in [*(f"/organiser{page}" for page in PAGES), *(f"{event}{tail}" for tail in tails)]:
        screen = await office.page(path)
        assert screen.status == 200, (path, screen.plain)
        assert screen.response.headers["cache-control"] == "no-store"


async def test_who_is_not_signed_in_is_led_to_the_sign_in_and_back(office: Office):
    office.http.cookies.delete("session")
    screen = await office.page("/organiser/events?state=draft")
    assert screen.path == "/en/sign-in"
    assert "next=/organiser/events%3Fstate%3Ddraft" in str(screen.response.url)


async def test_a_neighbours_event_stays_theirs(office: Office, neighbour: Office):
    event = await neighbour.event()
    await neighbour.tickets(event)
    await neighbour.fill_in(f"{event}/publication", {})
    mine = await office.page("/organiser/team")
    for tail in ("", "/edit", "/tickets", "/places", "/publication", "/cancellation"):
        assert (await office.page(f"{event}{tail}")).status == 403
    for tail in ("/edit", "/tickets", "/places", "/publication", "/cancellation"):
        assert (await office.send(f"{event}{tail}", mine.hidden)).status == 403


async def test_nothing_changes_without_our_own_form(office: Office):
    event = await office.event()
    await office.tickets(event)
    for path in (f"{event}/publication", f"{event}/cancellation", "/organiser/settings/name"):
        assert (await office.send(path, {"name": "Stolen"})).status == 403
    form = await office.page(f"{event}/publication")
    elsewhere = {"sec-fetch-site": "cross-site"}
    sent = await office.send(f"{event}/publication", form.hidden, headers=elsewhere)
    assert sent.status == 403


async def test_who_only_scans_is_led_to_the_door(platform: World):
    door = await hire(platform, Role.DOOR)
    assert (await door.page("/organiser")).path == "/en/door"
    assert (await door.page("/organiser/events")).status == 403
    await door.http.aclose()


async def test_who_belongs_nowhere_may_become_an_organiser(platform: World):
    somebody = await hire(platform)
    form = await somebody.page("/organiser")
    assert form.path == "/en/organiser/new"
    name = f"Fanfare {new_uuid().hex[-8:]}"
    made = await somebody.send("/organiser/new", form.hidden | {"name": name})
    assert made.path == "/en/organiser", made.plain
    assert name in made.plain
    taken = await somebody.fill_in("/organiser/new", {"name": name})
    assert taken.status == 409
    assert "An organiser of this name exists already." in taken.plain
    await somebody.http.aclose()


async def test_one_person_works_for_two_organisers(office: Office):
    second = f"Guinguette {new_uuid().hex[-8:]}"
    made = await office.fill_in("/organiser/new", {"name": second})
    assert second in made.plain
    await office.event(title="Matinée")
    assert "Matinée" in (await office.page("/organiser/events")).plain
    first = await office.page(f"/organiser/events?organiser={office.organiser_id}")
    assert "Matinée" not in first.plain
    assert "Matinée" not in (await office.page("/organiser/events")).plain, "the choice is kept"


async def test_an_administrator_sees_all_purchases(platform: World, office: Office):
    admin = await hire(platform, admin=True)
    assert (await admin.page("/organiser")).path == "/en/organiser/purchases"
    assert (await admin.page(f"/organiser/purchases/{new_uuid()}")).status == 404
    assert "The latest hundred" not in (await office.page("/organiser/purchases")).plain
    await admin.http.aclose()


async def test_the_organiser_is_renamed_and_its_key_replaced(office: Office):
    name = f"Nouveau nom {new_uuid().hex[-8:]}"
    form = await office.page("/organiser/settings")
    renamed = await office.send("/organiser/settings/name", form.hidden | {"name": name})
    assert f'value="{name}"' in renamed.text
    empty = await office.send("/organiser/settings/name", form.hidden | {"name": ""})
    assert empty.errors == {"name": "Fill this in."}
    await office.send("/organiser/settings/ticket-keys", form.hidden)
    again = await office.send("/organiser/settings/ticket-keys", form.hidden)
    assert "verifies only" not in again.plain, "sent twice, it is one change"
    form = await office.page("/organiser/settings")
    rotated = await office.send("/organiser/settings/ticket-keys", form.hidden)
    assert "New tickets are signed with a new key" in rotated.plain
    assert "verifies only" in rotated.plain


async def test_the_team_is_listed(office: Office):
    team = await office.page("/organiser/team")
    assert "Olive" in team.plain
    assert "Organiser" in team.plain


HOSTILE = ("", "\0", "x" * 200_000, "\ud800".encode("utf-8", "surrogatepass").decode("latin-1"),
           "1e400", "-1", "<script>alert(1)</script>", "99999999999999999999")  # fmt: skip


@pytest.mark.parametrize("value", HOSTILE, ids=range(len(HOSTILE)))
async def test_hostile_values_are_told_and_never_break_a_page(office: Office, value: str):
    event = await office.event()
    names = {
        "/organiser/events/new": ("title", "description", "zone", "url", "d0-starts", "d0-id",
                                  "d0-room", "venue", "event", "language"),
        f"{event}/edit": ("title", "zone", "d0-id", "d0-ends"),
        f"{event}/tickets": ("t0-name", "t0-price", "t0-id", "q0-id", "q0-capacity", "q0-was",
                             "t0-places", "currency", "t0-from", "more"),
        "/organiser/events/offer": ("events", "name", "price", "currency", "places"),
        "/organiser/imports": ("import", "zone"),
        "/organiser/new": ("name", "id"),
    }  # fmt: skip
    csrf = (await office.page("/organiser/team")).hidden
    for path, fields in names.items():
        sent = await office.send(path, csrf | dict.fromkeys(fields, value))
        assert sent.status in (200, 403, 404, 409, 413, 422), (path, sent.status, sent.plain)
        assert "<script>alert" not in sent.response.text


async def test_hostile_addresses_never_break_a_page(office: Office):
    for path in (
        "/organiser?organiser=%00", "/organiser/events?state=x&after=%ff&q=%00",
        "/organiser/events?after=nonsense", "/organiser/events/nonsense",
        f"/organiser/events/{new_uuid()}", f"/organiser/imports/{new_uuid()}",
        "/organiser/purchases?id=%00", "/organiser/purchases?state=x", "/organiser/purchases/x",
        "/organiser/events/offer?event=x&all=2", "/organiser?done=nonsense",
    ):  # fmt: skip
        assert (await office.page(path)).status in (200, 404), path


async def test_a_name_cannot_smuggle_markup(office: Office):
    event = await office.event(title="<b>Bal</b>")
    screen = await office.page(event)
    assert "<b>Bal" not in screen.response.text

"""A programme comes in as a file and is put on sale at once."""

import asyncio
import re
from pathlib import Path

from quickserve.contracts.catalog import CatalogClient
from quickserve.web.i18n import LOCALES
from quickserve.web.pages.organiser.import_words import _reasons, _refusals

from .office import Office

CALENDAR = b"""title,start,end,venue,city
Ouverture,2031-05-01 18:00,2031-05-01 20:00,Halle,Toulouse
Concert,2031-05-02 18:00,2031-05-02 20:00,Halle,Toulouse
Sans date,,,Halle,Toulouse
"""
PRICED = b"""title,start,price,currency
Ouverture,2031-05-01 18:00,beaucoup,EUR
Bal,2031-05-02 18:00,12.50,EUR
"""
OFFER = {
    "name": "Free seat", "price": "0", "currency": "EUR", "tax": "0", "places": "100",
    "max": "10", "publish": "1",
}  # fmt: skip


async def test_a_table_is_imported_and_what_was_left_out_is_told(office: Office):
    report = await office.imported("programme.csv", CALENDAR)
    assert "The file is imported." in report.plain
    assert "Sans date" in report.plain
    office.lang = "fr"
    assert "Le début manque" in (await office.page(report.path.removeprefix("/en"))).plain
    past = await office.page("/organiser/imports")
    assert "programme.csv" in past.plain


async def test_what_was_taken_otherwise_than_it_stood_is_told(office: Office):
    report = await office.imported("prix.csv", PRICED)
    told = report.plain.partition("Taken, but not as it stood")[2]
    assert "Ouverture The price 'beaucoup' is no amount of EUR." in told
    assert "Bal" not in told
    assert "Left out Line" not in report.plain
    office.lang = "fr"
    french = await office.page(report.path.removeprefix("/en"))
    assert "Un prix est illisible" in french.plain


async def test_a_file_that_is_no_programme_is_refused_at_its_field(office: Office):
    for content in (b"\0\1\2", b""):
        refused = await office.fill_in(
            "/organiser/imports", {"zone": "Europe/Paris"}, files={"file": ("x.bin", content)}
        )
        assert refused.status == 422
        assert list(refused.errors) == ["file"]


def test_every_reason_has_french_words():
    """Codes of whole files and of entries, as the importers of events name them."""
    files = Path("src/quickserve/catalog").rglob("*.py")
    of_events = (path for path in files if "menus" not in path.parts)
    sources = "".join(path.read_text("utf-8") for path in of_events)
    for kinds, words in (("ImportRefused", _refusals), ("EntryError|Note", _reasons)):
        codes = set(re.findall(rf'(?:{kinds})\(\s*"([a-z-]+)"', sources))
        assert len(codes) > 5
        assert codes <= words(LOCALES["fr"]).keys()


async def test_what_is_wrong_with_a_file_is_told_in_french(office: Office):
    office.lang = "fr"
    refused = await office.fill_in(
        "/organiser/imports", {"zone": "Europe/Paris"}, files={"file": ("x.xlsx", b"PK\3\4" * 9)}
    )
    assert refused.errors["file"].startswith("Le fichier n’est pas un texte")
    late = await office.imported("x.csv", b"titre,lieu\nBal,Halle\n")
    assert "Le tableau doit avoir une colonne" in late.plain
    twice = "title,start\n" + "Bal,2031-05-01 18:00\n" * 2
    report = await office.imported("bal.csv", twice.encode())
    assert "Le même événement figure déjà dans le fichier" in report.plain
    assert "uid" not in report.plain


async def test_a_form_without_a_file_or_with_an_odd_zone_is_told_so(office: Office):
    missing = await office.fill_in("/organiser/imports", {"zone": "Europe/Paris"})
    assert list(missing.errors) == ["file"]
    await office.imported("programme.csv", CALENDAR)  # then the page shows times
    for zone in ("Mars/Olympus", "", "../etc", "\0", "europe/paris"):
        odd = await office.fill_in(
            "/organiser/imports", {"zone": zone}, files={"file": ("a.csv", CALENDAR)}
        )
        assert (odd.status, list(odd.errors)) == (422, ["zone"])
        assert "programme.csv" in odd.plain


async def test_all_drafts_are_offered_at_once_and_again_without_harm(office: Office):
    await office.imported("programme.csv", CALENDAR)
    form = await office.page("/organiser/events/offer?all=1&state=draft")
    assert "For 2 events" in form.plain
    done = await office.send("/organiser/events/offer", form.hidden | OFFER)
    assert "The tickets are on offer." in done.plain
    again = await office.send("/organiser/events/offer", form.hidden | OFFER | {"places": "90"})
    assert "The tickets are on offer." in again.plain
    catalog = CatalogClient(office.platform.clients_for("cli")["catalog"])
    assert office.organiser_id
    found = await catalog.events(office.organiser_id)
    assert [(e.state, e.ticket_types) for e in found.events] == [("published", 1)] * 2
    event = f"/organiser/events/{found.events[0].id}"
    for _ in range(200):
        if 'value="90"' in (await office.page(f"{event}/tickets")).text:
            return
        await asyncio.sleep(0.02)
    raise AssertionError("the second offer changed no places")


async def test_an_offer_needs_places_and_a_price(office: Office):
    event = (await office.event()).rpartition("/")[2]
    form = await office.page(f"/organiser/events/offer?event={event}")
    assert "For one event" in form.plain
    wrong = await office.send(
        "/organiser/events/offer", form.hidden | OFFER | {"places": "", "price": "x"}
    )
    assert wrong.status == 422
    assert set(wrong.errors) == {"places", "price"}


async def test_a_name_too_long_is_told_not_cut(office: Office):
    event = (await office.event()).rpartition("/")[2]
    form = await office.page(f"/organiser/events/offer?event={event}")
    wrong = await office.send("/organiser/events/offer", form.hidden | OFFER | {"name": "x" * 200})
    assert (wrong.status, wrong.errors) == (422, {"name": "This is too long: shorten it."})


async def test_a_file_beyond_the_limit_is_told_with_the_limit(office: Office):
    form = await office.page("/organiser/imports")
    large = await office.send(
        "/organiser/imports", form.hidden | {"zone": "Europe/Paris"},
        files={"file": ("a.csv", b"x" * (21 * 1024 * 1024))},
    )  # fmt: skip
    assert large.status == 413
    assert "At most 20 MB are taken here." in large.plain


async def test_another_organisers_event_is_never_offered(office: Office, neighbour: Office):
    theirs = (await neighbour.event()).rpartition("/")[2]
    form = await office.page(f"/organiser/events/offer?event={theirs}&event=nonsense")
    assert "No event is selected" in form.plain
    await office.event()
    mine = await office.page("/organiser/events/offer?all=1")
    sent = await office.send(
        "/organiser/events/offer", mine.hidden | OFFER | {"events": theirs.replace("-", "")}
    )
    assert sent.status == 404


async def test_a_whole_conference_goes_on_sale(office: Office, data: Path):
    """876 events of a real conference, as one file and one offer."""
    file = data / "events" / "schedules" / "fosdem_2024.xml"
    content = await asyncio.to_thread(file.read_bytes)
    report = await office.imported(file.name, content)
    assert "876" in report.plain
    form = await office.page("/organiser/events/offer?all=1&state=draft")
    assert "For 876 events" in form.plain
    done = await office.send("/organiser/events/offer", form.hidden | OFFER)
    assert done.status == 200, done.plain
    listed = await office.page("/organiser/events")
    assert "Published (876)" in listed.plain

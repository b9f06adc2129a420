"""Seating plans on the organiser's pages: drawn, imported with their defects, given to an event."""

import json
import re
from typing import Any

import httpx2 as httpx
import pytest
from tests.catalog.seating.reading import file
from tests.catalog.test_seating_plans import a_file
from tests.web.organiser.office import Office, Screen

PLANS = "/organiser/seating-plans"


async def drawn(office: Office, **fields: str) -> str:
    """A hall out of the form; its path."""
    wanted = {"name": "Grande salle", "rows": "4", "seats": "6", "numbering": "up"} | fields
    made = await office.fill_in(f"{PLANS}/new", wanted)
    assert made.status == 200, made.plain
    assert "The plan is saved." in made.plain
    return made.path.removeprefix(f"/{office.lang}")


async def handed_in(office: Office, name: str, content: bytes) -> Screen:
    return await office.fill_in(f"{PLANS}/import", {}, files={"file": (name, content)})


async def test_an_empty_list_says_what_to_do(office: Office) -> None:
    page = await office.page(PLANS)
    assert "No seating plan yet" in page.plain
    assert f"/en{PLANS}/new" in page.text
    assert f"/en{PLANS}/import" in page.text


async def test_a_hall_out_of_four_answers(office: Office) -> None:
    path = await drawn(office)
    page = await office.page(path)
    assert "24" in page.plain
    assert page.text.count("h0") >= 24  # a dot a seat
    listed = await office.page(PLANS)
    assert "Grande salle" in listed.plain
    refused = await office.fill_in(f"{PLANS}/new", {"name": "", "rows": "0", "seats": "many"})
    assert refused.status == 422
    assert set(refused.errors) == {"name", "rows", "seats"}
    long = await office.fill_in(f"{PLANS}/new", {"name": "N" * 400, "rows": "4", "seats": "6"})
    assert long.errors == {"name": "This is too long: shorten it."}


async def test_a_file_with_defects_is_saved_when_they_are_repaired(office: Office) -> None:
    report = await handed_in(office, "arene.json", a_file().encode())
    assert "2 defects wait for your word" in report.plain
    assert (
        "Nord, row 1, seat 1 (sections.0.rows.0.seats.1)"
        " : Another seat of the row has the number 1. It gets 2." in report.plain
    )
    assert "The file says “sold”" in report.plain or 'The file says "sold"' in report.plain
    path = report.path.removeprefix("/en")
    half = await office.send(path, report.hidden | {"accept": "code:number-repeated"})
    assert "One defect waits for your word" in half.plain
    done = await office.send(path, half.hidden | {"all": "1", "name": "Arène"})
    assert done.status == 200
    assert "The plan is saved." in done.plain
    assert "Arène" in done.plain
    assert "The plan is saved." in (await office.page(path)).plain  # the report knows it


async def test_the_report_is_french_for_the_french(office: Office) -> None:
    office.lang = "fr"
    report = await handed_in(office, "arene.json", a_file().encode())
    assert "Un autre siège du rang a le numéro 1." in report.plain
    assert "Another" not in report.plain
    table = await handed_in(office, "salle.csv", b"section,rang,place\nNord,A,1\nNord,A,1\n")
    assert "Nord, rang A, siège 1 (ligne 3)" in table.plain


@pytest.mark.parametrize(
    ("name", "content", "told"),
    [
        ("a.json", b'{"a": 1}', "no plan that is known"),
        ("a.csv", b"hello\nworld\n", "needs a first line that names its columns"),
        ("a.json", b"", "Choose a file that is not empty."),
        ("a.png", b"\x89PNG\r\n\x1a\n\0\0", "no text"),
    ],
)
async def test_files_that_are_no_plan(office: Office, name: str, content: bytes, told: str) -> None:
    page = await handed_in(office, name, content)
    assert page.status == 422
    assert told in page.errors["file"]


async def test_a_plan_goes_out_as_pretix_reads_it(office: Office) -> None:
    report = await handed_in(office, "stade.json", file("pretix_stadium.json"))
    path = report.path.removeprefix("/en")
    done = await office.send(path, report.hidden | {"all": "1"})
    (link,) = re.findall(r'href="([^"]+/versions/1/pretix)"', done.text)
    answer = await office.http.get(link)
    assert "attachment" in answer.headers["content-disposition"]
    assert len(answer.json()["zones"]) == 2


async def test_an_event_gets_a_plan_and_its_tickets_their_seats(office: Office) -> None:
    event = await office.event()
    await office.tickets(event)
    empty = await office.page(f"{event}/seats")
    assert "No seating plan yet" in empty.plain
    path = await drawn(office)
    form = await office.page(f"{event}/seats")
    dates = re.findall(r'<select id="(date-[^"]+)"', form.text)
    kinds = re.findall(r'<select id="(kind-[^"]+)"', form.text)
    assert (len(dates), len(kinds)) == (1, 1)
    plan = path.rpartition("/")[2]
    wrong = await office.send(f"{event}/seats", form.hidden | {dates[0]: "", kinds[0]: "Standard"})
    assert wrong.status == 422
    assert "seats that no date has" in wrong.plain
    saved = await office.send(
        f"{event}/seats", form.hidden | {dates[0]: f"{plan}:1", kinds[0]: "Standard"}
    )
    assert saved.status == 200
    again = await office.page(f"{event}/seats")
    assert f'<option value="{plan}:1" selected>' in again.text
    assert '<option value="Standard" selected>' in again.text


async def test_plans_of_one_name_are_told_apart(office: Office) -> None:
    event = await office.event()
    await office.tickets(event)
    for rows in ("3", "4"):
        await drawn(office, name="Arena", rows=rows)
    await drawn(office, name="Chapelle", rows="1")
    form = await office.page(f"{event}/seats")
    labels = re.findall(r'<option value="[^"]+:1">([^<]+)</option>', form.text)
    labels = sorted(label.replace("\xa0", " ") for label in labels)
    small, large, chapel = labels
    assert small.startswith("Arena · version 1 · 18 seats · ")
    assert large.startswith("Arena · version 1 · 24 seats · ")
    assert chapel == "Chapelle · version 1 · 6 seats"


async def test_another_organisers_plan_is_not_there(office: Office, neighbour: Office) -> None:
    path = await drawn(office)
    for page in (path, f"{path}/edit", f"{path}/versions/1/pretix"):
        assert (await neighbour.page(page)).status in (403, 404)


# -- The editor's routes --------------------------------------------------------------------------


async def editor(office: Office, path: str) -> tuple[dict[str, str], dict[str, Any]]:
    """What the script gets: the form's token and the plan."""
    page = await office.page(f"{path}/edit")
    assert page.status == 200, page.plain
    plan = (await office.http.get(f"/en{path}/versions/1.json")).json()
    draft = {k: v for k, v in plan.items() if k not in ("id", "version")} | {"base_version": 1}
    return page.hidden, draft


async def post(office: Office, path: str, hidden: dict[str, str], draft: Any) -> httpx.Response:
    content = draft if isinstance(draft, bytes) else json.dumps(draft).encode()
    return await office.http.post(f"/en{path}", data=hidden, files={"plan": ("plan.json", content)})


async def test_the_editor_checks_and_saves(office: Office) -> None:
    path = await drawn(office)
    hidden, draft = await editor(office, path)
    draft["sections"][0]["rows"][1]["seats"][2]["number"] = "2"
    checked = (await post(office, f"{path}/check", hidden, draft)).json()
    assert checked["defects"] == 1
    (finding,) = checked["findings"]
    assert (finding["at"], finding["where"]) == (
        "sections.0.rows.1.seats.2",
        "Stalls, row B, seat 2 (no. 3 of the row)",
    )
    refused = await post(office, f"{path}/versions", hidden, draft)
    assert refused.status_code == 422
    assert "nothing is saved" in refused.json()["problem"]
    repaired = checked["plan"] | {"name": "Petite salle"}
    saved = await post(office, f"{path}/versions", hidden, repaired)
    assert saved.json()["version"] == 2
    stale = await post(
        office, f"{path}/versions", hidden, draft | {"name": "Autre", "sections": []}
    )
    assert (stale.status_code, stale.json()["changed"]) == (409, 2)


@pytest.mark.parametrize("draft", [b"", b"{}", b"[]", b'{"name": NaN}', b"\xff\xfe", {"x": 1}])
async def test_drafts_that_are_none(office: Office, draft: Any) -> None:
    path = await drawn(office)
    hidden, _ = await editor(office, path)
    for tail in ("check", "versions"):
        answer = await post(office, f"{path}/{tail}", hidden, draft)
        assert answer.status_code == 422
        assert answer.json()["problem"]

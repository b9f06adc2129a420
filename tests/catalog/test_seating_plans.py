"""Plans are saved as versions that never change; dates and ticket types name them."""

import asyncio
import json
from typing import Any

import pytest

from quickserve.contracts.catalog import DateSeating, EventSeating, TicketTypeSeating
from quickserve.contracts.seating import (
    Acceptance,
    PlanId,
    PlanRefused,
    Seat,
    SeatCategory,
    SeatingImportId,
    SeatingPlanDraft,
    SeatRow,
    Section,
)
from quickserve.contracts.seating_client import SeatingClient
from quickserve.kernel.errors import Forbidden, IdReused, Malformed, NotFound
from quickserve.kernel.ids import new_uuid
from tests.catalog.conftest import Catalog, Organiser, a_date
from tests.catalog.seating.reading import file


def a_plan(rows: int = 2, seats: int = 4, **changes: Any) -> SeatingPlanDraft:
    """A stalls of some rows: A-1 to A-4 are the best."""
    names = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
    made = [
        SeatRow(
            name=names[at],
            seats=[
                Seat(
                    id=f"{names[at]}-{n + 1}", number=str(n + 1), x=100 + 30 * n, y=100 + 30 * at,
                    category="Carré or" if at == 0 else "Balcon",
                )
                for n in range(seats)
            ],
        )
        for at in range(rows)
    ]  # fmt: skip
    values: dict[str, Any] = {
        "base_version": 0, "name": "Grande salle", "width": 1000, "height": 800,
        "categories": [
            SeatCategory(name="Carré or", color="#C2371A"),
            SeatCategory(name="Balcon", color="#0B6B52"),
        ],
        "sections": [Section(id="parterre", name="Parterre", rows=made)],
        **changes,
    }  # fmt: skip
    return SeatingPlanDraft(**values)


async def saves(organiser: Organiser, plan_id: PlanId, draft: SeatingPlanDraft) -> Any:
    path = f"/organisers/{organiser.id}/seating-plans/{plan_id}"
    return await organiser.catalog.call(
        "PUT", path, organiser.token, content=draft.model_dump_json()
    )


async def test_a_plan_is_saved_and_read_by_anyone(catalog: Catalog, organiser: Organiser) -> None:
    plan_id = PlanId(new_uuid())
    answer = await saves(organiser, plan_id, a_plan())
    assert answer.status_code == 200
    assert answer.json()["version"] == 1
    assert (answer.json()["seats"], answer.json()["sellable"]) == (8, 8)

    plan = await catalog.client.seating_plan(plan_id, 1)
    assert [row.name for row in plan.sections[0].rows] == ["A", "B"]
    path = f"/seating-plans/{plan_id}/versions/1"
    answer = await catalog.call("GET", path)
    assert "immutable" in answer.headers["cache-control"]
    again = await catalog.http.get(path, headers={"if-none-match": answer.headers["etag"]})
    assert again.status_code == 304

    listed = await catalog.call("GET", f"/organisers/{organiser.id}/seating-plans", organiser.token)
    assert [(p["name"], p["version"]) for p in listed.json()["plans"]] == [("Grande salle", 1)]


async def test_the_slower_of_two_editors_is_told(organiser: Organiser, catalog: Catalog) -> None:
    plan_id = PlanId(new_uuid())
    await saves(organiser, plan_id, a_plan())
    assert (await saves(organiser, plan_id, a_plan())).json()["version"] == 1  # the same again
    faster = await saves(organiser, plan_id, a_plan(rows=3, base_version=1))
    assert faster.json()["version"] == 2
    slower = await saves(organiser, plan_id, a_plan(rows=4, base_version=1))
    assert (slower.status_code, slower.json()["code"]) == (409, "plan-changed")
    assert slower.json()["extra"] == {"version": 2}
    assert len((await catalog.client.seating_plan(plan_id, 1)).sections[0].rows) == 2


async def test_a_plan_with_defects_is_not_saved(organiser: Organiser, catalog: Catalog) -> None:
    plan_id = PlanId(new_uuid())
    draft = a_plan()
    draft.sections[0].rows[0].seats[1].id = "A-1"
    answer = await saves(organiser, plan_id, draft)
    assert (answer.status_code, answer.json()["code"]) == (422, "plan-has-defects")
    assert answer.json()["errors"][0]["field"] == "sections.0.rows.0.seats.1.id"
    path = f"/seating-plans/{plan_id}/versions/1"
    assert (await catalog.call("GET", path)).status_code == 404


async def test_a_plan_belongs_to_its_organiser(catalog: Catalog, organiser: Organiser) -> None:
    plan_id = PlanId(new_uuid())
    await saves(organiser, plan_id, a_plan())
    other = catalog.organiser()
    assert (await saves(other, plan_id, a_plan(base_version=1))).status_code == 404
    path = f"/organisers/{organiser.id}/seating-plans/{plan_id}"
    body = a_plan(base_version=1).model_dump_json()
    assert (await catalog.call("PUT", path, other.token, content=body)).status_code == 403


async def test_dates_and_ticket_types_name_a_plan(catalog: Catalog, organiser: Organiser) -> None:
    plan_id = PlanId(new_uuid())
    await saves(organiser, plan_id, a_plan())
    event = await organiser.writes("Le Cid")
    kind = await organiser.sells(event, "Carré or")
    seating = EventSeating(
        dates=[DateSeating(date_id=event.dates[0].id, plan_id=plan_id, plan_version=1)],
        ticket_types=[TicketTypeSeating(ticket_type_id=kind.id, seat_category="Carré or")],
    )
    seen = await catalog.client.put_seating(event.id, seating, organiser.token)
    assert (seen.dates[0].plan_id, seen.dates[0].plan_version) == (plan_id, 1)
    assert seen.ticket_types[0].seat_category == "Carré or"

    told = await catalog.told(event.id, 3)
    assert (told.dates[0].plan_id, told.dates[0].plan_version) == (plan_id, 1)
    assert told.ticket_types[0].seat_category == "Carré or"

    # Editing the event or the ticket type leaves the seats alone.
    await catalog.client.put_event(
        event.id, organiser.draft("Le Cid, 2e", dates=[_same(event)]), organiser.token
    )
    changed = await catalog.client.event(event.id, organiser.token)
    assert changed.dates[0].plan_id == plan_id
    assert changed.ticket_types[0].seat_category == "Carré or"

    empty = EventSeating(dates=[], ticket_types=[])
    without = await catalog.client.put_seating(event.id, empty, organiser.token)
    assert (without.dates[0].plan_id, without.ticket_types[0].seat_category) == (None, None)


def _same(event: Any) -> Any:
    return a_date(event.dates[0].starts_at, id=event.dates[0].id)


async def test_seats_that_there_are_not_are_refused(catalog: Catalog, organiser: Organiser) -> None:
    plan_id = PlanId(new_uuid())
    await saves(organiser, plan_id, a_plan())
    event = await organiser.writes("Phèdre")
    kind = await organiser.sells(event)
    wrong = EventSeating(
        dates=[DateSeating(date_id=event.dates[0].id, plan_id=plan_id, plan_version=7)],
        ticket_types=[TicketTypeSeating(ticket_type_id=kind.id, seat_category="Poulailler")],
    )
    with pytest.raises(Malformed) as refused:
        await catalog.client.put_seating(event.id, wrong, organiser.token)
    assert [(e.field, e.code) for e in refused.value.errors] == [
        ("dates.0.plan_id", "unknown-plan"),
        ("ticket_types.0.seat_category", "unknown-category"),
    ]


@pytest.mark.parametrize("x", ["NaN", "1e400", "-100001", '"left"', "null"])
async def test_coordinates_that_are_none(organiser: Organiser, x: str) -> None:
    body = a_plan().model_dump_json().replace('"x":100.0', f'"x":{x}', 1)
    path = f"/organisers/{organiser.id}/seating-plans/{new_uuid()}"
    answer = await organiser.catalog.call("PUT", path, organiser.token, content=body)
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"] == "sections.0.rows.0.seats.0.x"


def a_file(**changes: Any) -> str:
    """Two rows of a venue; the second seat of row 1 has the number of the first."""
    rows = [
        {"index": row, "seats": [
            {"id": f"A-{row}-{n}", "col": n, "x": 100 + 30 * n, "y": 100 + 30 * row,
             "priceTier": row, "status": "available"}
            for n in (1, 2, 3)
        ]}
        for row in (1, 2)
    ]  # fmt: skip
    rows[0]["seats"][1] |= {"col": 1, "status": "sold"}  # type: ignore[index]
    rows[1]["seats"][2] |= {"id": "A-1-1"}  # type: ignore[index]
    plan = {"name": "Arène", "map": {"width": 500, "height": 400},
            "sections": [{"id": "A", "label": "Nord", "rows": rows}]}  # fmt: skip
    return json.dumps(plan | changes)


@pytest.fixture
def files(organiser: Organiser) -> SeatingClient:
    return SeatingClient(organiser.catalog.platform.client("catalog", "web"))


async def test_a_file_is_saved_when_its_repairs_are_accepted(
    files: SeatingClient, organiser: Organiser
) -> None:
    import_id, plan_id = SeatingImportId(new_uuid()), PlanId(new_uuid())
    read = await files.put_import(
        organiser.id, import_id, filename="arene.json", content=a_file().encode(),
        token=organiser.token,
    )  # fmt: skip
    assert (read.format, read.seats, read.defects, read.waiting) == ("venue", 6, 2, 2)
    assert [(f.code, f.section, f.row, f.seat) for f in read.findings] == [
        ("number-repeated", "Nord", "1", "1"), ("id-repeated", "Nord", "2", "3"),
        ("status-blocked", "Nord", "1", "1"),
    ]  # fmt: skip
    assert read.findings[0].repair == "It gets 2."

    one = Acceptance(repairs=["code:number-repeated"], plan_id=plan_id)
    half = await files.accept(organiser.id, import_id, one, organiser.token)
    assert (half.waiting, half.plan_id) == (1, None)
    assert (await files.plans(organiser.id, organiser.token)).plans == []

    rest = Acceptance(repairs=[half.findings[1].id], plan_id=plan_id, name="Grande arène")
    done = await files.accept(organiser.id, import_id, rest, organiser.token)
    assert (done.waiting, done.plan_id, done.plan_version) == (0, plan_id, 1)
    again = await files.accept(organiser.id, import_id, rest, organiser.token)
    assert again.plan_version == 1
    plan = await files.version(plan_id, 1)
    assert plan.name == "Grande arène"
    assert [s.number for s in plan.sections[0].rows[0].seats] == ["1", "2", "3"]
    assert [s.blocked for s in plan.sections[0].rows[0].seats] == [False, True, False]


async def test_a_plan_goes_out_as_pretix_reads_it(
    files: SeatingClient, organiser: Organiser
) -> None:
    content = file("pretix_stadium.json")
    import_id, plan_id = SeatingImportId(new_uuid()), PlanId(new_uuid())
    await files.put_import(
        organiser.id, import_id, filename="stade.json", content=content, token=organiser.token
    )
    all_ = Acceptance(repairs=["all"], plan_id=plan_id)
    await files.accept(organiser.id, import_id, all_, organiser.token)
    out = json.loads(await files.exported(organiser.id, plan_id, 1, organiser.token))
    was = json.loads(content)
    assert out["categories"] == was["categories"]
    assert out["zones"][0]["rows"][0] == was["zones"][0]["rows"][0]

    # The next version, from the editor, still knows what the file said.
    plan = await files.version(plan_id, 1)
    values = plan.model_dump(exclude={"id", "version"}) | {"base_version": 1, "name": "Le stade"}
    await files.put_plan(
        organiser.id, plan_id, SeatingPlanDraft.model_validate(values), organiser.token
    )
    out = json.loads(await files.exported(organiser.id, plan_id, 2, organiser.token))
    assert out["zones"][0]["rows"][0] == was["zones"][0]["rows"][0]


async def test_a_draft_is_checked_without_saving(
    files: SeatingClient, organiser: Organiser
) -> None:
    draft = a_plan()
    draft.sections[0].rows[1].seats[2].x = draft.sections[0].rows[1].seats[1].x + 2
    report = await files.check(organiser.id, draft, organiser.token)
    assert [(f.code, f.row, f.seat, f.at) for f in report.findings] == [
        ("seats-overlap", "B", "3", "sections.0.rows.1.seats.2")
    ]
    assert (await files.check(organiser.id, report.plan, organiser.token)).defects == 0
    assert (await files.plans(organiser.id, organiser.token)).plans == []


async def test_files_that_are_no_plan_are_refused(
    files: SeatingClient, organiser: Organiser
) -> None:
    for content, reason in [(b"hello\n", "missing-column"), (b'{"a": 1}', "unknown-format")]:
        with pytest.raises(PlanRefused) as refused:
            await files.put_import(
                organiser.id, SeatingImportId(new_uuid()), filename="x.json", content=content,
                token=organiser.token,
            )  # fmt: skip
        assert refused.value.extra["reason"] == reason
        assert refused.value.errors[0].field == "file"


async def test_an_import_is_its_organisers(
    files: SeatingClient, organiser: Organiser, catalog: Catalog
) -> None:
    import_id = SeatingImportId(new_uuid())
    content = a_file().encode()
    await files.put_import(
        organiser.id, import_id, filename="a.json", content=content, token=organiser.token
    )
    other = catalog.organiser()
    with pytest.raises(NotFound):
        await files.import_(other.id, import_id, other.token)
    with pytest.raises(Forbidden):
        await files.import_(organiser.id, import_id, other.token)
    with pytest.raises(IdReused):
        await files.put_import(
            organiser.id, import_id, filename="a.json", content=content + b" ",
            token=organiser.token,
        )  # fmt: skip
    wrong = Acceptance(repairs=["code:nothing"], plan_id=PlanId(new_uuid()))
    with pytest.raises(Malformed) as refused:
        await files.accept(organiser.id, import_id, wrong, organiser.token)
    assert refused.value.errors[0].field == "repairs.0"


async def test_of_many_editors_at_once_one_saves(organiser: Organiser, catalog: Catalog) -> None:
    plan_id = PlanId(new_uuid())
    await saves(organiser, plan_id, a_plan())
    drafts = [a_plan(seats=5 + n, base_version=1) for n in range(6)]
    answers = await asyncio.gather(*(saves(organiser, plan_id, draft) for draft in drafts))
    assert sorted(answer.status_code for answer in answers) == [200, 409, 409, 409, 409, 409]
    (winner,) = [n for n, answer in enumerate(answers) if answer.status_code == 200]
    plan = await catalog.client.seating_plan(plan_id, 2)
    assert len(plan.sections[0].rows[0].seats) == 5 + winner

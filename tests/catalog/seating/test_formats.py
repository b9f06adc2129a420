"""Plans of other programs: what they hold comes in, what is not free is blocked."""

import json
import time
from typing import Any

import pytest

from quickserve.catalog.seating.loose import Refused
from tests.catalog.seating.reading import codes, exported, file, read, seats


def pretix(**changes: Any) -> dict[str, Any]:
    """A small plan with everything that the schema holds."""
    seat = {"seat_guid": "a", "seat_number": "1", "uuid": "5e7d", "start_direction": "<>",
            "radius": 12, "position": {"x": 0.1, "y": 0}, "category": "Stalls"}  # fmt: skip
    other = {"seat_guid": "b", "seat_number": "2", "position": {"x": 30.123456, "y": 7},
             "category": "Balcony"}  # fmt: skip
    area = {"shape": "polygon", "color": "#abc", "border_color": "red", "rotation": 12.5,
            "position": {"x": 5, "y": 6}, "uuid": "77aa",
            "polygon": {"points": [{"x": 0, "y": 0}, {"x": 9, "y": 1}, {"x": 4, "y": 8}]},
            "text": {"text": "Scène", "color": "#333", "size": 20,
                     "position": {"x": 2, "y": 2}}}  # fmt: skip
    rows = [
        {"row_number": "1", "row_label": "Rang 1", "seat_label": "Place %s", "uuid": "9c1",
         "row_number_position": "both", "position": {"x": 40, "y": 25}, "seats": [seat, other]},
        {"row_number": "2", "row_label": None,
         "seats": [{**other, "seat_guid": "c", "position": {"x": 70, "y": 90}}]},
    ]  # fmt: skip
    return {
        "name": "Théâtre",
        "categories": [{"name": "Stalls", "color": "#33ffff"}, {"name": "Balcony"}],
        "zones": [
            {"name": "Main", "zone_id": "m", "uuid": "11", "position": {"x": 1, "y": 2.5},
             "rows": rows, "areas": [area]},
            {"position": {"x": 0, "y": 0}, "rows": [], "areas": [
                {"shape": "circle", "circle": {"radius": 7}, "position": {"x": 300, "y": 300}},
                {"shape": "ellipse", "ellipse": {"radius": {"x": 3.5, "y": 9}},
                 "position": {"x": 400, "y": 300}},
                {"shape": "text", "text": {"text": "Bar", "position": {"x": 0, "y": 0}},
                 "position": {"x": 200, "y": 300}},
            ]},
        ],
        "size": {"width": 600, "height": 500}, **changes,
    }  # fmt: skip


def test_pretix_goes_out_as_it_came_in() -> None:
    found = read(pretix())
    assert codes(found) == []
    assert [(s.id, s.x, s.y) for s in seats(found)][:2] == [("a", 41.1, 27.5), ("b", 71.12, 34.5)]
    assert exported(found) == pretix()


def test_what_was_edited_goes_out_with_the_rest_as_it_was() -> None:
    found = read(pretix())
    row = found.draft.sections[0].rows[0]
    row.seats[1].x += 10
    row.seats[1].category = "Stalls"
    row.name = "Premier"
    wanted = pretix()
    there = wanted["zones"][0]["rows"][0]
    there["row_number"] = "Premier"
    there["seats"][1]["category"] = "Stalls"
    there["seats"][1]["position"] = {"x": 40.12, "y": 7}
    assert exported(found) == wanted


def test_a_stadium_whose_floors_lie_on_each_other() -> None:
    """Repeated rows and identifiers are told seat by seat; the upper floor moves as a whole."""
    content = file("pretix_stadium.json")
    found = read(content)
    assert set(codes(found)) == {"id-repeated", "row-repeated", "section-overlaps"}
    moved = [f for f in found.findings if f.code == "section-overlaps"]
    assert {f.section for f in moved} == {"First Floor"}
    assert len({(f.row, f.seat) for f in moved}) == len(moved) == 162
    assert len({s.id for s in seats(found)}) == 738
    out, was = exported(found), json.loads(content)
    assert out["zones"][0]["areas"] == was["zones"][0]["areas"]
    for zone, before in zip(out["zones"], was["zones"], strict=True):
        for row, old in zip(zone["rows"], before["rows"], strict=True):
            assert row["uuid"] == old["uuid"]
            assert [s["position"] for s in row["seats"]] == [s["position"] for s in old["seats"]]
    # What comes out is without defects.
    assert [f for f in read(out).findings if f.defect] == []


def test_a_venue_with_its_tiers_and_states() -> None:
    found = read(file("venue_small.json"))
    assert [section.name for section in found.draft.sections] == ["Lower Bowl A", "Lower Bowl B"]
    assert [c.name for c in found.draft.categories] == ["1", "2"]
    assert codes(found) == ["status-blocked"] * 4
    told = found.findings[0]
    assert (told.section, told.row, told.seat) == ("Lower Bowl A", "1", "2")
    assert told.values == {"status": "reserved"}
    assert sum(seat.blocked for seat in seats(found)) == 4
    shifted = found.draft.sections[1].rows[0].seats[0]
    assert shifted.x >= 300  # the section's transform counts


def test_a_venue_of_fifteen_thousand() -> None:
    found = read(file("venue_metropolis.json"))
    assert len(seats(found)) == 15_376
    assert codes(found) == ["status-blocked"] * (2225 + 1560 + 789)


def test_rows_with_coordinates() -> None:
    found = read(file("seatlayout_testFile.json"))
    assert len(seats(found)) == 4044
    assert set(codes(found)) == {"row-repeated", "id-repeated", "category-assumed"}
    assert len({row.name for row in found.draft.sections[0].rows}) == 101


@pytest.mark.parametrize(("name", "count"), [("matrix_seats-400", 361), ("matrix_seats-10k", 9910)])
def test_a_matrix_has_aisles_where_nothing_is(name: str, count: int) -> None:
    found = read(file(f"{name}.json"))
    assert len(seats(found)) == count
    assert set(codes(found)) == {"status-blocked", "category-assumed"}
    row = found.draft.sections[0].rows[0]
    assert (row.name, row.seats[0].number) == ("A", "1")
    assert any(row.gap_after for row in found.draft.sections[0].rows)


def test_lists_of_numbers_with_slips() -> None:
    found = read(file("smartticket_seatmap.json"))
    first = [f for f in found.findings if f.row == "A1"]
    assert [(f.code, f.seat, f.values["proposed"]) for f in first] == [
        ("number-repeated", "33", "32"),
        ("number-repeated", "44", "42"),
        ("number-repeated", "44", "43"),
    ]
    numbers = [seat.number for seat in found.draft.sections[0].rows[0].seats]
    assert numbers == [str(n) for n in range(1, 46)]


TABLES = {
    "english": "section,row,seat,category,x,y,kind\nStalls,A,1,Gold,10,20,accessible\n"
               "Stalls,A,2,Gold,40,20,companion\n",
    "french": "Zone;Rangée;N°;Catégorie;X;Y;Type\nStalls;A;1;Gold;10,0;20,0;PMR\n"
              "Stalls;A;2;Gold;40,0;20,0;accompagnateur\n",
    "tabs, other order": "y\tx\tType de place\tcat.\tSiège\tRang\tBloc\n"
                         "20\t10\tfauteuil roulant\tGold\t1\tA\tStalls\n"
                         "20\t40\tAccompagnant\tGold\t2\tA\tStalls\n",
    "below a title": "Plan de salle 2026\n\nbloc|rang|place|tarif|pos x|pos y|genre\n"
                     "Stalls|A|1|Gold|10|20|pmr\nStalls|A|2|Gold|40|20|companion\n",
}  # fmt: skip


@pytest.mark.parametrize("text", TABLES.values(), ids=TABLES)
def test_tables_in_every_dress(text: str) -> None:
    found = read("\ufeff" + text, "salle.csv")
    section = found.draft.sections[0]
    assert (section.name, section.rows[0].name) == ("Stalls", "A")
    one, two = section.rows[0].seats
    assert (one.number, one.category, one.kind) == ("1", "Gold", "accessible")
    assert (two.kind, two.x - one.x) == ("companion", 30)


def test_a_table_without_positions_is_laid_out() -> None:
    lines = ["rang;place;statut"]
    lines += [
        f"{row};{seat};{'vendu' if seat == 3 else 'libre'}"
        for row in "AB"
        for seat in (1, 2, 3, 7, 8)
    ]
    found = read("\n".join(lines), "salle.csv")
    assert sorted(codes(found)) == [
        "category-assumed", "laid-out", "status-blocked", "status-blocked"
    ]  # fmt: skip
    row = found.draft.sections[0].rows[0]
    assert row.gap_after == [2]
    assert row.seats[3].x - row.seats[2].x == 50
    assert [seat.blocked for seat in row.seats] == [False, False, True, False, False]


REFUSED: dict[str, tuple[bytes, str]] = {
    "nothing": (b" \n ", "empty"),
    "a picture": (b"\x89PNG\r\n\x1a\n" + b"\0" * 40, "binary"),
    "half a file": (b'{"zones": [{"rows": [', "malformed-json"),
    "a number without end": (b'{"zones": [' + b"9" * 5000 + b"]}", "malformed-json"),
    "a tower": (b"[" * 100_000, "too-deep"),
    "no seats": (b'{"name": "x", "zones": [], "categories": []}', "no-seats"),
    "something else": (b'{"hello": "world"}', "unknown-format"),
    "prose": (b"Dear Sir,\nplease find no seats here.\n", "missing-column"),
    "a list of numbers": (b"[1, 2, 3]", "unknown-format"),
    "too many": (b"row,seat\n" + b"".join(b"A,%d\n" % n for n in range(60_002)), "too-many-seats"),
    "one long row": (b"row,seat\n" + b"".join(b"A,%d\n" % n for n in range(1_002)), "row-too-long"),
}  # fmt: skip


@pytest.mark.parametrize(("content", "code"), REFUSED.values(), ids=REFUSED)
def test_files_that_are_no_plan(content: bytes, code: str) -> None:
    with pytest.raises(Refused) as refused:
        read(content)
    assert refused.value.code == code
    assert refused.value.sentence.endswith(".")


def test_fifty_thousand_seats_in_seconds() -> None:
    """With a defect in every tenth row: the grid does not care how many there are."""
    lines = ["section,row,seat,category,x,y"]
    for n in range(50_000):
        section, row, seat = n // 10_000, n // 100 % 100, n % 100
        x, y = section * 3000 + seat * 25, row * 30
        lines.append(
            f"S{section},{row + 1},{7 if seat == 9 and row % 10 == 0 else seat + 1},A,{x},{y}"
        )
    began = time.perf_counter()
    found = read("\n".join(lines), "arena.csv")
    assert time.perf_counter() - began < 10  # about 1.5 on a free machine
    assert codes(found) == ["number-repeated"] * 50


def test_fifty_thousand_seats_in_one_place() -> None:
    lines = ["section,row,seat,x,y"]
    lines += [f"S,{n // 100},{n % 100 + 1},0,0" for n in range(50_000)]
    began = time.perf_counter()
    found = read("\n".join(lines), "heap.csv")
    assert time.perf_counter() - began < 10
    assert codes(found).count("positions-useless") == 49_999

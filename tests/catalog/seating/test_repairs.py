"""Every defect is told where it is, with a repair; the repaired plan has none."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from quickserve.catalog.seating.checks import Examined
from quickserve.catalog.seating.loose import Refused
from quickserve.catalog.seating.words import WORDS
from tests.catalog.seating.reading import codes, read, seats


def rows(*numbers: str, **changes: Any) -> dict[str, Any]:
    """A venue of one section: a text a row, its seats' numbers with blanks between."""
    made = [
        {"index": at + 1, "seats": [
            {"id": f"A-{at + 1}-{n + 1:02}", "col": col, "x": 50 + 30 * n, "y": 50 + 30 * at,
             "priceTier": 1, "status": "available"}
            for n, col in enumerate(text.split(" "))
        ]}
        for at, text in enumerate(numbers)
    ]  # fmt: skip
    plan = {"name": "Arena", "map": {"width": 1000, "height": 800},
            "sections": [{"id": "A", "label": "North", "rows": made}]}  # fmt: skip
    return plan | changes


def seat(plan: dict[str, Any], row: int, at: int) -> dict[str, Any]:
    return plan["sections"][0]["rows"][row]["seats"][at]


@pytest.mark.parametrize(
    ("numbers", "code", "where", "repaired"),
    [
        ("1 2 2 4 5", "number-repeated", "2", "1 2 3 4 5"),
        ("1 2 3 3", "number-repeated", "3", "1 2 3 4"),
        ("1 2 40 4 5", "number-wrong", "40", "1 2 3 4 5"),
        ("5 4 33 2 1", "number-wrong", "33", "5 4 3 2 1"),
        ("1 3 7 7 9", "number-repeated", "7", "1 3 5 7 9"),
        ("1 2  4 5", "number-missing", "", "1 2 3 4 5"),
        ("1 2 3 ", "number-missing", "", "1 2 3 4"),
        ("1 2 -3 4", "number-wrong", "-3", "1 2 3 4"),
        ("1 2 3 9", "number-wrong", "9", "1 2 3 4"),  # its identifier ends in 04
        ("a b b c", "number-repeated", "b", "a b d c"),
    ],
)
def test_numbers(numbers: str, code: str, where: str, repaired: str) -> None:
    found = read(rows(numbers))
    assert [(f.code, f.section, f.row, f.seat) for f in found.findings] == [
        (code, "North", "1", where)
    ]
    assert " ".join(s.number for s in seats(found)) == repaired


@pytest.mark.parametrize(
    "numbers", ["1 2 3 7 8 9", "12 10 8 6", "5 3 1 2 4 6", "1 2 2bis 3", "A B C"]
)
def test_numbers_that_are_right(numbers: str) -> None:
    plan = rows(numbers)
    for at, one in enumerate(plan["sections"][0]["rows"][0]["seats"]):
        one["id"] = f"seat-{'abcdefgh'[at]}"
    assert codes(read(plan)) == []


def test_a_row_with_an_aisle_may_come_in_two_parts() -> None:
    plan = rows("1 2 3", "4 5 6")
    plan["sections"][0]["rows"][1]["index"] = 1
    assert codes(read(plan)) == []


def test_identifiers() -> None:
    plan = rows("1 2 3", "1 2 3")
    seat(plan, 1, 0)["id"] = "A-1-01"
    seat(plan, 1, 1)["id"] = ""
    seat(plan, 1, 2)["id"] = "x" * 70
    found = read(plan)
    assert [(f.code, f.row, f.seat) for f in found.findings] == [
        ("id-repeated", "2", "1"), ("id-missing", "2", "2"), ("id-too-long", "2", "3")
    ]  # fmt: skip
    assert len({s.id for s in seats(found)}) == 6


def test_the_same_seat_twice_is_one() -> None:
    plan = rows("1 2 3")
    plan["sections"][0]["rows"][0]["seats"].append(dict(seat(plan, 0, 1)))
    found = read(plan)
    assert [(f.code, f.seat) for f in found.findings] == [("seat-repeated", "2")]
    assert len(seats(found)) == 3
    table = read("rang;place\nA;1\nA;2\nA;2\n", "salle.csv")
    assert (codes(table)[1], len(seats(table))) == ("seat-repeated", 2)


def test_a_seat_on_another_moves_back_between_its_neighbours() -> None:
    plan = rows("1 2 3", "1 2 3")
    seat(plan, 1, 1)["x"], seat(plan, 1, 1)["y"] = 82, 51
    found = read(plan)
    (told,) = found.findings
    assert (told.code, told.row, told.seat) == ("seats-overlap", "2", "2")
    assert (told.values["other"], told.values["other_row"]) == ("2", "1")
    assert (told.values["x"], told.values["y"]) == ("80", "80")


def test_a_row_on_another_moves_as_a_whole() -> None:
    plan = rows("1 2 3 4", "1 2 3 4")
    for at in range(4):
        seat(plan, 1, at)["y"] = 50
    found = read(plan)
    assert codes(found) == ["row-overlaps"] * 4
    assert len({s.y for s in seats(found)[4:]}) == 1


@pytest.mark.parametrize(
    ("x", "code"),
    [(None, "position-missing"), ("left", "position-missing"), (float("nan"), "position-invalid"),
     (float("inf"), "position-invalid"), (1e9, "position-too-far"), (-4000, "position-too-far"),
     (1100, "outside-plan"), (-20, "outside-plan")],
)  # fmt: skip
def test_places_that_are_none(x: Any, code: str) -> None:
    plan = rows("1 2 3", "1 2 3")
    seat(plan, 0, 2)["x"] = x
    found = read(plan)
    assert [(f.code, f.row, f.seat) for f in found.findings] == [(code, "1", "3")]
    if code != "outside-plan":
        assert (seats(found)[2].x, seats(found)[2].y) == (110, 50)


LONG = "Les fauteuils d'orchestre du côté de la scène, devant les musiciens, "


def cuts(found: Examined) -> list[tuple[str, ...]]:
    return [
        (f.at, f.section, f.row, f.seat, f.values["proposed"])
        for f in found.findings if f.code == "text-cut"
    ]  # fmt: skip


def test_categories_that_differ_after_the_cut_stay_two_prices() -> None:
    table = f"row,seat,category\nA,1,{LONG}or\nA,2,{LONG}argent\nB,1,{LONG}or\n"
    found = read(table.replace(", ", " "), "salle.csv")
    long = LONG.replace(", ", " ")
    gold, silver = long[:60].rstrip(), f"{long[:54].rstrip()} 2"
    assert cuts(found) == [("line 2", "", "", "", gold), ("line 3", "", "", "", silver)]
    assert [s.category for s in seats(found)] == [gold, silver, gold]
    assert {c.name for c in found.draft.categories} == {gold, silver}


def test_sections_and_rows_that_differ_after_the_cut_keep_all_their_seats() -> None:
    plan = rows("1 2", "1 2")
    north = plan["sections"][0]
    north["label"] = LONG + "nord"
    for at, row in enumerate(north["rows"]):
        row["index"] = f"{LONG}{at}"
    south = json.loads(json.dumps(north).replace("nord", "sud").replace('"A', '"B'))
    for row in south["rows"]:
        for one in row["seats"]:
            one["x"] += 300
    plan["sections"].append(south)
    found = read(plan)
    assert set(codes(found)) == {"text-cut"}
    assert [at for at, *_ in cuts(found)] == [
        "sections.0", "sections.0.rows.0", "sections.0.rows.1",
        "sections.1", "sections.1.rows.0", "sections.1.rows.1",
    ]  # fmt: skip
    assert len({section.name for section in found.draft.sections}) == 2
    assert [len({row.name for row in s.rows}) for s in found.draft.sections] == [2, 2]
    assert len(seats(found)) == 8


def test_long_numbers_of_seats_stay_apart() -> None:
    number = "12345678901234567890"
    found = read(f"row,seat\nA,{number}111111\nA,{number}222222\nA,{number}\n", "x.csv")
    assert cuts(found) == [
        ("line 2", "Main", "A", f"{number[:14]} 2", f"{number[:14]} 2"),
        ("line 3", "Main", "A", f"{number[:14]} 3", f"{number[:14]} 3"),
    ]
    assert seats(found)[2].number == number


def zones(name: str) -> dict[str, Any]:
    """pretix: one category, defined and used; one zone of one row."""
    seat = {"seat_guid": "g1", "seat_number": name, "category": name, "position": {"x": 0, "y": 0}}
    zone = {"name": name, "position": {"x": 50, "y": 50},
            "rows": [{"row_number": name, "position": {"x": 0, "y": 0}, "seats": [seat]}],
            "areas": [{"shape": "text", "position": {"x": 0, "y": 0}, "text": {"text": 3 * name}}],
            }  # fmt: skip
    return {"name": 3 * name, "size": {"width": 200, "height": 200},
            "categories": [{"name": name, "color": "red"}], "zones": [zone]}  # fmt: skip


@pytest.mark.parametrize(
    "plan",
    [
        zones("x" * 90),
        {"name": "x" * 300, "sections": [{"label": "x" * 70, "rows": [
            {"label": "x" * 70, "seats": [{"number": "x" * 30, "tier": "x" * 70}]}]}]},
        [{"section": "x" * 70, "row": "x" * 70, "seats": [
            {"number": "x" * 30, "category": "x" * 70}]}],
        [["x" * 300]],
        [{"section": "x" * 70, "row": "x" * 70, "price": "x" * 70, "seat": ["x" * 30]}],
        [{"section": "x" * 70, "row": "x" * 70, "seat": "x" * 30, "category": "x" * 70}],
        f"section,row,seat,category\n{'x' * 70},{'x' * 70},{'x' * 30},{'x' * 70}\n",
    ],
)  # fmt: skip
def test_no_format_cuts_without_a_word(plan: Any) -> None:
    found = read(plan)
    told = len(cuts(found))
    section = found.draft.sections[0]
    names = (section.name, section.rows[0].name, seats(found)[0].category)
    long = [name for name in names if "x" in name] + [seats(found)[0].number]
    texts = [shape.text for shape in section.shapes]
    assert told == len(long) + len(texts) + (len(found.draft.name) == 200)


def test_a_long_text_is_looked_through_at_once() -> None:
    assert codes(read([["-" * 100_000]])).count("text-cut") == 1


def test_unknown_categories() -> None:
    text = json.dumps({
        "name": "Plan", "size": {"width": 500, "height": 500},
        "categories": [{"name": "Carré or", "color": "gold"}, {"name": "Balcon", "color": "bluish"},
                       {"name": "Balcon"}],
        "zones": [{"name": "Z", "position": {"x": 0, "y": 0}, "rows": [{
            "row_number": "A", "seats": [
                {"seat_guid": f"g{n}", "seat_number": str(n), "category": name,
                 "position": {"x": 30 * n, "y": 0}}
                for n, name in enumerate(["Balcon", "Balcon", "carre or", "Poulailler", ""])
            ]}, {"row_number": "B", "seats": []}]}],
    })  # fmt: skip
    found = read(text)
    assert [(f.code, f.seat, f.values.get("proposed")) for f in found.findings] == [
        ("row-empty", "", None),
        ("color-invalid", "", "#C2371A"),
        ("category-repeated", "", None),
        ("category-unknown", "2", "Carré or"),
        ("category-unknown", "3", "Balcon"),
        ("category-missing", "4", "Balcon"),
    ]


def test_a_kind_that_is_none() -> None:
    found = read("row,seat,kind\nA,1,throne\nA,2,wheelchair\n", "x.csv")
    assert ("kind-unknown", "1") in [(f.code, f.seat) for f in found.findings]
    assert [s.kind for s in seats(found)] == ["standard", "accessible"]


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8)
    | st.sampled_from(["A", "1", "VOID", "sold", "\x00", "\u202e", "\ud800"]),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(
        st.sampled_from([
            "zones", "rows", "seats", "seat", "sections", "position", "x", "y", "name", "code",
            "status", "areas", "shape", "row_number", "seat_number", "seat_guid", "category",
            "categories", "size", "width", "height", "transform", "scale", "map", "coordinates",
        ]),
        inner, max_size=6,
    ),
    max_leaves=40,
)  # fmt: skip


@given(ANYTHING)
@settings(max_examples=300, deadline=None)
def test_whatever_comes_it_is_a_plan_or_refused(value: Any) -> None:
    try:
        read(json.dumps(value))
    except Refused as refused:
        assert refused.sentence.endswith(".")  # noqa: PT017


CELL = st.sampled_from(["", "A", "1", "2", "-1", "1e999", "nan", "PMR", '"', "x" * 300, "\0", "é"])


@given(st.lists(st.lists(CELL, min_size=3, max_size=7), max_size=12))
@settings(max_examples=200, deadline=None)
def test_whatever_table_comes(lines: list[list[str]]) -> None:
    text = "section;rang;place;cat;x;y;statut\n" + "\n".join(";".join(line) for line in lines)
    try:
        read(text, "salle.csv")
    except Refused as refused:
        assert refused.sentence.endswith(".")  # noqa: PT017


def test_every_code_is_documented() -> None:
    text = (Path(__file__).parents[3] / "docs" / "seating-plans.md").read_text("utf-8")
    missing = [code for code in WORDS if f"`{code}`" not in text and "name-missing" not in code]
    assert missing == []

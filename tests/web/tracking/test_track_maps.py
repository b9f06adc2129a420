"""Where somebody is, drawn: on streets by degrees, in a house by its plan."""

from typing import Any

from quickserve.contracts.seating import SeatingPlan
from quickserve.contracts.tracking import Place
from quickserve.kernel.ids import new_uuid
from quickserve.web.house_plan import HousePlan, house_plan
from quickserve.web.i18n import ENGLISH
from quickserve.web.templating import environment
from quickserve.web.track_maps import HEIGHT, WIDTH, street_map, venue_map

STAND, HOME, BETWEEN = (48.892, 2.3936), (48.886, 2.38), (48.889, 2.387)


def theatre() -> HousePlan:
    def section(name: str, top: float) -> dict[str, Any]:
        rows = [
            {
                "name": row,
                "seats": [
                    {"id": f"{name}-{row}-{n}", "number": str(n), "x": 30 * n, "y": top + 30 * at,
                     "category": "A"}
                    for n in range(1, 9)
                ],
            }
            for at, row in enumerate("ABF")
        ]  # fmt: skip
        return {"id": name, "name": name, "rows": rows}

    return house_plan(
        SeatingPlan.model_validate({
            "id": new_uuid(), "version": 1, "name": "Theatre", "width": 300, "height": 400,
            "categories": [{"name": "A", "color": "#0b6b52"}],
            "sections": [section("Parterre", 50), section("Balcon", 250)],
        })
    )  # fmt: skip


def test_streets_keep_directions_and_stay_inside():
    found = street_map([("runner", "Amina", BETWEEN), ("to", "You", HOME), ("stand", "S", STAND)])
    assert found
    runner, to, stand = found.marks
    assert to.x < runner.x < stand.x, "east is to the right"
    assert stand.y < runner.y < to.y, "north is up"
    assert all(0 < one.x < WIDTH and 0 < one.y < HEIGHT for one in found.marks)
    assert found.line == f"{runner.x},{runner.y} {to.x},{to.y}"


def test_one_place_is_no_map_and_several_runners_have_no_common_way():
    assert street_map([("runner", "Amina", HOME), ("to", "You", HOME)]) is None
    found = street_map([("runner", "A", BETWEEN), ("runner", "B", STAND), ("to", "1", HOME)])
    assert found
    assert found.line == ""


def test_a_checkpoint_and_a_seat_are_found_on_the_plan():
    plan = theatre()
    found = venue_map(
        plan,
        [("runner", "Amina", Place(section="parterre", row="F"), ""),
         ("to", "You", None, "Balcon, B, 3")],
    )  # fmt: skip
    assert found
    runner, to = found.dots
    assert (runner.x, runner.y) == (150, 110)
    assert (to.x, to.y) == (90, 280)
    assert found.here == {0: "runner", 1: "to"}
    drawn = environment(ENGLISH.code).get_template("macros/track.html").module
    picture = str(drawn.venue(found, False))  # pyright: ignore[reportAttributeAccessIssue]
    assert picture.count("track-runner") == 1
    assert picture.count("<polygon") == 2


def test_what_is_not_on_the_plan_is_not_drawn():
    plan = theatre()
    assert venue_map(plan, [("runner", "A", Place(section="Loge", row=""), "")]) is None
    assert venue_map(plan, [("to", "You", None, "")]) is None

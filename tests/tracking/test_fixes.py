"""Positions in: late, twice, impossible, of strangers; and what is kept of them."""

import asyncio
import base64
import json
import random
from datetime import timedelta
from pathlib import Path
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest

from quickserve.contracts.tracking import (
    BadDeviceKey,
    DeviceId,
    Fixes,
    ImpossiblePosition,
    RunnerNearby,
    ShiftEnded,
    UnknownDevice,
)
from quickserve.kernel.ids import new_uuid
from quickserve.tracking.keys import Keys
from tests.tracking.conftest import HOME, STAND, Crew, Runner, fix, north, now, way


async def stored(crew: Crew, runner: Runner) -> int:
    rows = await crew.depot.sql("SELECT count(*) FROM fixes WHERE shift_id = %s", (runner.id,))
    return rows[0][0]


async def test_late_and_out_of_order_ones_are_accepted_and_the_same_ones_counted(crew: Crew):
    runner, order_id = await crew.carried()
    begin = now() - timedelta(minutes=5)
    walk = [
        fix(begin + timedelta(seconds=10 * i), place)
        for i, place in enumerate(way(STAND, HOME, 31))
    ]
    random.Random(7).shuffle(walk)
    taken = [await runner.be(*walk[i : i + 10]) for i in range(0, 31, 10)]
    assert sum(t.accepted for t in taken) == 31
    again = await runner.be(*walk[:12])
    assert (again.accepted, again.duplicates) == (0, 12)
    assert await stored(crew, runner) == 31
    position = (await crew.track(order_id)).position
    assert position
    assert (position.latitude, position.longitude) == HOME, "the newest, not what came last"


async def test_leaps_do_not_count_and_are_told(crew: Crew):
    runner, order_id = await crew.carried()
    begin = now() - timedelta(minutes=2)
    for i in range(4):
        await runner.be(fix(begin + timedelta(seconds=10 * i), north(STAND, 30 * i)))
    leap = await runner.be(fix(begin + timedelta(seconds=45), north(STAND, 9000)))
    assert (leap.accepted, leap.jumps) == (0, 1)
    goes_on = await runner.be(fix(begin + timedelta(seconds=50), north(STAND, 150)))
    assert goes_on.accepted == 1
    assert await stored(crew, runner) == 5
    position = (await crew.track(order_id)).position
    assert position
    assert position.latitude == pytest.approx(north(STAND, 150)[0])


async def test_what_is_wrong_as_a_whole_is_refused_and_changes_nothing(crew: Crew):
    runner, order_id = await crew.carried()
    sea, nowhere = (40.0, -40.0), (123.0, 5.0)
    for wrong, code in (
        (fix(now(), sea), "at-sea"), (fix(now(), (0.0, 0.0)), "at-sea"),
        (fix(now(), nowhere), "off-earth"), (fix(now(), (float("nan"), 2.0)), "off-earth"),
        (fix(now() + timedelta(minutes=5), STAND), "in-the-future"),
    ):  # fmt: skip
        if wrong.latitude != wrong.latitude:
            continue  # JSON has no such number; see the raw ones
        with pytest.raises(ImpossiblePosition) as refused:
            await runner.be(wrong)
        assert [error.code for error in refused.value.errors] == [code]
    assert await stored(crew, runner) == 0
    assert (await crew.track(order_id)).position is None
    mixed = await runner.be(fix(now(), sea), fix(now(), STAND))
    assert (mixed.accepted, mixed.refused) == (1, 1)


@pytest.mark.parametrize(
    "body",
    [
        "", "[]", "null", '{"key":"x"}', '{"key":"x","fixes":[]}', '{"key":1,"fixes":[{}]}',
        '{"key":"x","fixes":[{"at":"yesterday","latitude":1,"longitude":1}]}',
        '{"key":"x","fixes":[{"at":1e300,"latitude":1,"longitude":1}]}',
        '{"key":"x","fixes":[{"at":"2026-01-01T00:00:00Z","latitude":"x","longitude":1}]}',
        '{"key":"x","fixes":[{"at":"2026-01-01T00:00:00","latitude":1,"longitude":1}]}',
        '{"key":"x","fixes":' + "[" * 5000,
    ],
)  # fmt: skip
async def test_malformed_bodies_are_refused(crew: Crew, body: str):
    runner = await crew.runner()
    answer = await crew.depot.http.put(
        f"/fixes/{runner.device.id}", content=body, headers={"content-type": "application/json"}
    )
    assert answer.status_code in (400, 422), answer.text


@pytest.mark.parametrize("number", ["NaN", "Infinity", "1e400", "-91", "181"])
async def test_numbers_that_are_nowhere(crew: Crew, number: str):
    runner = await crew.runner()
    told = f'{{"at":"{now().isoformat()}","latitude":{number},"longitude":{number}}}'
    answer = await crew.depot.http.put(
        f"/fixes/{runner.device.id}", headers={"content-type": "application/json"},
        content=f'{{"key":"{runner.device.key}","fixes":[{told}]}}',
    )  # fmt: skip
    assert answer.status_code == 422, answer.text
    assert answer.json()["code"] in ("impossible-position", "malformed")


async def test_a_thousand_at_once_and_no_more(crew: Crew):
    runner, _ = await crew.carried()
    begin = now() - timedelta(minutes=9)
    some = [fix(begin + timedelta(seconds=0.5 * i), STAND) for i in range(1000)]
    assert (await runner.be(*some)).accepted == 1000
    assert await stored(crew, runner) == 1000
    body = {"key": "x", "fixes": [f.model_dump(mode="json") for f in some] * 2}
    answer = await crew.depot.http.put(f"/fixes/{runner.device.id}", json=body)
    assert answer.status_code == 422


async def test_devices_are_known_by_their_keys(crew: Crew):
    runner, other = await crew.runner("One"), await crew.runner("Two")
    web, told = crew.depot.web, [fix(now(), STAND)]
    for key in ("", "x" * 26, other.device.key, runner.device.key[:-1]):
        with pytest.raises(BadDeviceKey):
            await web.put_fixes(runner.device.id, Fixes(key=key, fixes=told))
    stranger = DeviceId(new_uuid())
    key = Keys(crew.depot.platform.settings).of_device(stranger)
    with pytest.raises(UnknownDevice):
        await web.put_fixes(stranger, Fixes(key=key, fixes=told))


async def test_a_device_that_is_asked_for_again_is_the_same(crew: Crew):
    runner = await crew.runner()
    again = await crew.depot.web.put_device(runner.id, runner.device.id, runner.token)
    assert again == runner.device


async def test_many_at_the_same_time_all_count(crew: Crew):
    runners = [(await crew.carried())[0] for _ in range(3)]
    begin = now() - timedelta(minutes=3)
    taken = await asyncio.gather(
        *(
            runner.be(fix(begin + timedelta(seconds=5 * i), north(STAND, 4 * i)))
            for runner in runners
            for i in range(30)
        )
    )
    assert sum(t.accepted for t in taken) == 90
    assert [await stored(crew, runner) for runner in runners] == [30, 30, 30]


async def test_nearby_is_told_once_and_takes_more_to_leave(crew: Crew):
    runner, order_id = await crew.carried()
    begin = now() - timedelta(minutes=8)
    seconds = 0
    for metres, near in ((600, False), (100, True), (180, True), (300, False), (90, True)):
        seconds += 60
        await runner.be(fix(begin + timedelta(seconds=seconds), north(HOME, metres)))
        assert (await crew.track(order_id)).near is near, metres
    assert len(await crew.depot.news(RunnerNearby, order_id)) == 1
    await asyncio.sleep(0.3)
    assert len(await crew.depot.news(RunnerNearby, order_id)) == 1


# -- Others' formats -------------------------------------------------------------------------------


def strings(data: Path, protocol: str) -> list[list[str]]:
    with (data / "gps" / "traccar_protocol_strings.jsonl").open() as lines:
        rows = [json.loads(line) for line in lines]
    return [row["strings"] for row in rows if row["protocol"] == protocol]


async def test_osmand_as_traccar_tests_it(crew: Crew, data: Path):
    runner, order_id = await crew.carried()
    http = crew.depot.http
    nobodys, somebodys = (text for [text] in strings(data, "OsmAnd"))
    assert (await http.get(f"/osmand{nobodys[1:]}")).status_code == 401
    assert (await http.get(f"/osmand{somebodys[1:]}")).status_code == 401
    query = {key: values[0] for key, values in parse_qs(urlsplit(somebodys).query).items()}
    query |= {"deviceid": str(runner.device.id), "key": runner.device.key}
    answer = await http.get(f"/osmand?{urlencode(query)}")
    assert (answer.status_code, answer.json()["accepted"]) == (200, 1)
    position = (await crew.track(order_id)).position
    assert position
    assert (position.latitude, position.longitude) == (60.0, 30.0)


async def test_osmand_in_all_its_ways(crew: Crew):
    runner, _ = await crew.carried()
    both = f"{runner.device.id}.{runner.device.key}"
    at = int((now() - timedelta(minutes=4)).timestamp())
    http = crew.depot.http
    place = {"lat": str(STAND[0]), "lon": str(STAND[1])}
    told = [
        await http.post("/osmand", params={"id": both, "timestamp": str(at), **place}),
        await http.get("/osmand", params={"id": both, "timestamp": f"{at + 1}000", **place}),
        await http.get("/osmand", params={
            "id": both, "timestamp": (now() - timedelta(minutes=3)).isoformat(),
            "location": f"{STAND[0]},{STAND[1]}", "hdop": "1.2",
        }),
        await http.post(
            "/osmand", content=urlencode({"id": both, "timestamp": str(at + 3), **place}),
            headers={"content-type": "application/x-www-form-urlencoded"},
        ),
        await http.post("/osmand", json={"device_id": both, "location": {
            "timestamp": (now() - timedelta(minutes=1)).isoformat(),
            "coords": {"latitude": STAND[0], "longitude": STAND[1], "accuracy": 4},
        }}),
    ]  # fmt: skip
    assert [(answer.status_code, answer.json().get("accepted")) for answer in told] == [
        (200, 1)
    ] * 5
    wrong = [
        {"lat": "x", "lon": "1"}, {"lat": "1"}, {}, {**place, "timestamp": "soon"},
        {**place, "timestamp": "1e300"}, {"lat": "nan", "lon": "nan"}, {"lat": "99", "lon": "1"},
        {**place, "timestamp": str(at + 9000)}, {"location": "1"}, {"lat": "40", "lon": "-40"},
    ]  # fmt: skip
    codes = [(await http.get("/osmand", params={"id": both, **one})).status_code for one in wrong]
    assert codes == [422] * len(wrong)


async def test_owntracks_as_traccar_tests_it(crew: Crew, data: Path):
    runner, order_id = await crew.carried()
    http = crew.depot.http
    login = base64.b64encode(f"{runner.device.id}:{runner.device.key}".encode()).decode()
    headers = {"authorization": f"Basic {login}", "content-type": "application/json"}
    for _, body in strings(data, "OwnTracks"):
        told = json.loads(body)
        old = await http.post("/owntracks", content=body, headers=headers)
        assert (old.status_code, old.json()) == (200, []), "of another year: it is not on shift"
        assert (await crew.track(order_id)).position is None
        told["tst"] = int((now() - timedelta(seconds=5)).timestamp())
        if told["lat"] == 37:  # another continent: nobody gets there in between
            continue
        assert (await http.post("/owntracks", json=told, headers=headers)).status_code == 200
        position = (await crew.track(order_id)).position
        assert position
        assert (position.latitude, position.longitude) == (48.85833, 2.29513)
        await crew.depot.sql("TRUNCATE fixes")
        break
    assert (await http.post("/owntracks", json={"_type": "lwt"}, headers=headers)).json() == []
    for body in ('{"_type":"encrypted","data":"x"}', "{}", "[1]", "no", '{"_type":"location"}'):
        answer = await http.post("/owntracks", content=body, headers=headers)
        assert answer.status_code == 422, body
    for wrong in ("", "Basic", "Basic !!", f"Bearer {login}", "Basic " + "YTpi"):
        answer = await http.post("/owntracks", json={}, headers={"authorization": wrong})
        assert answer.status_code == 401, wrong


# -- Privacy ---------------------------------------------------------------------------------------


async def test_outside_the_shift_nothing_is_kept(crew: Crew):
    runner, order_id = await crew.carried()
    before = await runner.be(fix(now() - timedelta(hours=2), STAND))
    assert before.off_shift == 1
    await runner.hand_over(order_id, offline=True)
    await runner.end()
    with pytest.raises(ShiftEnded):
        await runner.be(fix(now(), STAND))
    late = await runner.be(fix(now() - timedelta(minutes=2), STAND), fix(now(), STAND))
    assert (late.accepted, late.off_shift) == (1, 1), "what was on shift may come late"
    assert await stored(crew, runner) == 1
    fleet = await crew.depot.web.fleet(crew.organiser_id, crew.token)
    assert fleet.runners == []
    latest = crew.depot.platform.runtimes["tracking"].shared.latest
    assert await latest.get([f"tracking:fix:{runner.id}"]) == {}


async def test_before_the_pickup_and_after_the_handover_nothing_is_shown_or_kept(crew: Crew):
    runner = await crew.runner(moves="bike")
    await runner.on_shift_since(30)
    order_id = await crew.order()
    await crew.depot.job(order_id, "assigned")
    await runner.be(fix(now(), STAND))
    seen = await crew.track(order_id)
    assert (seen.position, seen.arrival, seen.near) == (None, None, False)
    assert await stored(crew, runner) == 0

    await runner.pick_up(order_id)
    assert (await crew.track(order_id)).position is None, "where they were before is not told"
    await runner.be(fix(now(), north(STAND, 10)))
    seen = await crew.track(order_id)
    assert seen.position
    assert seen.arrival
    assert await stored(crew, runner) == 1

    await runner.hand_over(order_id, offline=True)
    await runner.be(fix(now(), north(STAND, 20)))
    seen = await crew.track(order_id)
    assert (seen.position, seen.arrival, seen.runner, seen.pin) == (None, None, None, None)
    assert await stored(crew, runner) == 1


async def test_a_look_is_noted_for_the_organiser_and_the_runner(crew: Crew):
    runner, order_id = await crew.carried()
    links = await crew.depot.web.links(order_id)
    await crew.track(order_id)
    await crew.track(order_id)
    await crew.depot.web.track_of_link(links.shared)
    await crew.depot.web.fleet(crew.organiser_id, crew.token)
    looks = (await crew.depot.web.looks(order_id, crew.token)).looks
    assert sorted(look.by for look in looks) == ["buyer", "link"]
    answer = await crew.depot.http.get(
        f"/shifts/{runner.id}/looks", headers={"authorization": f"Bearer {runner.token}"}
    )
    assert len(answer.json()["looks"]) == 3

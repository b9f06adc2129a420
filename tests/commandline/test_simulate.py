"""`quickserve simulate`: a small match with the real services, on a clock that is turned."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

import pytest

from quickserve.commandline.simulate.command import add, simulate
from quickserve.commandline.simulate.crowd import CannotRead, read_sizes, visitors
from quickserve.commandline.simulate.scenario import Scenario
from quickserve.laptop import CannotStart

RUSH = Scenario(seats=600, stands=2, first_minute=42, last_minute=50, seed=3)


def run(*arguments: str) -> int:
    parser = ArgumentParser(prog="quickserve")
    add(parser.add_subparsers())
    parsed = parser.parse_args(arguments)
    return parsed.run(parsed)


async def play(scenario: Scenario) -> dict[str, Any]:
    figures = await simulate(scenario, visitors(scenario))
    del figures["seconds"]
    return figures


async def test_a_rush_is_played_and_the_same_seed_plays_it_again() -> None:
    first = await play(RUSH)
    assert first["orders"] > 30
    assert first["orders"] == first["handed_over"]
    assert (first["orders_lost"], first["orders_unknown"], first["failures"]) == (0, 0, {})
    assert first["orders"] + sum(first["lost_sales"].values()) == first["visitors"]
    assert first["promise_error_s"]["p90"] <= 180
    assert await play(RUSH) == first


def test_the_crowd_is_as_large_as_the_house_and_comes_at_half_time() -> None:
    crowd = visitors(Scenario(first_minute=-45, last_minute=105))
    assert len(crowd) == 8_000
    assert [one.at for one in crowd] == sorted(one.at for one in crowd)
    rush = [one for one in crowd if 44 * 60 <= one.at < 54 * 60]
    assert 0.2 < len(rush) / len(crowd) < 0.4
    assert {one.stand for one in crowd} == set(range(40))


def test_sizes_of_orders_are_read_from_a_till(tmp_path: Path) -> None:
    file = tmp_path / "till.tsv"
    file.write_text("order_id\tquantity\titem_name\n1\t2\tBowl\n1\t1\tChips\n2\t1\tBowl\n")
    assert read_sizes(file) == [(2, 1), (1,)]
    crowd = visitors(Scenario(), read_sizes(file))
    assert {sum(count for _, count in one.contents) for one in crowd} == {1, 3}
    file.write_text("what,price\nBowl,1\n")
    with pytest.raises(CannotRead, match="no column order_id"):
        read_sizes(file)
    with pytest.raises(CannotRead, match="cannot be read"):
        read_sizes(tmp_path / "nothing.csv")


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["--seats", "0"], "'0' is no whole number from 1 to 200000"),
        (["--stands", "many"], "'many' is no whole number"),
        (["--take", "nan"], "'nan' is no number from 0.01 to 5"),
        (["--cooks-speed", "0"], "is no number from 0.2 to 5"),
        (["--from", "50", "--until", "50"], "--until must be later than --from"),
        (["--data", "/tmp"], "--data is for --live"),
        (["--like", "/nowhere.csv"], "/nowhere.csv cannot be read"),
        (["--seats", "1", "--take", "0.01"], "Nobody comes in these minutes"),
    ],
)
def test_bad_arguments_are_told(
    arguments: list[str], told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises((SystemExit, CannotStart)) as ended:
        run("simulate", *arguments)
    assert told in f"{capsys.readouterr().err} {ended.value}"


def test_help_teaches(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        run("simulate", "--help")
    text = capsys.readouterr().out
    for word in ("examples:", "--live", "load test", "half-time", "seed"):
        assert word in text

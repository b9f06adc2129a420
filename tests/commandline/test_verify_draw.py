"""Anybody checks a draw, with nothing but what was published."""

import hashlib
from pathlib import Path

import pytest

from quickserve.booking import queueing
from quickserve.cli import main
from quickserve.commandline.verify_draw import check
from quickserve.contracts.catalog import DateId
from quickserve.contracts.waiting_room import Draw
from quickserve.kernel.ids import new_uuid

SEED = b"\x07" * 32
IDS = [new_uuid() for _ in range(50)]


def published(**changes):
    keys = sorted(queueing.draw_key(SEED, one).hex() for one in IDS)
    noted = queueing.seed_hash(SEED)
    draw = Draw(date_id=DateId(new_uuid()), seed_hash=noted, seed=SEED.hex(), keys=keys)
    return draw.model_copy(update=changes)


def test_an_honest_draw_holds_and_tells_the_number():
    draw = published()
    lines, holds = check(draw, draw.seed_hash, IDS[0])
    number = draw.keys.index(queueing.draw_key(SEED, IDS[0]).hex()) + 1
    assert holds
    assert f"The id is number {number} of this draw." in lines[-1]


def test_another_seed_than_was_promised_is_seen():
    noted = published().seed_hash
    other = b"\x08" * 32
    keys = sorted(queueing.draw_key(other, one).hex() for one in IDS)
    draw = published(seed=other.hex(), keys=keys, seed_hash=hashlib.sha256(other).hexdigest())
    assert not check(draw, noted, None)[1]


def test_a_number_that_was_moved_is_seen():
    keys = published().keys
    assert not check(published(keys=[keys[1], keys[0], *keys[2:]]), None, None)[1]
    assert not check(published(keys=[keys[0], *keys]), None, None)[1]


def test_an_id_that_was_not_drawn_is_told():
    assert not check(published(), None, new_uuid())[1]


def test_a_file_that_is_not_there_or_no_draw_is_said_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "draw.json"
    monkeypatch.setattr("sys.argv", ["quickserve", "verify-draw", str(file)])
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == f"quickserve: {file} cannot be read: No such file or directory."
    file.write_bytes(b"\xff\xfe")
    with pytest.raises(SystemExit):
        main()
    assert capsys.readouterr().out == "This is no draw of a waiting room.\n"

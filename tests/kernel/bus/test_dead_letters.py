"""Dead letters are looked at without being moved, sent again, thrown away; the command does it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta

import pytest

from quickserve import cli
from quickserve.contracts.catalog import EventOffered
from quickserve.contracts.deliveries import TAKERS
from quickserve.kernel.bus.rabbitmq import queues
from quickserve.kernel.bus.rabbitmq.dead_letters import DeadLetters, dead_letters
from quickserve.kernel.errors import Conflict
from quickserve.laptop import CannotStart
from tests.kernel.world import LoafBaked, eventually
from tests.servers import Rabbit

from .town import Eater, bus_at, depth, loaf, send

WANTED = {"anna": [LoafBaked.TYPE]}


@pytest.fixture
def url(rabbit: Rabbit, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setattr(queues, "DELAYS_MS", (50,))
    return rabbit.new_url()


@asynccontextmanager
async def letters_at(url: str) -> AsyncIterator[DeadLetters]:
    async with dead_letters(url, WANTED) as letters:
        yield letters


async def refused(url: str, *names: str) -> None:
    """So many dead letters of anna's."""
    dead = queues.dead_queue_of("anna")
    async with bus_at(url, anna=Eater(lambda _message: Conflict())) as bus:
        await bus.publish([loaf(name) for name in names])
        await eventually(lambda: all_in(url, dead, len(names)))


async def all_in(url: str, queue: str, count: int) -> bool:
    return await depth(url, queue) == count


async def test_a_letter_tells_what_happened_and_stays_where_it_is(url: str) -> None:
    await refused(url, "one", "two")
    async with letters_at(url) as letters:
        for _ in range(3):
            first, second = await letters.of("anna")
    assert [b'"one"' in first.content, b'"two"' in second.content] == [True, True]
    assert first.type == LoafBaked.TYPE
    assert first.failure == "Conflict"
    assert first.attempts == 2
    assert first.first_failed
    assert timedelta() < datetime.now(UTC) - first.first_failed < timedelta(seconds=30)


async def test_looking_often_does_no_harm(url: str) -> None:
    await refused(url, "one")
    async with letters_at(url) as letters:
        for _ in range(3 * queues.DELIVERIES_MAX):
            assert len(await letters.of("anna")) == 1


async def test_one_is_sent_again_and_the_others_stay(url: str) -> None:
    await refused(url, "one", "two", "three")
    anna = Eater()
    async with letters_at(url) as letters, bus_at(url, anna=anna):
        second = (await letters.of("anna"))[1]
        assert await letters.replay("anna", second.id) == 1
        assert await letters.replay("anna", "no such id") == 0
        await anna.has(1)
        assert len(await letters.of("anna")) == 2
    assert anna.subjects == ["two"]


async def test_all_are_sent_again_with_all_their_attempts(url: str) -> None:
    await refused(url, "one", "two")
    again = Eater(lambda _message: Conflict())
    async with letters_at(url) as letters:
        assert await letters.replay("anna") == 2
        async with bus_at(url, anna=again):
            await eventually(lambda: all_in(url, queues.dead_queue_of("anna"), 2))
        assert len(again.tried) == 4
        assert {letter.attempts for letter in await letters.of("anna")} == {2}
        assert await letters.replay("anna") == 2
    anna = Eater()
    async with bus_at(url, anna=anna):
        await anna.has(2)
    assert sorted(anna.subjects) == ["one", "two"]


async def test_one_is_thrown_away(url: str) -> None:
    await refused(url, "one", "two")
    async with letters_at(url) as letters:
        first = (await letters.of("anna"))[0]
        assert await letters.drop("anna", first.id) == 1
        assert await letters.drop("anna", first.id) == 0
        assert [letter.id for letter in await letters.of("anna")] != [first.id]
        assert len(await letters.of("anna")) == 1


async def test_what_is_no_event_has_an_id_too(url: str) -> None:
    async with bus_at(url, anna=Eater()):
        await send(url, queues.queue_of("anna"), b"rubbish")
        await eventually(lambda: all_in(url, queues.dead_queue_of("anna"), 1))
    async with letters_at(url) as letters:
        (rubbish,) = await letters.of("anna")
        assert rubbish.failure == "Malformed"
        assert await letters.drop("anna", rubbish.id) == 1


# -- The command ----------------------------------------------------------------------------------


class Terminal:
    """`quickserve dead-letters …`, within this process to save time."""

    def __init__(self, capsys: pytest.CaptureFixture[str]) -> None:
        self._capsys = capsys

    async def say(self, *words: str) -> tuple[int, str]:
        arguments = cli._parser().parse_args(["dead-letters", *words])
        code = await asyncio.to_thread(arguments.run, arguments)
        return code, self._capsys.readouterr().out


@pytest.fixture
def terminal(
    url: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Terminal:
    monkeypatch.setenv("QUICKSERVE_RABBITMQ_URL", url)
    return Terminal(capsys)


async def test_the_command_lists_sends_again_and_throws_away(url: str, terminal: Terminal) -> None:
    offer = loaf("Rosa Bonheur", EventOffered)
    eater = Eater(lambda _message: Conflict())
    async with bus_at(url, events=TAKERS["booking"], booking=eater) as bus:
        await bus.publish([offer])
        await eventually(lambda: all_in(url, queues.dead_queue_of("booking"), 1))
    code, listed = await terminal.say()
    assert code == 0
    assert "booking: 1 dead letter\n" in listed
    assert "catalog: no dead letters" in listed
    assert f"{offer.id}  {EventOffered.TYPE}  Conflict, 2 attempts since 2" in listed
    assert "Rosa Bonheur" not in listed, "people's names only when asked for"
    _, shown = await terminal.say("list", "booking", "--show")
    assert "Rosa Bonheur" in shown
    assert await terminal.say("replay", "booking", "x") == (
        1, "booking has no dead letter x.\n",
    )  # fmt: skip
    assert await terminal.say("replay", "booking", "--all") == (0, "1 sent again.\n")
    assert await depth(url, queues.queue_of("booking")) == 1
    await send(url, queues.dead_queue_of("booking"), b"rubbish", message_id="r")
    assert await terminal.say("drop", "booking", "r") == (0, "1 thrown away.\n")


async def test_the_command_says_what_to_set(
    terminal: Terminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("QUICKSERVE_RABBITMQ_URL", "")
    with pytest.raises(CannotStart, match="Set QUICKSERVE_RABBITMQ_URL"):
        await terminal.say()
    monkeypatch.setenv("QUICKSERVE_RABBITMQ_URL", "amqp://guest:secret@127.0.0.1:1/")
    with pytest.raises(CannotStart, match=r"RabbitMQ at 127\.0\.0\.1 cannot be used") as refusal:
        await terminal.say()
    assert "secret" not in str(refusal.value)


def test_the_help_teaches(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        cli._parser().parse_args(["dead-letters", "--help"])
    said = capsys.readouterr().out
    for word in ("replay booking --all", "personal data", "QUICKSERVE_RABBITMQ_URL"):
        assert word in said

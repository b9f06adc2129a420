"""What the supervisor of the split shape does when a service's process does not behave."""

import asyncio
import sys

import pytest

from quickserve.commandline.split import Child, end
from quickserve.laptop import CannotStart
from quickserve.server import listen


class Pretender(Child):
    """A child whose program is given by the test."""

    program = ""

    async def start(self) -> None:
        self.process = await asyncio.create_subprocess_exec(
            sys.executable, "-c", self.program, stdout=asyncio.subprocess.PIPE
        )
        if "never" in self.program:
            raise CannotStart("it never became ready")


@pytest.fixture
def child():
    one = Pretender("booking", listen("127.0.0.1", 0), {}, 36)
    yield one
    one.listener.close()


async def test_a_successor_that_cannot_start_leaves_the_old_one_serving(child):
    child.program = "import time; time.sleep(60)"
    await child.start()
    old = child.process
    child.program = "import time; 'never'; time.sleep(60)"
    await child.replace()
    assert child.process is old
    assert old.returncode is None
    await end(old)


async def test_a_line_of_any_length_is_read(child, capsys):
    """A reader that stops would fill the pipe, and the service would hang at its next line."""
    child.program = "print('x' * 300_000); print('ready booking')"
    await child.start()
    ready = asyncio.Event()
    await asyncio.wait_for(child._read(child.process, ready), 10)
    assert ready.is_set()
    assert "x" * 300_000 in capsys.readouterr().err
    await child.process.wait()

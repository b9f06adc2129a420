"""docs/http.md is true: every call of the page is made, in order, and answers as it says."""

import json
import os
import re
import subprocess
from itertools import pairwise
from pathlib import Path
from typing import Any

from tests.journeys.product import Product
from tests.programs import program

PAGE = Path("docs/http.md")
MARK = "\x1e"  # ASCII record separator
BLOCK = re.compile(r"```(sh|json)\n(.*?)```", re.DOTALL)


def test_the_page_of_calls_answers_as_it_says(running: Product):
    for name in ("curl", "jq", "uuidgen"):
        program(name, package="curl jq uuid-runtime")
    blocks: list[tuple[str, str]] = BLOCK.findall(PAGE.read_text("utf-8"))
    door = next(line for line in running.output if line.startswith("door"))
    answers = _run(
        [text for kind, text in blocks if kind == "sh"],
        {"BASE": running.address, "DOOR_PASSWORD": door.split()[-1]},
    )
    for (kind, text), (next_kind, expected) in pairwise(blocks):
        if kind == "sh":
            answer = answers.pop(0)
            if next_kind == "json":
                assert _matches(json.loads(expected), json.loads(answer)), (text, answer)


def _run(calls: list[str], environment: dict[str, str]) -> list[str]:
    """What each block printed; one shell runs them all, so that variables carry on."""
    script = "set -eu\n" + f"\nprintf '%s' '{MARK}'\n".join(calls)
    done = subprocess.run(
        ["bash", "-c", script], capture_output=True, text=True, check=False,
        env={**os.environ, **environment}, timeout=120,
    )  # fmt: skip
    assert done.returncode == 0, (done.stdout[-500:], done.stderr)
    return done.stdout.split(MARK)


def _matches(expected: Any, answer: Any) -> bool:
    """Every member the page shows is there; `…` stands for anything."""
    if expected == "…":
        return True
    if isinstance(expected, dict):
        return isinstance(answer, dict) and all(
            key in answer and _matches(value, answer[key]) for key, value in expected.items()
        )
    if isinstance(expected, list):
        return len(answer) == len(expected) and all(map(_matches, expected, answer))
    return expected == answer

"""Short functions, short modules, short lines: what a reader can hold in mind."""

import ast
import re
from pathlib import Path

import pytest

from .project import ROOT, python_files

FUNCTION_LINES_MAX = 70
MODULE_LINES_MAX = 500
LINE_CHARS_MAX = 100
REASON = re.compile(
    r"\s*# (?:noqa|type: ignore|pyright: ignore)\b.*"
)  # stands beside what it excuses

FILES = python_files("src", "tests", "bench", "tools")


def too_long(path: Path) -> list[str]:
    text = path.read_text("utf-8")
    lines = text.splitlines()
    found = [
        f"line {number} has {len(line)} characters"
        for number, line in enumerate(lines, 1)
        if len(REASON.sub("", line)) > LINE_CHARS_MAX
    ]
    if len(lines) > MODULE_LINES_MAX:
        found.append(f"the module has {len(lines)} lines")
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            length = (node.end_lineno or 0) - node.lineno + 1
            if length > FUNCTION_LINES_MAX:
                found.append(f"{node.name} has {length} lines")
    return found


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_nothing_is_too_long(path: Path) -> None:
    assert too_long(path) == []


def test_the_check_sees_what_is_too_long(tmp_path: Path) -> None:
    body = "\n".join(f"    x = {n}" for n in range(FUNCTION_LINES_MAX))
    path = tmp_path / "long.py"
    path.write_text(f"def f():\n{body}\n" + "#" * 101 + "\n" * MODULE_LINES_MAX)
    assert len(too_long(path)) == 3

"""The Dockerfile's instructions, and their execution by hand in a folder.

There need be no container engine: the build stage's own lines run in a shell, with the image's
paths moved below the folder. What this cannot show: the base image, layers, and namespaces.
"""

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

from tests.programs import program

from .compose import ROOT

DOCKERFILE = ROOT / "Dockerfile"
UID = 10001  # of the image's user
_MOVED = re.compile(r"(?<![\w/])(/opt/|/build(?![\w-]))")  # folders that get a place below ours


@dataclass(frozen=True)
class Instruction:
    word: str
    rest: str

    def as_list(self) -> list[str]:
        return json.loads(self.rest)

    def as_pairs(self) -> dict[str, str]:
        return dict(pair.split("=", 1) for pair in shlex.split(self.rest))


def stages() -> list[list[Instruction]]:
    """The instructions from each FROM on; those before the first come with the first."""
    text = re.sub(r"^#.*\n", "", DOCKERFILE.read_text("utf-8"), flags=re.MULTILINE)
    found: list[list[Instruction]] = [[]]
    for line in re.sub(r"\\\n", " ", text).splitlines():
        word, _, rest = line.strip().partition(" ")
        if word == "FROM" and any(i.word == "FROM" for i in found[-1]):
            found.append([])
        if word:
            found[-1].append(Instruction(word, " ".join(rest.split())))
    return found


def only(stage: list[Instruction], word: str) -> Instruction:
    (found,) = [instruction for instruction in stage if instruction.word == word]
    return found


def context() -> Iterator[Path]:
    """What `.dockerignore` lets through, as paths below the project's folder."""
    lines = (ROOT / ".dockerignore").read_text("utf-8").splitlines()
    rules = [line for line in lines if line and not line.startswith("#")]
    assert rules[0] == "*", "the list begins with nothing"
    allowed = [rule.removeprefix("!") for rule in rules if rule.startswith("!")]
    refused = [rule.removeprefix("**/") for rule in rules[1:] if not rule.startswith("!")]
    for name in allowed:
        top = ROOT / name
        for path in [top] if top.is_file() else sorted(top.rglob("*")):
            inside = path.relative_to(ROOT)
            if path.is_file() and not any(fnmatch(p, r) for p in inside.parts for r in refused):
                yield inside


def python_for_everybody() -> str:
    """An interpreter that another user may run: one below a private home folder will not do."""
    for name in (os.path.realpath(sys.executable), "/usr/bin/python3"):
        folders = Path(name).parents
        if Path(name).exists() and all(folder.stat().st_mode & 0o001 for folder in folders):
            return name
    return program("python3", package="python3-venv")


@dataclass
class Build:
    """The build stage in `folder`, where `/opt` and `/build` get their places."""

    folder: Path
    environment: dict[str, str] = field(default_factory=dict[str, str])
    workdir: Path = Path()

    def run(self) -> None:
        base = self.folder / "base"  # stands for the image's Python and pip
        subprocess.run([python_for_everybody(), "-m", "venv", str(base)], check=True)
        self.environment = {**os.environ, "PATH": f"{base}/bin:{os.environ['PATH']}"}
        for instruction in stages()[0]:
            match instruction.word:
                case "ENV":
                    self.environment |= instruction.as_pairs()
                case "WORKDIR":
                    self.workdir = Path(self.moved(instruction.rest))
                    self.workdir.mkdir(parents=True)
                case "COPY":
                    self.copy(*instruction.rest.split())
                case "RUN":
                    self.shell(self.moved(instruction.rest))
                case "ARG" | "FROM":
                    pass
                case other:
                    raise AssertionError(f"{other} cannot be done by hand")

    def moved(self, text: str) -> str:
        return _MOVED.sub(rf"{self.folder}\1", text)

    def copy(self, *paths: str) -> None:
        *sources, target = paths
        for inside in context():
            for source in sources:
                if inside == Path(source) or Path(source) in inside.parents:
                    # A folder's content goes into the target, a file beside the others.
                    rest = inside.relative_to(source) if inside != Path(source) else inside.name
                    into = self.workdir / target / rest
                    into.parent.mkdir(parents=True, exist_ok=True)
                    shutil.copyfile(ROOT / inside, into)

    def shell(self, command: str) -> None:
        ran = subprocess.run(
            ["/bin/sh", "-ec", command], cwd=self.workdir, env=self.environment,
            capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert ran.returncode == 0, f"{command}\n{ran.stdout[-2000:]}{ran.stderr[-2000:]}"


@dataclass(frozen=True)
class Image:
    """What the final stage copies, and how a container of it runs a command."""

    home: Path

    def environment(self, **settings: str) -> dict[str, str]:
        stated = only(stages()[1], "ENV").as_pairs()
        moved = {k: v.replace("/opt/quickserve", str(self.home)) for k, v in stated.items()}
        return {**moved, "PATH": moved["PATH"].replace("$PATH", "/usr/bin:/bin"), **settings}

    def start(self, *command: str, output: Any = None, **settings: str) -> subprocess.Popen[str]:
        user = {"user": UID, "group": UID, "extra_groups": []} if os.geteuid() == 0 else {}
        return subprocess.Popen(
            [str(self.home / "bin" / command[0]), *command[1:]],
            cwd="/tmp", env=self.environment(**settings),
            stdout=output or subprocess.PIPE, stderr=output or subprocess.PIPE, text=True, **user,
        )  # fmt: skip

    def run(self, *command: str, **settings: str) -> subprocess.CompletedProcess[str]:
        process = self.start(*command, **settings)
        told, complained = process.communicate(timeout=60)
        return subprocess.CompletedProcess(command, process.returncode, told, complained)


def until_healthy(image: Image, port: int, *, seconds: float = 60, told: str = "") -> str:
    """What its health check says in the end: nothing, when all is well. Waits for what is `told`,
    else for that.
    """
    probe = only(stages()[1], "HEALTHCHECK").rest.partition("CMD ")[2]
    command = [*re.findall(r'"([^"]+)"', probe), str(port)]
    deadline = time.monotonic() + seconds
    while True:
        asked = image.run(*command)
        enough = asked.returncode == 0 or (told != "" and told in asked.stderr)
        if enough or time.monotonic() > deadline:
            return asked.stderr
        time.sleep(0.2)

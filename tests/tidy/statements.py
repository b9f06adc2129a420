"""Finds the SQL in the source: every statement given to a transaction, with where it stands."""

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import import_module
from itertools import product
from pathlib import Path

from .project import ROOT, SRC, module_name, python_files

# Method of Transaction → which argument is the statement.
METHODS = {"one": 1, "maybe": 1, "all": 1, "value": 0, "execute": 0, "many": 0}
TRANSACTIONS = ("tx", "_tx")
Function = ast.FunctionDef | ast.AsyncFunctionDef


class NotLiteralError(Exception):
    """The statement is put together while the program runs."""


@dataclass(frozen=True)
class Statement:
    where: str
    package: str
    text: str

    def numbered(self) -> str:
        """With `$1` where psycopg has `%s` or `%(name)s`, as PostgreSQL wants it."""
        names: list[str] = []

        def number(found: re.Match[str]) -> str:
            if found[0] == "%%":
                return "%"
            name = found[1] or f"#{len(names)}"
            if name not in names:
                names.append(name)
            return f"${names.index(name) + 1}"

        return re.sub(r"%%|%(?:\((\w+)\))?[sbt]", number, self.text)


class Module:
    """One module's statements."""

    def __init__(self, path: Path, name: str, package: str) -> None:
        self._tree = ast.parse(path.read_text("utf-8"))
        self._path = path
        self._name = name
        self._package = package

    def statements(self) -> Iterator[Statement]:
        for function, call in self._calls():
            where = f"{self._path}:{call.lineno}"
            method = call.func.attr if isinstance(call.func, ast.Attribute) else ""
            position = METHODS[method]
            if len(call.args) <= position:
                raise NotLiteralError(f"{where}: the statement is not where it is looked for")
            for text in self._texts(call.args[position], function, where):
                yield Statement(where, self._package, text)

    def _calls(self) -> Iterator[tuple[Function | None, ast.Call]]:
        within: dict[ast.Call, Function] = {}
        for function in ast.walk(self._tree):
            if isinstance(function, Function):  # inner functions come later and win
                within |= {n: function for n in ast.walk(function) if isinstance(n, ast.Call)}
        for call in ast.walk(self._tree):
            if isinstance(call, ast.Call) and _on_transaction(call.func):
                yield within.get(call), call

    def _texts(  # noqa: PLR0911 - a case for each way to write a text
        self, node: ast.expr, function: Function | None, where: str
    ) -> list[str]:
        """Every text that the expression can have."""

        def texts(part: ast.expr) -> list[str]:
            return self._texts(part, function, where)

        match node:
            case ast.Constant(value=str(text)):
                return [text]
            case ast.BinOp(left=left, op=ast.Add(), right=right):
                return [a + b for a, b in product(texts(left), texts(right))]
            case ast.IfExp(body=body, orelse=orelse):
                return texts(body) + texts(orelse)
            case ast.JoinedStr(values=parts):
                return ["".join(parts) for parts in product(*map(texts, parts))]
            case ast.FormattedValue(value=value, conversion=-1, format_spec=None):
                return texts(value)
            case ast.Dict(values=values):
                return [text for value in values for text in texts(value)]
            case ast.Subscript(value=value):
                return texts(value)
            case ast.Name(id=name):
                return self._named(name, function, where)
            case _:
                raise NotLiteralError(f"{where}: {ast.unparse(node)[:60]} is no literal")

    def _named(self, name: str, function: Function | None, where: str) -> list[str]:
        """The values given to the name in the function, else the module's constant."""
        if function is not None:
            given = [
                node.value
                for node in ast.walk(function)
                if isinstance(node, ast.Assign | ast.AnnAssign) and node.value
                for target in (node.targets if isinstance(node, ast.Assign) else [node.target])
                if isinstance(target, ast.Name) and target.id == name
            ]
            if given:
                return [t for value in given for t in self._texts(value, function, where)]
        value = getattr(import_module(self._name), name, None)
        match value:
            case str():
                return [value]
            case dict() if all(isinstance(text, str) for text in value.values()):
                return list(value.values())
            case _:
                raise NotLiteralError(f"{where}: {name} is no literal")


def _on_transaction(function: ast.expr) -> bool:
    match function:
        case ast.Attribute(value=ast.Name(id=name), attr=method):
            return name in TRANSACTIONS and method in METHODS
        case ast.Attribute(value=ast.Attribute(attr=name), attr=method):
            return name in TRANSACTIONS and method in METHODS
        case _:
            return False


def all_statements() -> list[Statement]:
    """Raises NotLiteralError."""
    found: list[Statement] = []
    for path in python_files("src"):
        package = path.relative_to(SRC).parts[0]
        found += Module(path.relative_to(ROOT), module_name(path), package).statements()
    return found

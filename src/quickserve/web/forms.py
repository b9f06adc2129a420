"""What a form sent, read with suspicion.

    @router.post("/organiser/events")
    async def create(request: Request, form: Submitted, who: Staff, ask: Ask) -> Response:
        title = form.text("title")

`Submitted` reads urlencoded and multipart bodies within bounds and checks the CSRF token, so no
page can forget it. Values come without control characters, trimmed, the first of a name counting.
A page that finds a mistake renders its form again with status 422, `form.values` and messages.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Annotated, Final
from urllib.parse import parse_qsl
from uuid import UUID

from fastapi import Depends, Request
from python_multipart.exceptions import MultipartParseError
from starlette.datastructures import UploadFile
from starlette.exceptions import HTTPException

from quickserve.kernel.errors import Malformed, Problem
from quickserve.kernel.ids import new_uuid
from quickserve.web import csrf
from quickserve.web.page import settings_of
from quickserve.web.patience import begin

_FIELDS_MAX: Final = 5000
_PART_BYTES_MAX: Final = 256 * 1024
_WHOLE_DIGITS_MAX: Final = 9
_ROW_NUMBER: Final = re.compile(r"[0-9]{1,4}", re.ASCII)


class UnreadableForm(Malformed):
    code = "unreadable-form"
    title = "The form cannot be read"


@dataclass(frozen=True, slots=True)
class Upload:
    """A file as the browser sent it; `filename` is a stranger's word."""

    filename: str
    content: bytes


@dataclass(frozen=True, slots=True)
class Form:
    pairs: Sequence[tuple[str, str]]
    files: dict[str, Upload] = field(default_factory=dict[str, Upload])

    @property
    def values(self) -> dict[str, str]:
        """The first value of each field as typed (cleaned), to show again."""
        return {name: clean(value) for name, value in reversed(self.pairs) if name != csrf.FIELD}

    def text(self, name: str) -> str:
        """One line."""
        return " ".join(self.lines(name).split())

    def lines(self, name: str) -> str:
        """Text of several lines, however the browser ended them."""
        return next((clean(value) for key, value in self.pairs if key == name), "")

    def secret(self, name: str) -> str:
        """A password, to the letter."""
        return next((value for key, value in self.pairs if key == name), "")

    def all(self, name: str) -> list[str]:
        return [clean(value) for key, value in self.pairs if key == name]

    def ticked(self, name: str) -> bool:
        return any(key == name for key, _ in self.pairs)

    def keys(self, start: str, end: str) -> list[str]:
        """Of rows of fields: `d0`, `d7` of `d0-id`, `d7-id` with start "d" and end "-id"."""
        names = dict.fromkeys(name for name, _ in self.pairs)
        stems = [n.removesuffix(end) for n in names if n.startswith(start) and n.endswith(end)]
        return [stem for stem in stems if _ROW_NUMBER.fullmatch(stem, len(start))]

    def whole(self, name: str, default: int | None = None) -> int | None:
        """A whole number ≥ 0; `default` when the field is empty, None when it is no number."""
        text = self.text(name)
        if not text:
            return default
        fine = text.isascii() and text.isdigit() and len(text) <= _WHOLE_DIGITS_MAX
        return int(text) if fine else None

    def id(self, name: str) -> UUID | None:
        return parse_id(self.text(name))

    def minted(self, name: str) -> UUID:
        """The id that our form carried, so that a second tap is recognised; a new one without.

        Raises UnreadableForm for what is no id: a second tap would not be recognised.
        """
        if not self.text(name):
            return new_uuid()
        found = self.id(name)
        if found is None:
            raise UnreadableForm
        return found


def parse_id(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


def clean(text: str) -> str:
    """Without what no field holds: control characters, halves of surrogate pairs, edges."""
    plain = text.replace("\r\n", "\n").replace("\r", "\n")
    kept = (c for c in plain if c in "\n\t" or (ord(c) >= ord(" ") and c != "\x7f"))
    return "".join(kept).encode("utf-8", "ignore").decode().strip()


async def _submitted(request: Request) -> Form:
    form = await _read(request)
    given = next((value for name, value in form.pairs if name == csrf.FIELD), "")
    csrf.check(request, settings_of(request), given)
    begin(request)  # however long the upload took
    return form


async def _read(request: Request) -> Form:
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind == "multipart/form-data":
        return await _read_multipart(request)
    body = await request.body()
    if body and kind != "application/x-www-form-urlencoded":
        raise UnreadableForm("Send the form as a browser does.")
    try:
        text = body.decode("latin-1")
        pairs = parse_qsl(text, keep_blank_values=True, max_num_fields=_FIELDS_MAX)
    except ValueError as error:
        raise UnreadableForm from error
    return Form(pairs)


async def _read_multipart(request: Request) -> Form:
    try:
        async with request.form(
            max_files=10, max_fields=_FIELDS_MAX, max_part_size=_PART_BYTES_MAX
        ) as parts:
            pairs = [(name, v) for name, v in parts.multi_items() if isinstance(v, str)]
            files = {
                name: Upload(clean(part.filename or "")[:200], await part.read())
                for name, part in parts.multi_items()
                if isinstance(part, UploadFile)
            }
    except Problem:
        raise
    except (HTTPException, MultipartParseError, UnicodeDecodeError, KeyError) as error:
        raise UnreadableForm from error
    return Form(pairs, files)


Submitted = Annotated[Form, Depends(_submitted)]

"""Which format a file has: told by its content, and only where that is silent by its name."""

import re

from quickserve.catalog.importers.model import Format, ImportRefused
from quickserve.catalog.importers.text import decode

_HEAD = 64 * 1024
_ICAL = re.compile(r"^BEGIN:(?:VCALENDAR|VEVENT|VTIMEZONE)\s*$", re.IGNORECASE | re.MULTILINE)
_HTML = re.compile(r"<(?:!doctype\s+html|html|head|body|script)\b", re.IGNORECASE)
_SCHEDULE_XML = re.compile(r"<schedule[\s>]")
_SCHEDULE_JSON = re.compile(r'^\{(?:[^{}]*)"schedule"\s*:\s*\{')
_BY_ENDING = {
    "ics": Format.ICAL, "ical": Format.ICAL, "ifb": Format.ICAL, "vcs": Format.ICAL,
    "xml": Format.PENTABARF,
    "json": Format.JSONLD, "jsonld": Format.JSONLD, "html": Format.JSONLD, "htm": Format.JSONLD,
    "csv": Format.TABLE, "tsv": Format.TABLE, "tab": Format.TABLE,
}  # fmt: skip


def detect(filename: str, content: bytes) -> Format:
    """The format to read the file as. Raises ImportRefused where it is none that we read."""
    head = decode(content)[:_HEAD].lstrip().replace("\r\n", "\n").replace("\r", "\n")
    by_name = _BY_ENDING.get(filename.rpartition(".")[2].lower())
    if _ICAL.match(head) or (by_name in {Format.ICAL, None} and _ICAL.search(head)):
        return Format.ICAL
    if head.startswith("<"):
        if _SCHEDULE_XML.search(head):
            return Format.PENTABARF
        if _HTML.search(head):
            return Format.JSONLD
    elif head.startswith(("{", "[")):
        return Format.PENTABARF if _SCHEDULE_JSON.match(head) else Format.JSONLD
    if by_name is not None:
        return by_name
    if re.search(r"[;,\t|]", head.partition("\n")[0]):
        return Format.TABLE
    raise ImportRefused(
        "unknown-format",
        "The file is none of iCalendar, conference schedule, JSON-LD or CSV: choose another one.",
    )

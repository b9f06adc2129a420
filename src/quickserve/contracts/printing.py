"""Printers of a stand: what `ordering` prints kitchen tickets on."""

from datetime import datetime
from typing import Annotated, Literal, NewType
from uuid import UUID

from pydantic import BaseModel, Field, StringConstraints

from quickserve.contracts.menus import Draft, Name, StationKey
from quickserve.kernel.errors import Problem

PrinterId = NewType("PrinterId", UUID)
PRINTERS_MAX = 20  # of one stand
Width = Literal[32, 42, 48]
# What the printer's firmware knows; `ascii` is for those that know none of them.
CodePage = Literal["cp437", "cp850", "cp858", "cp1252", "ascii"]
Host = Annotated[
    str, StringConstraints(strip_whitespace=True, pattern=r"^[A-Za-z0-9]([A-Za-z0-9.:-]{0,251})$")
]


class PrinterDraft(Draft):
    """An ESC/POS printer in the venue's network. `width`: characters of a line.

    `station`: prints what is made there; None: everything.
    """

    name: Name
    host: Host
    port: int = Field(default=9100, ge=1, le=65_535, strict=True)
    width: Width = 42
    code_page: CodePage = "cp858"
    station: StationKey | None = None
    language: Literal["fr", "en"] = "fr"
    enabled: bool = True


class PrinterView(BaseModel):
    """`waiting`: tickets not printed yet. `last_error`: unreachable, refused, slow, dropped, …"""

    id: PrinterId
    draft: PrinterDraft
    waiting: int
    failing_since: datetime | None
    last_error: str | None
    printed_at: datetime | None


class PrinterList(BaseModel):
    printers: list[PrinterView]


class PrinterNotAllowed(Problem):
    """`extra.reason`: port, address, too-many."""

    status = 422
    code = "printer-not-allowed"
    title = "No printer may be set up at this address"

"""What the door is told about a ticket: one word that carries across a noisy entrance."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from quickserve.contracts.booking import Refusal, ScanView
from quickserve.web import format  # noqa: A004 - the module's name says what it does
from quickserve.web.i18n import Locale


@dataclass(frozen=True, slots=True)
class Told:
    """`kind` gives colour and icon: go, no, or wait for the next ticket."""

    kind: Literal["go", "no", "wait"]
    word: str
    lines: Sequence[str]


def tell(judged: ScanView, zone: str, *, now: datetime, locale: Locale) -> Told:
    if judged.verdict == "admitted":
        name = (judged.holder_name or "").split(" ")[0]
        word = locale.gettext("Welcome {name}").format(name=name)
        return Told("go", word, _present(judged.ticket_type, judged.seat, judged.holder_name))
    if judged.verdict == "already-admitted":
        assert judged.admitted_at is not None
        at = format.time(judged.admitted_at, zone, locale=locale)
        where = locale.gettext("{time}, {gate}").format(time=at, gate=judged.gate)
        ago = format.relative(judged.admitted_at, now=now, locale=locale)
        return Told("no", locale.gettext("Already scanned"), _present(where, ago))
    word, line = _refusals(locale)[judged.refusal or "unknown"]
    return Told("no", word, [line])


def _present(*lines: str | None) -> list[str]:
    return [line for line in lines if line]


def _refusals(locale: Locale) -> dict[Refusal, tuple[str, str]]:
    gettext = locale.gettext
    return {
        "forged": (gettext("Forged"), gettext("This code was not signed by the organiser.")),
        "unknown": (gettext("Unknown code"), gettext("Check it and type it again.")),
        "revoked": (gettext("Revoked"), gettext("The organiser withdrew this ticket.")),
        "other-date": (gettext("Other date"), gettext("This ticket is for another date or event.")),
        "other-organiser": (gettext("Not ours"), gettext("This ticket is of another organiser.")),
        "cancelled": (gettext("Cancelled"), gettext("The booking or the event is cancelled.")),
    }

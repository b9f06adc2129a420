"""Ticket printers of a stand: where they are in the venue's network, and whether they print."""

from collections.abc import Mapping
from typing import Final

from fastapi import Request
from pydantic import ValidationError
from starlette.responses import Response

from quickserve.contracts.kitchen_client import PrinterNotAllowed
from quickserve.contracts.printing import PrinterDraft, PrinterId, PrinterView
from quickserve.kernel.errors import NotFound
from quickserve.kernel.ids import new_uuid
from quickserve.web.forms import Form, Submitted
from quickserve.web.i18n import Locale
from quickserve.web.page import Ask, Services, locale_of, page_router, redirect
from quickserve.web.pages.organiser.stands.frame import OwnStand, TheStand, show_stand

router = page_router()

_NEW: Final = {
    "name": "", "host": "", "port": "9100", "width": "42", "code_page": "cp858", "station": "",
    "language": "fr", "enabled": "1",
}  # fmt: skip
_PORT_DIGITS: Final = 5


@router.get("/organiser/stands/{stand_id}/printers")
async def printers_page(request: Request, own: TheStand, ask: Ask, edit: str = "") -> Response:
    """`?edit=` opens the form of one that is there."""
    found = (await ask.kitchen.printers(own.id, own.desk.token)).printers
    one = next((one for one in found if str(one.id) == edit), None)
    values = _typed(one) if one else _NEW | {"language": locale_of(request).code}
    return _show(request, own, found, one.id if one else None, values)


@router.post("/organiser/stands/{stand_id}/printers")
async def save(request: Request, own: TheStand, form: Submitted, ask: Ask) -> Response:
    printer_id = PrinterId(form.minted("printer"))
    errors, draft = _draft(form, locale_of(request))
    if draft is not None:
        try:
            await ask.kitchen.put_printer(own.id, printer_id, draft, own.desk.token)
        except PrinterNotAllowed as problem:
            errors = _not_allowed(problem, locale_of(request))
        else:
            return redirect(request, f"{own.path}/printers?done=saved")
    found = (await ask.kitchen.printers(own.id, own.desk.token)).printers
    values = _NEW | {"enabled": ""} | form.values
    return _show(request, own, found, printer_id, values, errors, status=422)


@router.post("/organiser/stands/{stand_id}/printers/{printer_id}/removal")
async def remove(
    request: Request, own: TheStand, printer_id: PrinterId, _form: Submitted, ask: Ask
) -> Response:
    await ask.kitchen.delete_printer(own.id, printer_id, own.desk.token)
    return redirect(request, f"{own.path}/printers?done=removed")


@router.post("/organiser/stands/{stand_id}/printers/{printer_id}/test-page")
async def print_test(
    request: Request, own: TheStand, printer_id: PrinterId, _form: Submitted, ask: Ask
) -> Response:
    await _try(ask, own, printer_id)
    return redirect(request, f"{own.path}/printers?done=printing")


async def _try(ask: Services, own: OwnStand, printer_id: PrinterId) -> None:
    """One that was removed meanwhile prints nothing; the list tells."""
    try:
        await ask.kitchen.print_test(own.id, printer_id, own.desk.token)
    except NotFound:
        return


def _show(
    request: Request, own: OwnStand, found: list[PrinterView], printer_id: PrinterId | None,
    values: Mapping[str, str], errors: Mapping[str, str] | None = None, *, status: int = 200,
) -> Response:  # fmt: skip
    gettext = locale_of(request).gettext
    return show_stand(
        request, own, "stand_printers.html", status=status, found=found,
        printer_id=printer_id or new_uuid(), editing=any(one.id == printer_id for one in found),
        values=values, errors=errors or {}, faults=_faults(locale_of(request)),
        stations=[("", gettext("Everything")), *((s.key, s.name) for s in own.draft.stations)],
    )  # fmt: skip


def _typed(one: PrinterView) -> dict[str, str]:
    draft = one.draft
    return {
        "name": draft.name, "host": draft.host, "port": str(draft.port), "width": str(draft.width),
        "code_page": draft.code_page, "station": draft.station or "", "language": draft.language,
        "enabled": "1" if draft.enabled else "",
    }  # fmt: skip


def _draft(form: Form, locale: Locale) -> tuple[dict[str, str], PrinterDraft | None]:
    gettext = locale.gettext
    port = form.text("port")
    wanted: dict[str, object] = {
        "name": form.text("name"), "host": form.text("host"),
        "port": int(port) if port.isdecimal() and len(port) <= _PORT_DIGITS else 0,
        "width": int(form.text("width")) if form.text("width") in ("32", "42", "48") else 0,
        "code_page": form.text("code_page"), "station": form.text("station") or None,
        "language": form.text("language"), "enabled": form.ticked("enabled"),
    }  # fmt: skip
    words = {
        "name": gettext("Fill this in."),
        "host": gettext("Enter the printer’s address in your network, such as 192.168.1.50."),
        "port": gettext("Enter the printer’s port, usually 9100."),
    }
    try:
        return {}, PrinterDraft.model_validate(wanted)
    except ValidationError as error:
        other = gettext("This choice is not known: choose again.")
        named = [str(one["loc"][0]) for one in error.errors()]
        return {name: words.get(name, other) for name in named}, None


def _not_allowed(problem: PrinterNotAllowed, locale: Locale) -> dict[str, str]:
    gettext = locale.gettext
    reason = problem.extra.get("reason")
    if reason == "port":
        return {"port": gettext("Printers listen on another port here: 9100 is the usual one.")}
    if reason == "too-many":
        return {"name": gettext("This stand has as many printers as it can have.")}
    return {
        "host": gettext("Only printers in the venue’s own network can be reached: enter such an"
                        " address.")
    }  # fmt: skip


def _faults(locale: Locale) -> dict[str, str]:
    gettext = locale.gettext
    return {
        "not-allowed": gettext("Its name leads outside the venue’s network."),
        "unknown-name": gettext("Its name is not known in the network."),
        "unreachable": gettext("It cannot be reached: is it on, and is the address right?"),
        "slow": gettext("It does not answer in time: is there paper?"),
        "dropped": gettext("It hung up in the middle of a ticket."),
    }

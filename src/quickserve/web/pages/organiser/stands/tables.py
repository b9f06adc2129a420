"""Codes for tables, to be printed: who scans one orders to that table."""

import re
from dataclasses import dataclass
from typing import Final
from urllib.parse import quote

from fastapi import Request
from markupsafe import Markup
from starlette.responses import Response

from quickserve.web import ticket_files
from quickserve.web.forms import Form, Submitted
from quickserve.web.i18n import ENGLISH, FRENCH, Locale
from quickserve.web.page import locale_of, page_router, settings_of
from quickserve.web.pages.organiser.numbers import count, count_rule
from quickserve.web.pages.organiser.stands.frame import OwnStand, TheStand, show_stand

router = page_router()

CODES_MAX: Final = 200
_NUMBER_MAX: Final = 9999
_NAME_MAX: Final = 40  # of a table, by ordering's contract
_SIZES: Final = ("large", "small")
# Browsers and proxies make another address of these.
_NO_NAME: Final = re.compile(r"[/\\]|^\.+$")


@dataclass(frozen=True, slots=True)
class Code:
    table: str
    address: str
    picture: Markup


@router.get("/organiser/stands/{stand_id}/tables")
async def tables_page(request: Request, own: TheStand) -> Response:
    values = {"first": "1", "last": "12", "names": "", "size": "large"}
    return _show(request, own, values)


@router.post("/organiser/stands/{stand_id}/tables")
async def sheet(request: Request, own: TheStand, form: Submitted) -> Response:
    """The same page with the codes below."""
    values = {name: form.text(name) for name in ("first", "last")}
    values |= {"names": form.lines("names"), "size": form.text("size")}
    values["size"] = values["size"] if values["size"] in _SIZES else _SIZES[0]
    tables, errors = _tables(form, locale_of(request))
    if errors:
        return _show(request, own, values, errors=errors, status=422)
    start = f"{settings_of(request).public_url.rstrip('/')}/t/{own.view.slug}"
    addresses = [f"{start}/{quote(table, safe='')}" for table in tables]
    pictures = await ticket_files.qr_codes(addresses)
    codes = [Code(*one) for one in zip(tables, addresses, pictures, strict=True)]
    return _show(request, own, values, codes=codes)


def _tables(form: Form, locale: Locale) -> tuple[list[str], dict[str, str]]:
    """Names where there are any, else numbers; and what is wrong, by field."""
    lines = [" ".join(line.split()) for line in form.lines("names").splitlines()]
    names = list(dict.fromkeys(name for name in lines if name))
    if not names:
        return _numbers(form, locale)
    wrong = ""
    if any(len(name) > _NAME_MAX for name in names):
        wrong = locale.gettext("Use at most 40 letters for each.")
    elif any(_NO_NAME.search(name) for name in names):
        wrong = locale.gettext("Write them without slashes.")
    elif len(names) > CODES_MAX:
        wrong = locale.gettext("At most 200 at once.")
    return names, {"names": wrong} if wrong else {}


def _numbers(form: Form, locale: Locale) -> tuple[list[str], dict[str, str]]:
    first = count(form.text("first"), 1, _NUMBER_MAX)
    last = count(form.text("last"), 1, _NUMBER_MAX)
    rule = count_rule(1, _NUMBER_MAX, locale)
    errors = {name: rule for name, one in (("first", first), ("last", last)) if one is None}
    if errors or first is None or last is None:
        return [], errors
    if not first <= last < first + CODES_MAX:
        return [], {"last": count_rule(first, first + CODES_MAX - 1, locale)}
    return [str(number) for number in range(first, last + 1)], {}


def _show(
    request: Request, own: OwnStand, values: dict[str, str], *,
    errors: dict[str, str] | None = None, codes: list[Code] | None = None, status: int = 200,
) -> Response:  # fmt: skip
    # Guests read either language, whatever the organiser's is.
    invitations = [one.gettext("Scan to order to this table") for one in (FRENCH, ENGLISH)]
    return show_stand(
        request, own, "table_codes.html", status=status, values=values, errors=errors or {},
        codes=codes or [], invitations=invitations,
    )  # fmt: skip

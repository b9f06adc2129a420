"""The organiser's events: searched, narrowed by state, chosen for the bulk offer."""

from dataclasses import dataclass
from typing import Final, get_args
from urllib.parse import urlencode

from fastapi import Request
from starlette.responses import Response

from quickserve.contracts.catalog import CatalogClient, EventList, EventState
from quickserve.kernel.errors import Malformed
from quickserve.web.format import number
from quickserve.web.forms import clean
from quickserve.web.i18n import Locale
from quickserve.web.page import Ask, locale_of, page_router
from quickserve.web.pages.organiser.desk import Desk, Organising, show

router = page_router()

SECTION: Final = "/organiser/events"
_TEXT_MAX: Final = 100
_AFTER_MAX: Final = 100
_STATES: Final[tuple[EventState, ...]] = get_args(EventState)


@dataclass(frozen=True, slots=True)
class Filter:
    text: str
    state: EventState | None

    @classmethod
    def of(cls, request: Request) -> "Filter":
        query = request.query_params
        asked = query.get("state", "")
        state = _STATES[_STATES.index(asked)] if asked in _STATES else None
        return cls(" ".join(clean(query.get("q", "")).split())[:_TEXT_MAX], state)

    def path(self, *, after: str = "") -> str:
        pairs = {"q": self.text, "state": self.state or "", "after": after}
        query = urlencode({name: value for name, value in pairs.items() if value})
        return SECTION + (f"?{query}" if query else "")


@router.get("/organiser/events")
async def events_page(request: Request, desk: Organising, ask: Ask) -> Response:
    wanted = Filter.of(request)
    after = clean(request.query_params.get("after", ""))[:_AFTER_MAX]
    found = await _events(ask.catalog, desk, wanted, after)
    return show(
        request, desk, "events.html", section=SECTION,
        wanted=wanted, found=found, chips=_chips(wanted, found, locale_of(request)),
        next_path=wanted.path(after=found.next) if found.next else "", first_page=not after,
        offerable=any(event.state != "cancelled" for event in found.events),
        new=not sum(found.counts.values()),
    )  # fmt: skip


async def _events(catalog: CatalogClient, desk: Desk, wanted: Filter, after: str) -> EventList:
    try:
        return await catalog.events(
            desk.organiser_id, desk.token, state=wanted.state, text=wanted.text,
            after=after or None,
        )  # fmt: skip
    except Malformed:
        if not after:
            raise
        return await _events(catalog, desk, wanted, "")  # an old address: begin again


def _chips(wanted: Filter, found: EventList, locale: Locale) -> list[tuple[str, str, bool]]:
    """Label, path, whether it is the present one."""
    gettext = locale.gettext
    labels: dict[EventState | None, str] = {
        None: gettext("All"),
        "draft": gettext("Drafts"),
        "published": gettext("Published"),
        "cancelled": gettext("Cancelled"),
    }
    counts = {None: sum(found.counts.values()), **found.counts}
    return [
        (
            f"{label} ({number(counts.get(state, 0), locale=locale)})",
            Filter(wanted.text, state).path(),
            state == wanted.state,
        )
        for state, label in labels.items()
    ]

"""What is left for a date, as it changes."""

from fastapi import Request
from pydantic import ValidationError
from starlette.responses import Response

from quickserve.contracts import notices
from quickserve.contracts.booking import Availability
from quickserve.contracts.catalog import DateId, EventId
from quickserve.kernel.service import Ctx
from quickserve.kernel.shared.port import Notice
from quickserve.web.live import stream
from quickserve.web.page import Ask, locale_of, page_router
from quickserve.web.templating import fragment

router = page_router()


@router.get("/events/{event_id}/places/{date_id}")
async def places(
    request: Request, event_id: EventId, date_id: DateId, ask: Ask, ctx: Ctx, closed: bool = False
) -> Response:
    """`closed`: the page shows no form, so who sees places come back needs a way to it."""
    locale = locale_of(request)
    path = f"/events/{event_id}?date={date_id}"

    async def show(notice: Notice | None) -> str | None:
        date = _told(notice) or await look()
        return date and fragment(
            locale.code, "event_places.html", date=date, closed=closed, path=path
        )

    async def look() -> Availability | None:
        found = (await ask.booking.availability([date_id])).dates
        return found[0] if found else None

    return stream(request, ctx.fanout, [notices.places(date_id)], show)


def _told(notice: Notice | None) -> Availability | None:
    """None when it is no such thing: another version of the program may have written it."""
    try:
        return Availability.model_validate_json(notice.data) if notice else None
    except ValidationError:
        return None

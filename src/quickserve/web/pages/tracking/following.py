"""The part of an order's page that follows who brings it."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Annotated, Final

from fastapi import Path, Request
from pydantic import ValidationError
from starlette.responses import Response

from quickserve.contracts import notices
from quickserve.contracts.catalog import EventId
from quickserve.contracts.ordering import OrderId, OrderView
from quickserve.contracts.tracking import TrackView
from quickserve.kernel.errors import NotFound
from quickserve.kernel.service import Ctx
from quickserve.kernel.shared.port import Notice
from quickserve.web.house_plan import PLANS, HousePlan
from quickserve.web.i18n import Locale
from quickserve.web.live import stream
from quickserve.web.page import Ask, Services, locale_of, page_router, settings_of
from quickserve.web.patience import optional
from quickserve.web.templating import fragment
from quickserve.web.track_words import Following
from quickserve.web.track_words import following as told_of

router = page_router()

OrderKey = Annotated[str, Path(pattern=r"^[A-Za-z0-9_-]{8,100}$")]
_BROUGHT: Final = ("seat", "delivery")
_OPENS_BEFORE: Final = timedelta(hours=3)  # an event's stands serve before it begins


def is_brought(order: OrderView) -> bool:
    return order.destination.fulfilment in _BROUGHT


@dataclass(frozen=True, slots=True)
class Follow:
    """What the page begins with. `link` is for whoever waits with the buyer; it shows no code."""

    following: Following
    link: str
    until: datetime


async def follow(request: Request, ask: Services, order: OrderView, zone: str) -> Follow | None:
    """For the order's page; None where nobody brings it (yet), or it cannot be told just now."""
    if not is_brought(order):
        return None
    view = await optional(track_of(ask, order.id))
    links = await optional(ask.tracking.links(order.id)) if view else None
    if view is None or links is None:
        return None
    locale = locale_of(request)
    plan = await plan_of(ask, order.event_id) if order.destination.fulfilment == "seat" else None
    base = settings_of(request).public_url.rstrip("/")
    return Follow(
        told_of(view, zone, plan, datetime.now(UTC), locale),
        base + locale.path(f"/follow/{links.shared}"), links.expires_at,
    )  # fmt: skip


@router.get("/orders/{order_id}/{key}/tracking")
async def tracking(
    request: Request, order_id: OrderId, key: OrderKey, ask: Ask, ctx: Ctx
) -> Response:
    order = await ask.ordering.order(order_id, key)
    stand = await optional(ask.menus.stand(order.stand_id))
    zone = stand.draft.zone if stand else "UTC"
    plan = await plan_of(ask, order.event_id) if order.destination.fulfilment == "seat" else None

    async def look() -> TrackView | None:
        return await track_of(ask, order_id)

    part = Part(look, zone, plan, locale_of(request))
    channels = [notices.track(order_id)]
    return stream(request, ctx.fanout, channels, part.show, still=part.still)


class Part:
    """What one watcher sees: the last that was told, as old as it is by now."""

    def __init__(
        self, look: Callable[[], Awaitable[TrackView | None]], zone: str, plan: HousePlan | None,
        locale: Locale, first: TrackView | None = None,
    ) -> None:  # fmt: skip
        self._look, self._zone, self._plan, self._locale = look, zone, plan, locale
        self._view: TrackView | None = None
        self._first = first

    async def show(self, notice: Notice | None) -> str | None:
        """Notices have no code in them: whoever may see it has it from the first look."""
        view = _told(notice)
        if view and self._view:
            pin = self._view.pin if view.state not in ("done", "dropped") else None
            self._view = view.model_copy(update={"pin": pin})
        else:
            self._view, self._first = self._first or await self._look(), None
        return self.still()

    def still(self) -> str:
        if self._view is None:
            return ""
        now = datetime.now(UTC)
        following = told_of(self._view, self._zone, self._plan, now, self._locale)
        return fragment(self._locale.code, "tracking/following.html", following=following)


async def track_of(ask: Services, order_id: OrderId) -> TrackView | None:
    """None while it is nobody's job."""
    try:
        return await ask.tracking.track(order_id)
    except NotFound:
        return None


async def plan_of(ask: Services, event_id: EventId | None) -> HousePlan | None:
    """The house's plan on the event's date of now; None without one, or while it is away."""
    event = await optional(ask.catalog.event(event_id)) if event_id else None
    now = datetime.now(UTC)
    dates = sorted(event.dates, key=lambda date: date.starts_at) if event else []
    under_way = [date for date in dates if date.starts_at - _OPENS_BEFORE <= now <= date.ends_at]
    date = next(iter(under_way or dates), None)
    if date is None or date.plan_id is None or date.plan_version is None:
        return None
    return await optional(PLANS.get(ask.catalog, date.plan_id, date.plan_version))


def _told(notice: Notice | None) -> TrackView | None:
    """None when it is no such thing: another version of the program may have written it."""
    try:
        return TrackView.model_validate_json(notice.data) if notice else None
    except ValidationError:
        return None

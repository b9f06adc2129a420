"""Home: the programme as ticket cards, searched and narrowed by day."""

from dataclasses import dataclass
from typing import Final
from urllib.parse import urlencode

from fastapi import Request
from starlette.responses import Response

from quickserve.contracts.booking import Availability
from quickserve.contracts.booking_client import BookingClient
from quickserve.contracts.catalog import CardPage, CatalogClient, DateId, EventCard, When
from quickserve.kernel.errors import Malformed
from quickserve.web.forms import clean
from quickserve.web.i18n import Locale
from quickserve.web.page import Ask, locale_of, page_router
from quickserve.web.patience import optional
from quickserve.web.templating import render

router = page_router()

_CARDS_MAX: Final = 24
_TEXT_MAX: Final = 100
_CURSOR_MAX: Final = 500
_ZONE: Final = "Europe/Paris"  # what "tonight" means for somebody whose place is not known


@dataclass(frozen=True, slots=True)
class Wish:
    """What the visitor looks for; nothing of it is an error, only narrower or wider."""

    text: str
    when: When
    free: bool

    @property
    def narrowed(self) -> bool:
        return bool(self.text) or self.free or self.when != When.ALL

    def path(self, *, after: str | None = None) -> str:
        pairs = {
            "q": self.text,
            "when": self.when.value if self.when != When.ALL else "",
            "free": "1" if self.free else "",
            "after": after or "",
        }
        query = urlencode({name: value for name, value in pairs.items() if value})
        return "/" + (f"?{query}" if query else "")


@dataclass(frozen=True, slots=True)
class Chip:
    label: str
    path: str
    current: bool


@router.get("/")
async def home(request: Request, ask: Ask) -> Response:
    wish, after = _wish(request)
    page = await _cards(ask.catalog, wish, after)
    left = await _places_left(ask.booking, page.cards)
    featured = not wish.narrowed and not after and len(page.cards) > 1
    return render(
        request,
        "home.html",
        wish=wish,
        chips=_chips(wish, locale_of(request)),
        feature=page.cards[0] if featured else None,
        cards=page.cards[1:] if featured else page.cards,
        left=left,
        next_path=wish.path(after=page.next) if page.next else "",
        first_page=not after,
    )


def _wish(request: Request) -> tuple[Wish, str | None]:
    query = request.query_params
    when = query.get("when", "")
    wish = Wish(
        text=" ".join(clean(query.get("q", "")).split())[:_TEXT_MAX],
        when=When(when) if when in set(When) else When.ALL,
        free=query.get("free") == "1",
    )
    return wish, clean(query.get("after", ""))[:_CURSOR_MAX] or None


async def _cards(catalog: CatalogClient, wish: Wish, after: str | None) -> CardPage:
    try:
        return await catalog.cards(
            when=wish.when, text=wish.text, free=wish.free, zone=_ZONE, after=after,
            limit=_CARDS_MAX,
        )  # fmt: skip
    except Malformed:
        if after is None:
            raise
        return await _cards(catalog, wish, None)  # an address from another time: begin again


async def _places_left(
    booking: BookingClient, cards: list[EventCard]
) -> dict[DateId, Availability]:
    """What is known of the dates' places; nothing while booking is away: cards still show."""
    wanted = [card.date_id for card in cards if card.price_from is not None]
    if not wanted:
        return {}
    found = await optional(booking.availability(wanted))
    if found is None:
        return {}
    return {date.date_id: date for date in found.dates if date.on_sale or date.places_left <= 0}


def _chips(wish: Wish, locale: Locale) -> list[Chip]:
    gettext = locale.gettext
    labels = {
        When.ALL: gettext("Everything"),
        When.TODAY: gettext("Tonight"),
        When.WEEKEND: gettext("This weekend"),
        When.WEEK: gettext("This week"),
    }
    chips = [
        Chip(label, Wish(wish.text, when, free=False).path(), wish.when == when and not wish.free)
        for when, label in labels.items()
    ]
    free = Wish(wish.text, When.ALL, free=True)
    past = Wish(wish.text, When.PAST, free=False)
    return [
        *chips,
        Chip(locale.pgettext("chip", "Free"), free.path(), wish.free),
        Chip(gettext("Past"), past.path(), wish.when == When.PAST),
    ]

"""The board of a stand: what is to be made, live; and whether it takes more."""

from typing import Any, Final

from fastapi import Request
from starlette.responses import Response

from quickserve.contracts import notices
from quickserve.contracts.menus import StandId
from quickserve.contracts.ordering import Pause
from quickserve.kernel.ids import new_uuid
from quickserve.kernel.service import Ctx
from quickserve.kernel.shared.port import Notice
from quickserve.web import order_words, sessions
from quickserve.web.forms import Submitted
from quickserve.web.i18n import Locale
from quickserve.web.live import stream
from quickserve.web.page import PRIVATE, Ask, Services, locale_of, page_router, redirect
from quickserve.web.pages.kitchen import cards
from quickserve.web.problems import Sentence
from quickserve.web.sessions import Session, Staff
from quickserve.web.templating import fragment, render

router = page_router()

PAUSES: Final = (5, 10, 20)
_PAUSE_MAX: Final = 240
_LOOKS_APART_SECONDS: Final = 0.15  # of a rush: orders that come together are shown together


@router.get("/kitchen/{stand_id}")
async def board_page(
    request: Request, stand_id: StandId, who: Staff, ask: Ask, station: str = ""
) -> Response:
    return await show_board(request, stand_id, who, ask, station)


@router.get("/kitchen/{stand_id}/board")
async def board_live(
    request: Request, stand_id: StandId, who: Staff, ask: Ask, ctx: Ctx, station: str = ""
) -> Response:
    """Its part that follows. Who signs out sees no more of it."""
    locale, csrf = locale_of(request), str(request.state.csrf)
    await ask.kitchen.board(stand_id, who.access_token)

    async def show(notice: Notice | None) -> str | None:
        del notice
        token = sessions.token_of(request)
        session = await request.app.state.sessions.find(ask.identity, token)
        found = await ask.kitchen.board(stand_id, session.access_token)
        values = _values(cards.sheet(found, station or None), locale, csrf)
        return fragment(locale.code, "kitchen/cards.html", **values)

    channels = [notices.board(stand_id), notices.stand(stand_id)]
    return stream(request, ctx.fanout, channels, show, pause_seconds=_LOOKS_APART_SECONDS)


@router.get("/kitchen/{stand_id}/pulse")
async def pulse(stand_id: StandId, who: Staff) -> Response:
    """Whether the line is there and the person signed in."""
    del stand_id, who
    return Response(status_code=204, headers=PRIVATE)


@router.post("/kitchen/{stand_id}/pause")
async def pause(
    request: Request, stand_id: StandId, form: Submitted, who: Staff, ask: Ask
) -> Response:
    """0 minutes: it takes orders again."""
    minutes = min(form.whole("minutes", 0) or 0, _PAUSE_MAX)
    await ask.kitchen.pause(stand_id, Pause(minutes=minutes), who.access_token)
    return redirect(request, board_path(stand_id, form.text("station")))


def board_path(stand_id: StandId, station: str) -> str:
    """`station` is a word of the form; what is none shows the whole board."""
    tail = f"?station={station}" if station.replace("-", "").isalnum() and station.isascii() else ""
    return f"/kitchen/{stand_id}{tail}"


async def show_board(
    request: Request, stand_id: StandId, who: Session, ask: Services, station: str,
    *, told: Sentence | None = None, status: int = 200,
) -> Response:  # fmt: skip
    found = await ask.kitchen.board(stand_id, who.access_token)
    sheet = cards.sheet(found, station or None)
    values = _values(sheet, locale_of(request), str(request.state.csrf))
    return render(
        request, "kitchen/board.html", status=status, headers=PRIVATE, told=told,
        pauses=PAUSES, **{key: value for key, value in values.items() if key != "csrf"},
    )  # fmt: skip


def _values(sheet: cards.Sheet, locale: Locale, csrf: str) -> dict[str, Any]:
    return {
        "sheet": sheet, "csrf": csrf, "elapsed": cards.elapsed, "new_id": new_uuid,
        "allergen_words": order_words.allergens(locale),
    }  # fmt: skip

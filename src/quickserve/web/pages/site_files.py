"""What browsers and crawlers ask for beside pages: posters, icon, robots.txt."""

from typing import Final

from fastapi import Request
from starlette.responses import FileResponse, PlainTextResponse, Response

from quickserve.contracts.catalog import EventId
from quickserve.web.page import page_router
from quickserve.web.posters import poster_svg
from quickserve.web.templating import STATIC

router = page_router()

_WEEK: Final = "public, max-age=604800"
_ROBOTS: Final = """\
User-agent: *
Disallow: /*/checkout/
Disallow: /*/purchases/
Disallow: /*/pay/
Disallow: /*/tickets
Disallow: /*/organiser
Disallow: /*/door
Disallow: /*/runner
Disallow: /*/follow/
Disallow: /*/sign-in
"""


@router.get("/posters/{event_id}.svg")
async def poster(event_id: EventId) -> Response:
    """Drawn from the id alone, so nothing is asked of anybody and it may be kept."""
    return Response(
        poster_svg(str(event_id), ""),
        media_type="image/svg+xml",
        headers={
            "Cache-Control": _WEEK,
            "Content-Security-Policy": "default-src 'none'",
            "X-Content-Type-Options": "nosniff",
        },
    )


@router.get("/favicon.svg")
@router.get("/favicon.ico")
async def favicon(_request: Request) -> Response:
    icon = STATIC / "icon.svg"
    return FileResponse(icon, media_type="image/svg+xml", headers={"Cache-Control": _WEEK})


@router.get("/robots.txt")
async def robots() -> Response:
    return PlainTextResponse(_ROBOTS, headers={"Cache-Control": _WEEK})

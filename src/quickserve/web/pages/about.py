"""What stands behind the site: help, accessibility, privacy."""

from fastapi import Request
from starlette.responses import Response

from quickserve.web.page import page_router
from quickserve.web.templating import render

router = page_router()


@router.get("/help")
async def help_page(request: Request) -> Response:
    return render(request, "help.html")


@router.get("/accessibility")
async def accessibility(request: Request) -> Response:
    return render(request, "accessibility.html")


@router.get("/privacy")
async def privacy(request: Request) -> Response:
    return render(request, "privacy.html")

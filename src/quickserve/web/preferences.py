"""What a visitor chose: language and theme. Both work without JavaScript.

`Preferences` is ASGI middleware around the pages. It takes the language from the path (`/fr/…`)
and hands the rest on, so routes are written once (`/events/{slug}`); a page asked for without a
language is redirected to the one negotiated, but the home page is shown at once. `?lang=en` and
`?theme=dark` on any page set the cookie of that name and lead back to the same page.
"""

from typing import Final
from urllib.parse import quote, urlencode

from starlette.requests import Request
from starlette.responses import RedirectResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from quickserve.web import i18n

THEMES: Final = ("light", "dark")
_YEAR_SECONDS: Final = 365 * 24 * 3600
_CHOICES: Final = {"lang": tuple(i18n.LOCALES), "theme": THEMES}


class Preferences:
    """Sets `request.state.locale` and `request.state.theme` ("light", "dark" or "")."""

    def __init__(self, app: ASGIApp, *, unprefixed: tuple[str, ...] = ("/static/",)) -> None:
        """`unprefixed`: starts of paths that are no pages and carry no language."""
        self._app = app
        self._unprefixed = unprefixed

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request = Request(scope)
        root = str(scope.get("root_path", ""))
        locale, path = i18n.split_path(str(scope["path"]).removeprefix(root))
        wanted = locale or i18n.negotiate(
            request.cookies.get("lang"), request.headers.get("accept-language")
        )
        page = locale is not None or not path.startswith(self._unprefixed)
        if page and request.method in ("GET", "HEAD"):
            redirect = _redirect(request, root, locale, wanted, path)
            if redirect is not None:
                await redirect(scope, receive, send)
                return
        theme = request.cookies.get("theme", "")
        scope["state"] = {
            **scope.get("state", {}), "locale": wanted, "theme": theme if theme in THEMES else ""
        }  # fmt: skip
        if locale:
            scope["root_path"] = root + locale.prefix
        await self._app(scope, receive, send)


def _redirect(
    request: Request, root: str, locale: i18n.Locale | None, wanted: i18n.Locale, path: str
) -> RedirectResponse | None:
    """To the page itself, once a choice is noted or its language is known; else None."""
    query = request.query_params
    chosen = {name: query[name] for name, values in _CHOICES.items() if query.get(name) in values}
    # Home is shown at once, in the language negotiated; its links carry the prefix.
    home = path == "/" and not query
    if (locale is not None or home) and path and not chosen:
        return None
    target = i18n.LOCALES.get(chosen.get("lang", ""), wanted)
    rest = urlencode([pair for pair in query.multi_items() if pair[0] not in chosen])
    url = quote(root + target.path(path or "/")) + (f"?{rest}" if rest else "")
    response = RedirectResponse(url, status_code=303 if chosen else 307)
    response.headers["Vary"] = "Cookie, Accept-Language"
    response.headers["Cache-Control"] = "private, no-cache"
    for name, value in chosen.items():
        response.set_cookie(
            name, value, max_age=_YEAR_SECONDS, samesite="lax", secure=request.url.scheme == "https"
        )
    return response

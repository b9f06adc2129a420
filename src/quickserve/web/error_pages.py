"""Problems as pages, for people; whoever does not read HTML keeps the RFC 9457 document.

The services' manners answer every failure with a problem document: this middleware stands around
them and writes the page instead. Somebody who is not signed in is led to the sign-in page, and
back afterwards.
"""

from typing import Final
from urllib.parse import quote, urlencode

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Match
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from quickserve.kernel.errors import MEDIA_TYPE, NotFound, ProblemDocument
from quickserve.web import i18n
from quickserve.web.page import local_path, split_address
from quickserve.web.problems import sentence
from quickserve.web.templating import render

_UNAUTHENTICATED: Final = 401
_NO_PAGE: Final = 405
_MALFORMED: Final = 422
_SERVER_ERROR: Final = 500
_KEPT_HEADERS: Final = (b"retry-after", b"x-request-id", b"allow", b"set-cookie")


class ErrorPages:
    """ASGI middleware inside `Preferences`, outside the manners."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or not _reads_html(Request(scope)):
            await self._app(scope, receive, send)
            return
        answer = _Answer(Request(scope), send)
        await self._app(scope, receive, answer.send)
        if answer.document is not None:
            await answer.page()(scope, receive, send)


class _Answer:
    """Passes an answer on, unless it is a problem document: that is collected."""

    def __init__(self, request: Request, send: Send) -> None:
        self._request = request
        self._send = send
        self._start: Message | None = None
        self._body = b""
        self.document: ProblemDocument | None = None

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start" and _is_problem(message):
            self._start = message
        elif self._start is None:
            await self._send(message)
        else:
            self._body += message.get("body", b"")
            if not message.get("more_body", False):
                self.document = ProblemDocument.model_validate_json(self._body)

    def page(self) -> Response:
        assert self.document is not None
        assert self._start is not None
        response = problem_page(self._request, self.document)
        kept = [pair for pair in self._start.get("headers", []) if pair[0] in _KEPT_HEADERS]
        if any(name == b"retry-after" for name, _ in kept):
            del response.headers["retry-after"]
        response.raw_headers.extend(kept)
        return response


def problem_page(request: Request, problem: ProblemDocument) -> Response:
    """The page that says what is the case, and what still works."""
    locale: i18n.Locale = request.state.locale
    fragment = "hx-request" in request.headers
    if problem.status == _UNAUTHENTICATED:
        return _to_sign_in(request, locale, fragment=fragment)
    if problem.status == _NO_PAGE and request.method in ("GET", "HEAD"):
        target = quote(locale.path(_page_above(request)))
        return RedirectResponse(target, 303, {"Cache-Control": "no-store"})
    if problem.status == _MALFORMED and request.method in ("GET", "HEAD"):
        # A person's mistyped address; what is malformed in it does not help.
        problem = NotFound().document(problem.request_id)
    return render(
        request,
        "problem_fragment.html" if fragment else "problem.html",
        status=problem.status,
        headers={"Cache-Control": "no-store"},
        told=sentence(problem, locale),
        problem=problem,
        broken=problem.status >= _SERVER_ERROR,
        back=_page_before(request),
    )


def _to_sign_in(request: Request, locale: i18n.Locale, *, fragment: bool) -> Response:
    """And back: to the page asked for, or to the one that held the form."""
    if request.method in ("GET", "HEAD") and not fragment:
        _, path = i18n.split_path(request.url.path)
        wanted = path + (f"?{request.url.query}" if request.url.query else "")
    else:
        wanted = _page_before(request)
    query = urlencode({"next": wanted}, safe="/")
    target = f"{quote(locale.path('/sign-in'))}?{query}"
    if fragment:
        return Response(status_code=_UNAUTHENTICATED, headers={"HX-Redirect": target})
    return RedirectResponse(target, 303, {"Cache-Control": "no-store"})


def _page_above(request: Request) -> str:
    """Of an address that only takes a form: the page with the form.

    Whoever reloads what a form answered, or asks for it in the other language, comes by there.
    """
    _, path = i18n.split_path(request.url.path)
    while path := path.rpartition("/")[0]:
        asked = {"type": "http", "method": "GET", "path": path}
        if any(route.matches(asked)[0] is Match.FULL for route in request.app.routes):
            return path
    return "/"


def _page_before(request: Request) -> str:
    """The page of ours with the form or link that led here, without its language; else "/"."""
    parts = split_address(request.headers.get("referer", ""))
    if parts.netloc != request.headers.get("host") or not parts.path:
        return "/"
    _, path = i18n.split_path(parts.path)
    return local_path(path + (f"?{parts.query}" if parts.query else ""))


def _reads_html(request: Request) -> bool:
    return "text/html" in request.headers.get("accept", "") or "hx-request" in request.headers


def _is_problem(start: Message) -> bool:
    headers = dict(start.get("headers", []))
    return headers.get(b"content-type", b"").startswith(MEDIA_TYPE.encode())

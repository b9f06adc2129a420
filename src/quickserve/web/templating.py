"""Templates to responses: one Jinja environment a language, and the headers every page carries.

In every template and macro, of the request's language:
  `locale`, `gettext`/`_`, `ngettext`, `pgettext`, `{% trans %}`;
  `url("/events/x")`: the path with the language's prefix;
  `static("app.css")`: the asset's path with its content's hash (vendored ones carry a version);
  filters of `quickserve.web.format`: `money`, `price`, `number`, `percent`, `when(zone)`,
  `when_long(end, zone)`, `day(zone)`, `clock(zone)`, `time(zone)`, `stub(zone)`, `iso(zone)`,
  `relative`; and `now()`, `chart(labels, bars, line)`, `series(name, values)`.
In pages only (a macro takes them as arguments): `csrf`, `theme`, `path` (without prefix), `query`
(pairs), `here` and `elsewhere` (this page in this and in the other language), plus what `render`
was given.
"""

import asyncio
import gzip
from collections.abc import Callable, Mapping
from functools import cache, partial
from hashlib import sha256
from pathlib import Path
from typing import Any, Final, cast
from urllib.parse import quote, urlencode

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.staticfiles import StaticFiles
from starlette.status import (
    HTTP_200_OK,
    HTTP_503_SERVICE_UNAVAILABLE,
    HTTP_504_GATEWAY_TIMEOUT,
)
from starlette.types import Scope

from quickserve.kernel.clock import SystemClock
from quickserve.web import charts, format, i18n  # noqa: A004 - the module's name says what it does

_HERE: Final = Path(__file__).parent
STATIC: Final = _HERE / "static"
TEMPLATES: Final = _HERE / "templates"
_PACKED: Final = (".css", ".js", ".svg", ".wasm")
_YEAR_SECONDS: Final = 365 * 24 * 3600
_CLOCK: Final = SystemClock()
_COME_BACK_SECONDS: Final = "5"
_TIMELESS: Final = ("money", "price", "number", "percent", "clock", "time")
_TIMED: Final = ("when", "when_long", "stub", "day", "relative")


def render(
    request: Request,
    name: str,
    *,
    status: int = 200,
    headers: Mapping[str, str] | None = None,
    camera: bool = False,
    locates: bool = False,
    images: str = "",
    **values: Any,
) -> Response:
    """The page `name` of `templates/`. `camera`: the door's page, which scans; `locates`:
    the runner's, which tells where the phone is; `images`: another site's that it may show.

    Needs the `Preferences` middleware; `request.state.csrf`, where set, is the form's token.
    Whether a service is away or too slow makes no difference to the reader: 503, and when to come
    back.
    """
    locale: i18n.Locale = request.state.locale
    path = str(request.url.path).removeprefix(str(request.scope.get("root_path", ""))) or "/"
    query = request.query_params.multi_items()
    tail = f"?{urlencode(query)}" if query else ""
    page = environment(locale.code).get_template(name)
    body = page.render(
        path=path,
        query=query,
        here=quote(locale.path(path)) + tail,
        elsewhere=quote(locale.other.path(path)) + tail,
        csrf=getattr(request.state, "csrf", ""),
        theme=request.state.theme,
        **values,
    )
    kept = {"Cache-Control": "private, no-cache", "Vary": "Cookie"} | dict(headers or {})
    if status in (HTTP_503_SERVICE_UNAVAILABLE, HTTP_504_GATEWAY_TIMEOUT):
        status, kept = HTTP_503_SERVICE_UNAVAILABLE, {"Retry-After": _COME_BACK_SECONDS} | kept
    return HTMLResponse(
        body, status, security_headers(camera=camera, locates=locates, images=images) | kept
    )


def fragment(code: i18n.Code, name: str, **values: Any) -> str:
    """A part of a page that needs nothing of the request."""
    return environment(code).get_template(name).render(**values)


@cache
def environment(code: i18n.Code) -> Environment:
    """Strict and escaping; bound to one language, so macros need no context passed."""
    locale = i18n.LOCALES[code]
    made = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        extensions=["jinja2.ext.i18n"],
    )
    made.policies["ext.i18n.trimmed"] = True
    names: dict[str, Any] = {
        "locale": locale,
        "url": locale.path,
        "static": static,
        "now": _CLOCK.now,
        "chart": charts.chart,
        "series": charts.Series,
    }
    filters: dict[str, Any] = {
        **{name: partial(getattr(format, name), locale=locale) for name in _TIMELESS},
        **{name: _timed(getattr(format, name), locale) for name in _TIMED},
        "iso": format.iso,
    }
    cast("dict[str, Any]", made.globals).update(names)
    cast("dict[str, Any]", made.filters).update(filters)
    cast("Any", made).install_gettext_callables(  # the extension puts it there
        locale.gettext,
        locale.ngettext,
        newstyle=True,
        pgettext=locale.pgettext,
        npgettext=locale.npgettext,
    )
    return made


def _timed(function: Callable[..., Any], locale: i18n.Locale) -> Callable[..., Any]:
    """The filter that asks for the time when it is used."""

    def told(*values: Any) -> Any:
        return function(*values, now=_CLOCK.now(), locale=locale)

    return told


@cache
def static(path: str) -> str:
    """`app.css` → `/static/app.css?v=…`, so that it may be kept for ever."""
    content = (STATIC / path).read_bytes()
    if path.startswith("vendor/"):
        return f"/static/{path}"
    return f"/static/{path}?v={sha256(content).hexdigest()[:12]}"


class Assets(StaticFiles):
    """`static/`, to mount at `/static`: what carries a version is kept for a year.

    Text and wasm go out gzipped, packed once a process. Pages do not: what a stranger puts into a
    page and what is secret in it must not be packed together (BREACH).
    """

    def __init__(self) -> None:
        super().__init__(directory=STATIC)

    async def get_response(self, path: str, scope: Scope) -> Response:
        response = await super().get_response(path, scope)
        response = await _packed(path, response, Request(scope))
        versioned = path.startswith("vendor/") or scope["query_string"].startswith(b"v=")
        age = f"public, max-age={_YEAR_SECONDS}, immutable" if versioned else "no-cache"
        response.headers["Cache-Control"] = age
        response.headers["X-Content-Type-Options"] = "nosniff"
        return response


async def _packed(path: str, response: Response, request: Request) -> Response:
    wanted = "gzip" in request.headers.get("accept-encoding", "") and "range" not in request.headers
    if not path.endswith(_PACKED) or response.status_code != HTTP_200_OK:
        return response
    if wanted:
        content = await asyncio.to_thread(_pack, path)
        kind = response.headers["content-type"]
        etag = response.headers["etag"].removesuffix('"') + '-gzip"'
        response = Response(content, headers={"content-type": kind, "etag": etag})
        response.headers["Content-Encoding"] = "gzip"
    response.headers["Vary"] = "Accept-Encoding"
    return response


@cache
def _pack(path: str) -> bytes:
    return gzip.compress((STATIC / path).read_bytes(), 9)


def security_headers(
    *, camera: bool = False, locates: bool = False, images: str = ""
) -> dict[str, str]:
    """What a page may load and do: its own files only, no inline script or style.

    `camera`: the door's page reads QR codes by WebAssembly from the camera's picture.
    """
    policy = {
        "default-src": "'none'",
        "script-src": "'self' 'wasm-unsafe-eval'" if camera else "'self'",
        "style-src": "'self'",
        "img-src": f"'self' data: {images}".strip(),
        "font-src": "'self'",
        "connect-src": "'self'",
        "media-src": "'self' blob:" if camera else "'self'",
        "manifest-src": "'self'",
        "form-action": "'self'",
        "base-uri": "'none'",
        "frame-ancestors": "'none'",
    }
    seen, placed = ("(self)" if one else "()" for one in (camera, locates))
    return {
        "Content-Security-Policy": "; ".join(f"{key} {value}" for key, value in policy.items()),
        "Permissions-Policy": (f"camera={seen}, geolocation={placed}, microphone=(), payment=()"),
        "Referrer-Policy": "same-origin",
        "X-Content-Type-Options": "nosniff",
    }

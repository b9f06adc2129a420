"""No other site makes a visitor's browser send our forms.

Every form that POSTs carries a token, and the same token stands in the cookie `csrf`, signed by
us. The cookie comes with the first page that shows such a form, never before. Browsers also tell
where a request comes from (`Sec-Fetch-Site`, older ones `Origin`); that is looked at first.
"""

from hmac import compare_digest, digest
from secrets import token_hex
from typing import Final

from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from quickserve.kernel.errors import Problem
from quickserve.kernel.settings import Settings
from quickserve.web import cookies
from quickserve.web.page import split_address

COOKIE: Final = "csrf"
FIELD: Final = "csrf"
_NONCE_CHARS: Final = 32


class StaleForm(Problem):
    status = 403
    code = "stale-form"
    title = "This form is out of date: reload the page and send it again"


class Token:
    """A page's token; whether a template asked for it decides whether the cookie is set."""

    def __init__(self, settings: Settings, given: str) -> None:
        self.fresh = not _signed_by_us(settings, given)
        self.asked_for = False
        self._settings = settings
        self._value = "" if self.fresh else given

    def __str__(self) -> str:
        self.asked_for = True
        if not self._value:
            nonce = token_hex(_NONCE_CHARS // 2)
            self._value = nonce + _signature(self._settings, nonce)
        return self._value


class Tokens:
    """ASGI middleware: `request.state.csrf` for templates, and the cookie where it was used."""

    def __init__(self, app: ASGIApp, settings: Settings) -> None:
        self._app = app
        self._settings = settings

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request = Request(scope)
        token = Token(self._settings, cookies.read(request.cookies, self._settings, COOKIE))
        request.state.csrf = token

        async def send_with_cookie(message: Message) -> None:
            if message["type"] == "http.response.start" and token.asked_for and token.fresh:
                header = cookies.header(self._settings, COOKIE, str(token))
                message["headers"] = [*message.get("headers", []), header]
            await send(message)

        await self._app(scope, receive, send_with_cookie)


def check(request: Request, settings: Settings, given: str) -> None:
    """Raises StaleForm unless the form is ours and was sent from one of our pages."""
    kept = cookies.read(request.cookies, settings, COOKIE)
    same = compare_digest(given.encode(), kept.encode())
    if not (_from_here(request) and same and _signed_by_us(settings, kept)):
        raise StaleForm


def _from_here(request: Request) -> bool:
    site = request.headers.get("sec-fetch-site")
    if site is not None:
        return site in ("same-origin", "none")
    origin = request.headers.get("origin")
    return origin is None or split_address(origin).netloc == request.headers.get("host")


def _signed_by_us(settings: Settings, token: str) -> bool:
    nonce, signature = token[:_NONCE_CHARS], token[_NONCE_CHARS:]
    return compare_digest(_signature(settings, nonce).encode(), signature.encode())


def _signature(settings: Settings, nonce: str) -> str:
    return digest(settings.key_for("csrf"), nonce.encode(), "sha256").hex()

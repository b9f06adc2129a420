"""Who is signed in: a cookie holds the session's token of `identity`.

    @router.get("/organiser")
    async def today(request: Request, who: Staff, ask: Ask) -> Response:
        report = await ask.booking.organiser_report(organiser_id, who.access_token)

Without a session the visitor is led to the sign-in page and back (see `error_pages`). What
`identity` said of a session is believed for five seconds, so a page with many parts asks once; for
five minutes while identity is away, so that the door goes on. Its access token lives that long.
"""

import time
from collections import OrderedDict
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Annotated, Final

from fastapi import Depends, Request
from starlette.responses import Response

from quickserve.contracts.identity import IdentityClient, Membership, PersonView, SessionView
from quickserve.kernel.auth import Role
from quickserve.kernel.errors import Unauthenticated
from quickserve.web import cookies
from quickserve.web.page import Ask, settings_of
from quickserve.web.patience import optional

COOKIE: Final = "session"
_BELIEVED_SECONDS: Final = 5.0
_BELIEVED_ALONE_SECONDS: Final = 300.0
_REMEMBERED_MAX: Final = 2000
_TOKEN_CHARS_MAX: Final = 200
_WEEK_SECONDS: Final = 7 * 24 * 3600


@dataclass(frozen=True, slots=True)
class Session:
    """`access_token` is what services are asked with, as `token=`."""

    person: PersonView
    access_token: str

    def memberships(self, *roles: Role) -> list[Membership]:
        """The organisations where the person has one of the roles."""
        return [m for m in self.person.memberships if not set(roles).isdisjoint(m.roles)]

    @property
    def home(self) -> str:
        """Where this person's work is: the door for those who only scan."""
        organises = self.person.admin or self.memberships(Role.ORGANISER)
        return "/organiser" if organises or not self.memberships(Role.DOOR) else "/door"


@dataclass(slots=True)
class _Seen:
    """What identity said, and until when it is believed."""

    session: Session
    ask_again_at: float = field(default_factory=lambda: time.monotonic() + _BELIEVED_SECONDS)
    heard_at: float = field(default_factory=time.monotonic)

    @property
    def good(self) -> bool:
        return time.monotonic() < self.heard_at + _BELIEVED_ALONE_SECONDS


class Sessions:
    """Looks sessions up; one object a process, kept as `app.state.sessions`."""

    def __init__(self) -> None:
        self._seen: OrderedDict[bytes, _Seen] = OrderedDict()

    async def find(self, identity: IdentityClient, token: str) -> Session:
        """Raises Unauthenticated when it ended or never was."""
        if not token or len(token) > _TOKEN_CHARS_MAX:
            raise Unauthenticated
        key = sha256(token.encode()).digest()
        seen = self._seen.get(key)
        if seen and time.monotonic() < seen.ask_again_at:
            return seen.session
        asked = identity.session(token)
        try:
            view = await (optional(asked) if seen and seen.good else asked)
        except Unauthenticated:
            self._seen.pop(key, None)
            raise
        if view is None:
            assert seen
            seen.ask_again_at = time.monotonic() + _BELIEVED_SECONDS
            return seen.session
        session = Session(view.person, view.access_token)
        self._seen[key] = _Seen(session)
        self._seen.move_to_end(key)
        if len(self._seen) > _REMEMBERED_MAX:
            self._seen.popitem(last=False)
        return session

    def forget(self, token: str) -> None:
        self._seen.pop(sha256(token.encode()).digest(), None)


def token_of(request: Request) -> str:
    """The session token of the cookie, "" without one."""
    return cookies.read(request.cookies, settings_of(request), COOKIE)


async def find_session(request: Request, identity: IdentityClient) -> Session | None:
    """Who is signed in, if anybody is."""
    try:
        return await request.app.state.sessions.find(identity, token_of(request))
    except Unauthenticated:
        return None


async def _staff(request: Request, ask: Ask) -> Session:
    return await request.app.state.sessions.find(ask.identity, token_of(request))


Staff = Annotated[Session, Depends(_staff)]


def begin(request: Request, response: Response, view: SessionView) -> None:
    """Notes a new session in the visitor's browser."""
    assert view.token, "identity tells the token when the session is made"
    cookies.write(response, settings_of(request), COOKIE, view.token, max_age=_WEEK_SECONDS)


def end(request: Request, response: Response) -> None:
    request.app.state.sessions.forget(token_of(request))
    cookies.forget(response, settings_of(request), COOKIE)

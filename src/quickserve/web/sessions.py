"""Who is signed in: a cookie holds the session's token of `identity`.

    @router.get("/organiser")
    async def today(request: Request, who: Staff, ask: Ask) -> Response:
        report = await ask.booking.organiser_report(organiser_id, who.access_token)

Without a session the visitor is led to the sign-in page and back (see `error_pages`). What
`identity` said of a session is believed for five seconds, so a page with many parts asks once; for
five minutes while identity is away, so that the door goes on: its access token lives that long. A
sign-out ends both at once, in every process.
"""

import time
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Annotated, Final

from fastapi import Depends, Request
from pydantic import BaseModel
from starlette.responses import Response

from quickserve.contracts.identity import IdentityClient, Membership, PersonView, SessionView
from quickserve.kernel.auth import Role
from quickserve.kernel.errors import Unauthenticated
from quickserve.kernel.settings import Settings
from quickserve.kernel.shared.cache import Cache
from quickserve.kernel.shared.port import Away
from quickserve.web import cookies
from quickserve.web.page import Ask, settings_of
from quickserve.web.patience import optional

COOKIE: Final = "session"
_BELIEVED_SECONDS: Final = 5.0
_SEALED_SECONDS: Final = 10
_SEAL: Final = "seen"
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
        """Where this person's work is: the door for who only scans, the kitchen for cooks, …"""
        if self.person.admin or self.memberships(Role.ORGANISER):
            return "/organiser"
        places = ((Role.KITCHEN, "/kitchen"), (Role.RUNNER, "/runner"), (Role.DOOR, "/door"))
        return next((path for role, path in places if self.memberships(role)), "/organiser")


class _Seen(BaseModel):
    """`of` is the key it was kept under: what is sealed for one session opens no other."""

    of: str
    person: PersonView
    access_token: str


@dataclass(frozen=True, slots=True)
class _Heard:
    """What identity said to this process. `state` is another one after a sign-out."""

    seen: _Seen
    state: str | None
    at: float = field(default_factory=time.monotonic)

    def holds(self, state: str | None) -> bool:
        """Where nobody can tell whether there was a sign-out, for as long as its access token."""
        fresh = time.monotonic() < self.at + _BELIEVED_ALONE_SECONDS
        return fresh and state in (None, self.state)


class Sessions:
    """Looks sessions up; one object a process, kept as `app.state.sessions`.

    What `identity` said is kept where all web processes see it, sealed: it names a person and
    carries an access token, so outside this process it is unreadable, and worth nothing once its
    seconds are over. The cookie and `identity` stay the truth: without Redis every page asks again.
    """

    def __init__(self, settings: Settings, cache: Cache) -> None:
        self._settings = settings
        self._cache = cache
        self._heard: OrderedDict[str, _Heard] = OrderedDict()

    async def find(self, identity: IdentityClient, token: str) -> Session:
        """Raises Unauthenticated when it ended or never was."""
        if not token or len(token) > _TOKEN_CHARS_MAX:
            raise Unauthenticated
        key = _key(token)

        async def ask(_: Sequence[str]) -> dict[str, bytes]:
            seen = await self._ask(identity, token, key)
            return {key: cookies.seal(self._settings, _SEAL, seen).encode()}

        kept = await self._cache.jsons(_Seen, [key], _BELIEVED_SECONDS, ask, [key])
        seen = self._opened(key, kept) or self._opened(key, await ask([key]))
        assert seen, "what has just been sealed opens"
        return Session(seen.person, seen.access_token)

    async def forget(self, token: str) -> None:
        """In every process, before this returns."""
        self._heard.pop(_key(token), None)
        await self._cache.forget(_key(token))

    async def _ask(self, identity: IdentityClient, token: str, key: str) -> _Seen:
        """What identity says; what it said to this process while it is away."""
        state = await self._state(key)
        heard = self._heard.get(key)
        asked = identity.session(token)
        try:
            view = await (optional(asked) if heard and heard.holds(state) else asked)
        except Unauthenticated:
            self._heard.pop(key, None)
            raise
        if view is None:
            assert heard
            return heard.seen
        seen = _Seen(of=key, person=view.person, access_token=view.access_token)
        self._heard[key] = _Heard(seen, state)
        self._heard.move_to_end(key)
        if len(self._heard) > _REMEMBERED_MAX:
            self._heard.popitem(last=False)
        return seen

    async def _state(self, key: str) -> str | None:
        try:
            return await self._cache.state(key)
        except Away:
            return None

    def _opened(self, key: str, kept: Mapping[str, bytes]) -> _Seen | None:
        text = kept[key].decode("latin-1")
        seen = cookies.unseal(self._settings, _SEAL, text, _Seen, max_age=_SEALED_SECONDS)
        return seen if seen and seen.of == key else None


def _key(token: str) -> str:
    return f"web:session:{sha256(token.encode()).hexdigest()}"


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


async def end(request: Request, response: Response) -> None:
    await request.app.state.sessions.forget(token_of(request))
    cookies.forget(response, settings_of(request), COOKIE)

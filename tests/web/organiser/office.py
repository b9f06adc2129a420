"""An organiser's desk in the web: signed in with a password, forms filled in by their fields."""

import asyncio
import html
import re
from dataclasses import dataclass, field

import httpx2 as httpx
from tests.shape import World

from quickserve.contracts.identity import IdentityClient, NewOrganiser, NewPerson
from quickserve.kernel.auth import Role
from quickserve.kernel.ids import OrganiserId, PersonId, new_uuid

PASSWORD = "correct horse battery"
_HIDDEN = re.compile(r'<input type="hidden" name="([^"]+)" value="([^"]*)"')
_FIELD_ERROR = re.compile(r'<p class="field-error" id="([^"]+)-error">([^<]+)</p>')


@dataclass
class Screen:
    """A page as a browser got it."""

    response: httpx.Response
    status: int = field(init=False)
    text: str = field(init=False)
    path: str = field(init=False)

    def __post_init__(self) -> None:
        self.status = self.response.status_code
        self.text = html.unescape(self.response.text)
        self.path = self.response.url.path

    @property
    def hidden(self) -> dict[str, str]:
        return {name: html.unescape(v) for name, v in _HIDDEN.findall(self.response.text)}

    @property
    def errors(self) -> dict[str, str]:
        return {name: html.unescape(v) for name, v in _FIELD_ERROR.findall(self.response.text)}

    @property
    def plain(self) -> str:
        return " ".join(re.sub(r"<[^>]+>", " ", self.text).split())


@dataclass
class Office:
    """What one person sees; `page` and `send` follow redirections."""

    platform: World
    http: httpx.AsyncClient
    organiser_id: OrganiserId | None
    lang: str = "en"

    async def page(self, path: str, **headers: str) -> Screen:
        return Screen(await self.http.get(f"/{self.lang}{path}", headers=headers))

    async def send(self, path: str, fields: dict[str, str], **more: object) -> Screen:
        return Screen(await self.http.post(f"/{self.lang}{path}", data=fields, **more))

    async def fill_in(self, path: str, fields: dict[str, str], **more: object) -> Screen:
        """Opens the form, fills it in and sends it; its action is the page's own address."""
        form = await self.page(path)
        assert form.status == 200, form.plain
        return await self.send(path.partition("?")[0], form.hidden | fields, **more)

    async def event(self, **fields: str) -> str:
        """A draft with one date; its path."""
        wanted = {
            "title": "Bal des pompiers", "zone": "Europe/Paris", "language": "fr",
            "d0-starts": "2031-07-13T21:00", "d0-ends": "2031-07-14T02:00",
            "venue": "Caserne", "city": "Sète",
        } | fields  # fmt: skip
        made = await self.fill_in("/organiser/events/new", wanted)
        assert made.path.endswith("/tickets"), made.plain
        return made.path.removeprefix(f"/{self.lang}").removesuffix("/tickets")

    async def imported(self, name: str, content: bytes) -> Screen:
        """The report, once there is one."""
        started = await self.fill_in(
            "/organiser/imports", {"zone": "Europe/Paris"}, files={"file": (name, content)}
        )
        assert started.status == 200, started.plain
        path = started.path.removeprefix(f"/{self.lang}")
        for _ in range(600):
            state = await self.page(f"{path}/state", **{"hx-request": "true"})
            if "hx-get" not in state.text:
                return await self.page(path)
            await asyncio.sleep(0.05)
        raise AssertionError("the import never ended")

    async def tickets(self, event: str, **fields: str) -> Screen:
        wanted = {
            "currency": "EUR", "t0-name": "Full price", "t0-price": "18", "t0-tax": "5.5",
            "t0-min": "1", "t0-max": "6", "t0-places": "q0", "q0-name": "", "q0-capacity": "120",
        } | {name.replace("_", "-"): value for name, value in fields.items()}  # fmt: skip
        return await self.fill_in(f"{event}/tickets", wanted)


async def hire(platform: World, *roles: Role, admin: bool = False) -> Office:
    """Somebody new, in an organisation of their own if there is a role."""
    identity = IdentityClient(platform.clients_for("cli")["identity"])
    person_id, name = PersonId(new_uuid()), f"Festival {new_uuid().hex[-8:]}"
    email = f"{person_id.hex}@example.org"
    person = NewPerson.model_validate(
        {"email": email, "name": "Olive", "password": PASSWORD, "admin": admin}
    )
    await identity.put_person(person_id, person)
    organiser_id = None
    if roles:
        organiser_id = OrganiserId(new_uuid())
        await identity.put_organiser(organiser_id, NewOrganiser(name=name))
        await identity.put_roles(organiser_id, person_id, list(roles))
    http = httpx.AsyncClient(
        transport=platform.front(),
        base_url="http://quickserve.test", headers={"accept": "text/html"},
        follow_redirects=True,
    )  # fmt: skip
    office = Office(platform, http, organiser_id)
    await office.fill_in("/sign-in", {"email": email, "password": PASSWORD})
    return office

"""A stand with a menu on the organiser's pages, set up through their forms."""

import re
from html.parser import HTMLParser

from tests.web.organiser.office import Office, Screen

STANDS = "/organiser/stands"
STAND = {
    "name": "Chez Léa", "kind": "restaurant", "event": "", "place": "Hall 2", "state": "open",
    "currency": "EUR", "zone": "Europe/Paris", "accepts": "itself", "ways": "pickup",
    "before": "60", "after": "60", "last_call": "0",
    "s0-key": "", "s0-name": "Grill", "s0-cooks": "2",
    "s1-key": "", "s1-name": "Bar à bières", "s1-cooks": "1",
}  # fmt: skip


async def set_up(office: Office, **fields: str) -> str:
    """Its path."""
    wanted = STAND | {name.replace("__", "-"): value for name, value in fields.items()}
    made = await office.fill_in(f"{STANDS}/new", wanted)
    assert made.status == 200, made.plain
    assert "The stand is there." in made.plain, made.plain
    return made.path.removeprefix(f"/{office.lang}")


def value(screen: Screen, name: str) -> str:
    """What a field shows."""
    found = re.search(rf'<input[^>]* value="([^"]*)" id="{name}"', screen.text)
    assert found, f"no field {name}"
    return found[1]


async def section(office: Office, stand: str, name: str) -> str:
    """Its id."""
    form = await office.page(f"{stand}/menu/sections/new")
    done = await office.send(f"{stand}/menu/sections/new", form.hidden | {"name": name})
    assert "Saved." in done.plain, done.plain
    return form.hidden["section"]


async def item(office: Office, stand: str, section_id: str, **fields: str) -> str:
    """Its id."""
    form = await office.page(f"{stand}/menu/items/new?section={section_id}")
    wanted = {
        "name": "Burger", "price": "9,50", "section": section_id, "station": "grill",
        "seconds": "240", "tax": "10",
    } | {name.replace("__", "-"): value for name, value in fields.items()}  # fmt: skip
    done = await office.send(f"{stand}/menu/items/new", form.hidden | wanted)
    assert "Saved." in done.plain, done.plain
    return form.hidden["item"]


async def choices(office: Office, stand: str, name: str, *names: str, **fields: str) -> str:
    """The group's id; each name is a choice that adds 1.00."""
    form = await office.page(f"{stand}/menu/groups/new")
    rows = {f"m{n}-name": one for n, one in enumerate(names)}
    rows |= {f"m{n}-price": "1" for n in range(len(names))}
    wanted = {"name": name, "min": "0", "max": "1", "repeat": "1"} | rows
    wanted |= {field.replace("__", "-"): value for field, value in fields.items()}
    done = await office.send(f"{stand}/menu/groups/new", form.hidden | wanted)
    assert "Saved." in done.plain, done.plain
    return form.hidden["group"]


class _Form(HTMLParser):
    """What a browser would send of the last form with a button, all of its fields untouched."""

    def __init__(self) -> None:
        super().__init__()
        self.pairs: list[tuple[str, str]] = []
        self._select = self._area = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        told = {name: text or "" for name, text in attrs}
        name, kind = told.get("name", ""), told.get("type", "")
        if tag == "form":
            self.pairs = []
        elif tag == "input" and name and kind not in ("checkbox", "radio", "file"):
            self.pairs.append((name, told.get("value", "")))
        elif tag == "input" and name and "checked" in told:
            self.pairs.append((name, told.get("value", "on")))
        elif tag == "select":
            self._select = name
        elif tag == "option" and "selected" in told:
            self.pairs.append((self._select, told["value"]))
        elif tag == "textarea":
            self._area = name
            self.pairs.append((name, ""))

    def handle_endtag(self, tag: str) -> None:
        if tag == "textarea":
            self._area = ""

    def handle_data(self, data: str) -> None:
        if self._area:
            self.pairs[-1] = (self._area, self.pairs[-1][1] + data)


def untouched(screen: Screen) -> dict[str, list[str]]:
    form = _Form()
    form.feed(screen.response.text)
    fields: dict[str, list[str]] = {}
    for name, text in form.pairs:
        fields.setdefault(name, []).append(text)
    return fields

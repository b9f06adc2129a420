"""A stand with a menu on the organiser's pages, set up through their forms."""

import re

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

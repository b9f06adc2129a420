"""Creates an organiser, or renames it."""

import secrets
from dataclasses import dataclass, replace

from quickserve.contracts.identity import NewOrganiser, OrganiserSaved
from quickserve.identity import store
from quickserve.identity.commands._access import is_operator, require_organiser
from quickserve.identity.commands._membership import join
from quickserve.identity.model import Organiser, clean_name, slug_of
from quickserve.kernel import outbox
from quickserve.kernel.auth import Role
from quickserve.kernel.db import Transaction
from quickserve.kernel.errors import Forbidden, Unauthenticated
from quickserve.kernel.ids import OrganiserId
from quickserve.kernel.service import Context

_SUFFIX_MAX = 20


@dataclass(frozen=True, slots=True)
class SaveOrganiser:
    organiser_id: OrganiserId
    organiser: NewOrganiser


async def save_organiser(ctx: Context, cmd: SaveOrganiser) -> Organiser:
    """Who is signed in may create one and becomes its organiser; only those may rename it.

    The slug stays when the name changes: addresses carry it. Raises NameTaken, Malformed, and
    Conflict for who works for too many already.
    """
    principal = ctx.principal
    if principal.kind == "visitor":
        raise Unauthenticated
    if principal.kind == "service" and not is_operator(principal):
        raise Forbidden("Only people and the command line may do this.")
    name = clean_name(cmd.organiser.name)
    async with ctx.db.transaction() as tx:
        await store.lock_id(tx, cmd.organiser_id)
        found = await store.find_organiser(tx, cmd.organiser_id)
        if found is not None and found.name == name:
            return found
        if found is not None:
            require_organiser(principal, cmd.organiser_id)
            saved = await store.rename_organiser(tx, found.id, name)
        else:
            saved = await _insert(tx, Organiser(cmd.organiser_id, name, slug_of(name)))
            if principal.person_id is not None:
                await join(tx, saved.id, principal.person_id, [Role.ORGANISER])
        event = OrganiserSaved(saved.id, saved.name, saved.slug, saved.version)
        await outbox.append(tx, event)
    return saved


async def _insert(tx: Transaction, organiser: Organiser) -> Organiser:
    """With the first free of `slug`, `slug-2`, `slug-3`, …, then with a random suffix."""
    suffixes = ["", *(f"-{n}" for n in range(2, _SUFFIX_MAX)), f"-{secrets.token_hex(4)}"]
    for suffix in suffixes:
        candidate = replace(organiser, slug=organiser.slug + suffix)
        if await store.insert_organiser(tx, candidate):
            return candidate
    raise AssertionError("32 random bits collided")

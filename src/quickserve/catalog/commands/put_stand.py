"""A stand is set up, or what is to be known of it from now on."""

from dataclasses import dataclass

from quickserve.catalog import menu_rules, rules
from quickserve.catalog.commands.announce_stands import announce_stands
from quickserve.catalog.seating.names import slug
from quickserve.catalog.store import stands as store
from quickserve.contracts.menus import StandDraft, StandId
from quickserve.kernel.auth import Role
from quickserve.kernel.db import Transaction
from quickserve.kernel.errors import Conflict, NotFound
from quickserve.kernel.service import Context

_STANDS_MAX = 500  # of one organiser


@dataclass(frozen=True, slots=True)
class PutStand:
    stand_id: StandId
    draft: StandDraft


async def put_stand(ctx: Context, cmd: PutStand) -> None:
    """The same draft again is no change. Errors: Unauthenticated, Forbidden, Malformed, NotFound
    when the id is another organiser's, Conflict for too many.
    """
    draft = cmd.draft
    ctx.principal.require(draft.organiser_id, Role.ORGANISER)
    menu_rules.check_stand(draft)
    async with ctx.db.transaction() as tx:
        await store.claim_stand(tx, cmd.stand_id, draft.organiser_id, await _slug(tx, cmd))
        row = await store.lock_stand(tx, cmd.stand_id)
        assert row is not None, "it was just made"
        if row.organiser_id != draft.organiser_id:
            raise NotFound("This organiser has no such stand.")
        if row.version == 0 and await store.count_stands(tx, draft.organiser_id) > _STANDS_MAX:
            raise Conflict(f"An organiser has at most {_STANDS_MAX} stands.")
        if draft.event_id is not None:
            owner = await store.event_owner(tx, draft.event_id)
            if owner != draft.organiser_id:
                raise rules.refuse("event_id", "unknown-event", "Name an event of your own.")
        if row.version and StandDraft.model_validate(row.draft) == draft:
            return
        await store.save_stand(
            tx, cmd.stand_id, draft.model_dump_json(), draft.state, draft.event_id
        )
        await announce_stands(tx, [cmd.stand_id])


async def _slug(tx: Transaction, cmd: PutStand) -> str:
    """From its first name; where another stand has it, with a part of its id."""
    name = slug(cmd.draft.name) or "stand"
    if await store.slug_taken(tx, name, cmd.stand_id):
        return f"{name}-{cmd.stand_id.hex[-6:]}"
    return name

"""Under the lock of its stand: what an order takes of kitchen, caps, ticket, vouchers and tab."""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from uuid import UUID

from quickserve.contracts.booking import TicketId
from quickserve.contracts.menus import Fulfilment, StandId
from quickserve.contracts.ordering import ANSWER_SECONDS, BasketId, OrderId, OrderState, TabId
from quickserve.contracts.ordering_problems import (
    BasketChanged,
    BasketOrdered,
    KitchenFull,
    StandPaused,
    TabClosed,
    TabLimit,
)
from quickserve.kernel import outbox
from quickserve.kernel.db import Database, Transaction
from quickserve.kernel.errors import Problem
from quickserve.kernel.ids import new_uuid
from quickserve.ordering import pacing
from quickserve.ordering.commands.announce import accepted
from quickserve.ordering.model import NewOrderRow, Overtaken, Placed, Plan, Stand
from quickserve.ordering.pacing import Kitchen
from quickserve.ordering.store import baskets, benefits, figures, kitchen, orders, printing, stands
from quickserve.ordering.store.benefits import Tab

TAB_LIMIT_MINOR = 20_000  # of a currency with two decimals; of any other the same number


async def record_orders(db: Database, rows: Sequence[NewOrderRow]) -> list[Placed | Problem]:
    """In one transaction, each by itself, in the order of their arrival; all of one organiser.

    Whoever is refused takes nothing and disturbs nobody: KitchenFull, StandPaused, BasketChanged,
    BasketOrdered, TabLimit, TabClosed, Overtaken for whom it must be looked at again.
    """
    async with db.transaction() as tx:
        await orders.hold_off_withdrawals(tx)
        shared = _Shared(
            await baskets.lock_many(tx, sorted({row.basket_id for row in rows})),
            await orders.used_ids(tx, [row.id for row in rows]),
        )
        desks: dict[StandId, _Desk] = {}
        for stand in sorted({row.stand.id: row.stand for row in rows}.values(), key=_by_id):
            gate = await stands.lock_gate(tx, stand.id, stand.draft.zone)
            desks[stand.id] = _Desk(stand, await _kitchen(tx, stand, gate), gate, shared)
        shared.uses = await _uses(tx, rows)
        shared.tabs = await _tabs(tx, rows)
        outcomes = [desks[row.stand.id].serve(row) for row in rows]
        await _write(tx, list(desks.values()))
        await _count_refusals(tx, rows, outcomes)
    return outcomes


async def _count_refusals(
    tx: Transaction, rows: Sequence[NewOrderRow], outcomes: Sequence[Placed | Problem]
) -> None:
    """What the kitchen had no room for: its organiser sees what was lost."""
    refused = Counter(
        (row.stand.id, outcome.code)
        for row, outcome in zip(rows, outcomes, strict=True)
        if isinstance(outcome, KitchenFull | StandPaused)
    )
    if refused:
        await figures.count_refusals(tx, refused)


def _by_id(stand: Stand) -> StandId:
    return stand.id


async def _kitchen(tx: Transaction, stand: Stand, gate: stands.LockedGate) -> Kitchen:
    slot = pacing.slot_of(gate.now)
    rules: dict[Fulfilment, tuple[int | None, int | None]] = {
        name: (cap.orders, cap.value_minor) for name, cap in gate.pacing.caps.items()
    }
    loads, behind = await kitchen.look(tx, stand.id, slot)
    return Kitchen(
        gate.now,
        {one.key: one for one in stand.draft.stations},
        gate.intake_percent,
        loads,
        behind,
        await kitchen.caps(tx, stand.id, slot) if rules else {},
        rules,
    )


async def _uses(tx: Transaction, rows: Sequence[NewOrderRow]) -> dict[tuple[UUID, TicketId], int]:
    tickets = sorted({row.ticket.ticket_id for row in rows if row.ticket and row.priced.included})
    return await benefits.lock_uses(tx, tickets) if tickets else {}


async def _tabs(tx: Transaction, rows: Sequence[NewOrderRow]) -> dict[tuple[TicketId, str], Tab]:
    """By ticket and currency."""
    organiser_id = rows[0].stand.organiser_id
    found: dict[tuple[TicketId, str], Tab] = {}
    for currency in sorted({row.stand.draft.currency for row in rows}):
        tickets = sorted(
            {
                row.ticket.ticket_id
                for row in rows
                if row.payment == "tab" and row.ticket and row.stand.draft.currency == currency
            }
        )
        if tickets:
            new = {ticket_id: TabId(new_uuid()) for ticket_id in tickets}
            opened = await benefits.open_tabs(tx, new, organiser_id, currency, TAB_LIMIT_MINOR)
            found |= {(ticket_id, currency): tab for ticket_id, tab in opened.items()}
    return found


@dataclass(slots=True)
class _Served:
    row: NewOrderRow
    placed: Placed
    plan: Plan


@dataclass(slots=True)
class _Shared:
    """What the desks of all stands give out together."""

    known: Mapping[BasketId, baskets.Locked]
    used: set[OrderId]
    uses: dict[tuple[UUID, TicketId], int] = field(default_factory=dict[tuple[UUID, TicketId], int])
    tabs: dict[tuple[TicketId, str], Tab] = field(default_factory=dict[tuple[TicketId, str], Tab])
    ordered: set[BasketId] = field(default_factory=set[BasketId])


class _Desk:
    """Of a stand: decides one order after the other; what is given to one is gone for the next."""

    def __init__(
        self, stand: Stand, cooking: Kitchen, gate: stands.LockedGate, shared: _Shared
    ) -> None:
        self.stand = stand
        self.cooking = cooking
        self.number = gate.number
        self.served: list[_Served] = []
        self._gate = gate
        self._shared = shared

    def serve(self, row: NewOrderRow) -> Placed | Problem:
        if refusal := self._refusal(row) or self._benefits_refusal(row):
            return refusal
        plan = self._plan(row)
        if plan is None:
            return KitchenFull()
        self.cooking.take(plan, row.destination.fulfilment, row.priced.totals.total.minor)
        return self._accept(row, plan)

    def _refusal(self, row: NewOrderRow) -> Problem | None:
        basket = self._shared.known.get(row.basket_id)
        if row.id in self._shared.used:
            return Overtaken()
        if basket is None or basket.version != row.basket_version:
            return BasketChanged()
        if basket.order_id is not None or row.basket_id in self._shared.ordered:
            return BasketOrdered()
        if self._gate.paused:
            return StandPaused()
        looked = (row.stand.version, row.stand.out_version)
        return None if looked == (self._gate.version, self._gate.out_version) else Overtaken()

    def _benefits_refusal(self, row: NewOrderRow) -> Problem | None:
        if row.ticket is None:
            return None
        for one in row.priced.included:
            used = self._shared.uses.get((one.entitlement_id, row.ticket.ticket_id), 0)
            if used + one.quantity > one.most:
                return Overtaken()
        if row.payment == "tab":
            tab = self._shared.tabs[row.ticket.ticket_id, row.stand.draft.currency]
            if tab.state != "open":
                return TabClosed()
            if tab.total_minor + row.priced.totals.total.minor > tab.limit_minor:
                return TabLimit(limit=tab.limit_minor)
        return None

    def _plan(self, row: NewOrderRow) -> Plan | None:
        """The first time at which both the kitchen and the caps have room."""
        fulfilment, value = row.destination.fulfilment, row.priced.totals.total.minor
        wait_max_s = self._gate.pacing.wait_max_minutes * 60
        target = None if row.slot is None else pacing.wanted_ready(row.slot, fulfilment)
        plan = self.cooking.plan(row.work, row.longest_s, target=target, wait_max_s=wait_max_s)
        if plan is None or self.cooking.fits(fulfilment, plan.ready_by, value):
            return plan
        if target is not None:
            return None
        last = self.cooking.now + timedelta(seconds=wait_max_s)
        slot = pacing.slot_of(plan.ready_by) + pacing.SLOT
        while slot <= last:
            if self.cooking.fits(fulfilment, slot, value):
                return self.cooking.plan(
                    row.work, row.longest_s, target=slot, wait_max_s=wait_max_s
                )
            slot += pacing.SLOT
        return None

    def _accept(self, row: NewOrderRow, plan: Plan) -> Placed:
        self.number += 1
        self._shared.used.add(row.id)
        self._shared.ordered.add(row.basket_id)
        tab_id = None
        if row.ticket is not None:
            for one in row.priced.included:
                key = (one.entitlement_id, row.ticket.ticket_id)
                self._shared.uses[key] = self._shared.uses.get(key, 0) + one.quantity
            if row.payment == "tab":
                tab = self._shared.tabs[row.ticket.ticket_id, row.stand.draft.currency]
                tab_id = tab.id
                total = tab.total_minor + row.priced.totals.total.minor
                key = (row.ticket.ticket_id, row.stand.draft.currency)
                self._shared.tabs[key] = replace(tab, total_minor=total)
        by_hand = row.stand.draft.accepts == "by-hand"
        state: OrderState = "submitted" if by_hand else "accepted"
        placed = Placed(
            f"{self.number:03d}",
            "pending" if row.payment == "card" else state,
            plan.ready_by,
            pacing.promised(plan.ready_by, row.destination.fulfilment, self._gate.widened_s),
            self._gate.now,
            tab_id,
        )
        self.served.append(_Served(row, placed, plan))
        return placed


async def _write(tx: Transaction, desks: Sequence[_Desk]) -> None:
    served = [one for desk in desks for one in desk.served]
    if not served:
        return
    made = [(one.row, one.placed, one.plan) for one in served]
    if await orders.insert(tx, made, ANSWER_SECONDS) != len(made):
        raise Overtaken  # another process used an id at this very moment
    await _reserve(tx, desks)
    await _take_benefits(tx, served)
    await baskets.set_ordered(
        tx, [one.row.basket_id for one in served], [one.row.id for one in served]
    )
    busy = [desk for desk in desks if desk.served]
    await stands.set_numbers(
        tx, [(desk.stand.id, desk.stand.draft.zone, desk.number) for desk in busy]
    )
    taken = [one for one in served if one.placed.state == "accepted"]
    if taken:
        await printing.queue(tx, [one.row.id for one in taken], "order")
        await outbox.append(
            tx,
            *(accepted(one.row, one.placed.number, one.plan.ready_by) for one in taken),
            traces=[one.row.trace for one in taken],
        )


async def _reserve(tx: Transaction, desks: Sequence[_Desk]) -> None:
    work: dict[tuple[StandId, str, datetime], tuple[int, int]] = {}
    for desk in desks:
        for piece in (piece for one in desk.served for piece in one.plan.pieces):
            key = (desk.stand.id, piece.station, piece.starts_at)
            seconds, _ = work.get(key, (0, 0))
            capacity = desk.cooking.loads[piece.station, piece.starts_at].capacity_s
            work[key] = (seconds + piece.seconds, capacity)
    if work:
        await kitchen.add_work(tx, work)
    for desk in desks:
        await _fill_caps(tx, desk)


async def _fill_caps(tx: Transaction, desk: _Desk) -> None:
    caps: dict[tuple[Fulfilment, datetime], tuple[int, int]] = defaultdict(lambda: (0, 0))
    taken: list[tuple[OrderId, StandId, Fulfilment, datetime, int]] = []
    for one in desk.served:
        if one.row.destination.fulfilment in desk.cooking.cap_rules:
            key = (one.row.destination.fulfilment, pacing.slot_of(one.plan.ready_by))
            count, value = caps[key]
            caps[key] = (count + 1, value + one.row.priced.totals.total.minor)
            taken.append((one.row.id, desk.stand.id, *key, one.row.priced.totals.total.minor))
    if caps:
        await kitchen.note_caps(tx, taken)
        bounds = desk.cooking.caps
        await kitchen.add_to_caps(
            tx,
            desk.stand.id,
            [
                (name, slot, count, value, bounds[name, slot].orders_max,
                 bounds[name, slot].value_max)
                for (name, slot), (count, value) in caps.items()
            ],
        )  # fmt: skip


async def _take_benefits(tx: Transaction, served: Sequence[_Served]) -> None:
    uses = [
        (s.row.id, one.entitlement_id, s.row.ticket.ticket_id, one.quantity, one.most)
        for s in served
        if s.row.ticket is not None
        for one in s.row.priced.included
    ]
    if uses:
        await benefits.add_uses(tx, uses)
    codes = [(s.row.id, code) for s in served for code in s.row.priced.codes]
    if codes:
        await benefits.use_codes(tx, served[0].row.stand.organiser_id, codes)
    amounts: dict[TabId, int] = defaultdict(int)
    for one in served:
        if one.placed.tab_id is not None:
            amounts[one.placed.tab_id] += one.row.priced.totals.total.minor
    if amounts:
        await benefits.add_to_tabs(tx, amounts)

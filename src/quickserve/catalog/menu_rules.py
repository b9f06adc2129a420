"""What is wrong with a menu or a stand, line by line, and what would be right. No I/O."""

from collections import Counter
from collections.abc import Iterator
from uuid import UUID
from zoneinfo import available_timezones

from quickserve.catalog.rules import refuse
from quickserve.contracts.menus import (
    MenuDefect,
    MenuDraft,
    MenuItem,
    ModifierGroup,
    ModifierGroupId,
    StandDraft,
)
from quickserve.contracts.payment import PAYMENT_MAX_MINOR
from quickserve.kernel.money import known_currency

_DEFECTS_MAX = 1000


def check_stand(draft: StandDraft) -> None:
    """Raises Malformed for the first field that is wrong."""
    if not known_currency(draft.currency):
        raise refuse("currency", "unknown-currency", "Use an ISO 4217 code such as EUR.")
    if draft.zone not in available_timezones():
        raise refuse("zone", "unknown-zone", "Use an IANA name such as Europe/Paris.")
    if len(set(draft.fulfilments)) != len(draft.fulfilments):
        raise refuse("fulfilments", "twice", "Name each way once.")
    if len({one.key for one in draft.stations}) != len(draft.stations):
        raise refuse("stations", "twice", "Give each station a key of its own.")
    _check_delivery(draft)
    if draft.programme is not None and draft.event_id is None:
        raise refuse("programme", "without-event", "Only a stand of an event follows a programme.")


def _check_delivery(draft: StandDraft) -> None:
    if "delivery" in draft.fulfilments:
        if draft.delivery is None:
            raise refuse("delivery", "missing", "Tell how far you deliver, and the fee.")
        if draft.latitude is None or draft.longitude is None:
            raise refuse("latitude", "missing", "A stand that delivers has a position.")
    area = draft.delivery
    for field, amount in (("fee", area.fee), ("order_min", area.order_min)) if area else ():
        if amount.currency != draft.currency or not 0 <= amount.minor <= PAYMENT_MAX_MINOR:
            fix = f"An amount in {draft.currency}, not below 0."
            raise refuse(f"delivery.{field}", "wrong-amount", fix)


def defects(draft: MenuDraft, stand: StandDraft) -> list[MenuDefect]:
    """All of them, in the order of the menu."""
    found = [*_twice(draft), *_of_groups(draft, stand)]
    groups = {group.id: group for group in draft.groups}
    for section in draft.sections:
        for item in section.items:
            found += _of_item(section.name, item, groups, stand)
    return found[:_DEFECTS_MAX]


def ids_of(draft: MenuDraft) -> list[UUID]:
    """Of what can be sold out: items and modifiers."""
    items: list[UUID] = [item.id for section in draft.sections for item in section.items]
    return items + [mod.id for group in draft.groups for mod in group.modifiers]


def _twice(draft: MenuDraft) -> Iterator[MenuDefect]:
    kinds: dict[str, list[tuple[UUID, str]]] = {
        "section": [(one.id, one.name) for one in draft.sections],
        "item": [(one.id, one.name) for section in draft.sections for one in section.items],
        "group": [(one.id, one.name) for one in draft.groups],
        "modifier": [(one.id, one.name) for group in draft.groups for one in group.modifiers],
    }
    for kind, pairs in kinds.items():
        counts = Counter(id_ for id_, _ in pairs)
        for id_, name in {id_: name for id_, name in pairs if counts[id_] > 1}.items():
            yield MenuDefect(
                code=f"{kind}-twice", section=name if kind == "section" else "",
                item=name if kind != "section" else "", field="id",
                detail=f"{counts[id_]} have the id {id_}.", repair="Give the copies new ids.",
            )  # fmt: skip


def _of_groups(draft: MenuDraft, stand: StandDraft) -> Iterator[MenuDefect]:
    for group in draft.groups:
        for mod in group.modifiers:
            if mod.price.currency != stand.currency:
                yield _wrong_currency("", f"{group.name}: {mod.name}", mod.price.currency, stand)
            elif abs(mod.price.minor) > PAYMENT_MAX_MINOR:
                yield MenuDefect(
                    code="price-too-large", section="", item=f"{group.name}: {mod.name}",
                    field="price", detail="No payment is that large.", repair="Correct the price.",
                )  # fmt: skip


def _of_item(
    section: str, item: MenuItem, groups: dict[ModifierGroupId, ModifierGroup], stand: StandDraft
) -> Iterator[MenuDefect]:
    def defect(code: str, field: str, detail: str, repair: str) -> MenuDefect:
        return MenuDefect(
            code=code, section=section, item=item.name, field=field, detail=detail, repair=repair
        )

    if item.price.currency != stand.currency:
        yield _wrong_currency(section, item.name, item.price.currency, stand)
    if not 0 <= item.price.minor <= PAYMENT_MAX_MINOR:
        yield defect("price-not-allowed", "price", f"It costs {item.price}.", "0 or more.")
    for group_id in item.groups:
        if group_id not in groups:
            fix = "Add the group to the menu, or leave it out."
            yield defect("group-unknown", "groups", f"There is no group {group_id}.", fix)
    if len(set(item.groups)) != len(item.groups):
        yield defect("group-twice", "groups", "A group is asked twice.", "Name it once.")
    keys = {station.key for station in stand.stations}
    if item.station is not None and item.station not in keys:
        known = ", ".join(sorted(keys)) or "none"
        yield defect(
            "station-unknown", "station", f"The stand has no station {item.station}.",
            f"One of: {known}.",
        )  # fmt: skip
    cheapest = item.price.minor + sum(_least(groups[one]) for one in item.groups if one in groups)
    if cheapest < 0 <= item.price.minor:
        fix = "Make the reductions of its choices smaller."
        yield defect("may-cost-less-than-nothing", "groups", f"Down to {cheapest}.", fix)
    if item.served is not None and item.served.opens == item.served.until:
        yield defect("never-served", "served", "It begins and ends at the same time.", "Two times.")


def _least(group: ModifierGroup) -> int:
    """The most that its modifiers can take off."""
    off = sorted(mod.price.minor for mod in group.modifiers if mod.price.minor < 0)
    taken = [price for price in off for _ in range(group.repeat_max)]
    return sum(taken[: group.max])


def _wrong_currency(section: str, item: str, currency: str, stand: StandDraft) -> MenuDefect:
    return MenuDefect(
        code="wrong-currency", section=section, item=item, field="price",
        detail=f"Its price is in {currency}.", repair=f"A price in {stand.currency}.",
    )  # fmt: skip

"""What may still be changed after the sale, and for how much. No I/O."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from quickserve.booking.store.changes import ChangingTicket
from quickserve.contracts.booking import HeldItem
from quickserve.contracts.booking_changes import AmendmentKind, ChangeNotAllowed, ChangeRules

# A resale without a buyer ends while there is time to come to the door.
RESALE_ENDS = timedelta(hours=1)


def until(kind: AmendmentKind, rules: ChangeRules, starts_at: datetime, *, free: bool) -> (
    datetime | None
):  # fmt: skip
    """The moment up to which the rules allow it; None: not at all.

    What cost nothing may be given back until it starts, whatever the organiser wrote: the place
    helps somebody else.
    """
    if kind == "resale":
        return starts_at - RESALE_ENDS if rules.resale else None
    hours = rules.cancel_hours if kind == "cancel" else rules.exchange_hours
    if hours is None:
        return starts_at if free and kind == "cancel" else None
    return starts_at - timedelta(hours=hours)


def refusal(kind: AmendmentKind, rules: ChangeRules, ticket: ChangingTicket) -> str | None:
    """Why the buyer cannot change it this way now, as ChangeNotAllowed's reason."""
    if not ticket.own:
        return "not-own"
    latest = until(kind, rules, ticket.starts_at, free=ticket.price_minor == 0)
    if latest is None:
        return "rule"
    if reason := _spoilt(ticket):
        return reason
    return "late" if ticket.now >= latest else None


def transfer_refusal(rules: ChangeRules, ticket: ChangingTicket) -> str | None:
    """As `refusal`, for whoever has the ticket; until it starts."""
    if not rules.transfer:
        return "rule"
    return _spoilt(ticket) or ("late" if ticket.now >= ticket.starts_at else None)


def _spoilt(ticket: ChangingTicket) -> str | None:
    if ticket.state in ("changing", "returned"):
        return "under-way"
    if ticket.state != "valid" or ticket.booking_state != "confirmed" or ticket.called_off:
        return "not-valid"
    return "admitted" if ticket.admitted else None


def require(kind: AmendmentKind, rules: ChangeRules, tickets: Sequence[ChangingTicket]) -> None:
    """Raises ChangeNotAllowed, which names the first ticket that cannot be changed, and why."""
    for ticket in tickets:
        if reason := refusal(kind, rules, ticket):
            raise not_allowed(reason, ticket)


def not_allowed(reason: str, ticket: ChangingTicket) -> ChangeNotAllowed:
    return ChangeNotAllowed(_WORDS[reason], reason=reason, ticket_id=str(ticket.id))


_WORDS = {
    "rule": "The organiser does not allow it for this event.",
    "late": "It is too late for that now.",
    "admitted": "Somebody came in with this ticket already.",
    "not-valid": "The ticket is no longer valid.",
    "not-own": "This ticket was passed on: it is no longer yours.",
    "under-way": "A change of this ticket is under way.",
}


def refund_minor(rules: ChangeRules, price_minor: int) -> int:
    """What cancelling a ticket gives back: the fee is rounded half up, in minor units."""
    return price_minor - (price_minor * rules.cancel_fee_bp + 5000) // 10_000


def without(items: Sequence[HeldItem], tickets: Sequence[ChangingTicket]) -> list[HeldItem]:
    """The lines of a booking that these tickets leave: of their type, of their price first."""
    left = list(items)
    for ticket in tickets:
        of_type = [n for n, i in enumerate(left) if i.ticket_type_id == ticket.ticket_type_id]
        assert of_type, "a ticket has a line in its booking"
        place = min(of_type, key=lambda n: left[n].unit_price.minor != ticket.price_minor)
        item = left[place]
        if item.quantity == 1:
            del left[place]
        else:
            left[place] = item.model_copy(update={"quantity": item.quantity - 1})
    return left

"""What an order, or a basket, may be refused for."""

from quickserve.kernel.errors import Problem


class StandClosed(Problem):
    """`extra.opens_at`: when it opens next, if that is known."""

    status = 409
    code = "stand-closed"
    title = "This stand is closed now"


class StandPaused(Problem):
    status = 409
    code = "stand-paused"
    title = "This stand takes no new orders for a moment"


class KitchenFull(Problem):
    """`extra.next_slot`: the first time that is free."""

    status = 409
    code = "kitchen-full"
    title = "The kitchen cannot make this by then"


class ItemSoldOut(Problem):
    """`extra.lines`: those that hold what is out."""

    status = 409
    code = "item-sold-out"
    title = "Something of the basket is sold out"


class LineNotAllowed(Problem):
    """`extra.lines`: each with code and detail."""

    status = 422
    code = "line-not-allowed"
    title = "A line of the basket cannot be ordered as it is"


class BasketChanged(Problem):
    status = 409
    code = "basket-changed"
    title = "The basket has changed since it was shown"


class TotalChanged(Problem):
    """`extra.total`: what it is now."""

    status = 409
    code = "total-changed"
    title = "The price has changed since it was shown"


class TicketNotAccepted(Problem):
    """`extra.reason`: unknown, forged, revoked, cancelled, other-event."""

    status = 422
    code = "ticket-not-accepted"
    title = "This ticket opens no menu here"


class TabLimit(Problem):
    """`extra.limit`."""

    status = 409
    code = "tab-limit"
    title = "The tab is full: pay it first"


class TabClosed(Problem):
    status = 409
    code = "tab-closed"
    title = "The tab is being paid"


class OrderCodeNotValid(Problem):
    """`extra.codes`."""

    status = 422
    code = "order-code-not-valid"
    title = "This code is not valid here"


class NotToBePlaced(Problem):
    status = 402
    code = "order-payment-required"
    title = "This order has a price: go through the checkout"


class BasketOrdered(Problem):
    status = 409
    code = "basket-ordered"
    title = "This basket was ordered already"


class IllegalTransition(Problem):
    """`extra`: state, to, allowed."""

    status = 409
    code = "illegal-transition"
    title = "The order cannot go there from where it is"


class MoveOvertaken(Problem):
    """`extra.state`: where somebody else has moved the order since it was seen."""

    status = 409
    code = "move-overtaken"
    title = "Somebody else has moved this order meanwhile"


class OrderWithdrawn(Problem):
    status = 409
    code = "order-withdrawn"
    title = "This order was taken back"


class OutOfReach(Problem):
    """`extra.distance_m`, `extra.radius_m`."""

    status = 422
    code = "out-of-reach"
    title = "This address is too far for this stand"

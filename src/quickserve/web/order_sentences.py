"""What refuses an order, in the reader's language: by code, what is the case and what helps."""

from quickserve.web.i18n import Locale


def told(locale: Locale) -> dict[str, tuple[str, str]]:
    """To who orders."""
    return _told_of_a_basket(locale) | _told_of_an_order(locale) | told_of_money(locale)


def _told_of_a_basket(locale: Locale) -> dict[str, tuple[str, str]]:
    gettext = locale.gettext
    look = gettext("Look through the basket, then order again.")
    return {
        "stand-closed": (
            gettext("The stand is closed at that time."),
            gettext("Choose another time."),
        ),
        "stand-paused": (
            gettext("The stand takes no orders for a moment."),
            gettext("Try again in some minutes: your basket stays."),
        ),
        "kitchen-full": (
            gettext("The kitchen cannot make this by then."),
            gettext("Choose a later time, or less."),
        ),
        "item-sold-out": (
            gettext("Something of the basket is sold out."),
            gettext("Take it out, then order."),
        ),
        "line-not-allowed": (gettext("Something of the basket cannot be ordered like this."), look),
        "basket-changed": (gettext("The basket has changed meanwhile."), look),
        "total-changed": (gettext("The total is another one now."), look),
        "ticket-not-accepted": (
            gettext("This ticket opens no menu here."),
            gettext("Open the menu from a valid ticket of this event."),
        ),
        "tab-limit": (
            gettext("The tab is full."),
            gettext("Pay it first, or pay this order by card."),
        ),
        "tab-closed": (gettext("The tab is being paid."), gettext("Pay this order by card.")),
        "order-code-not-valid": (
            gettext("A code is not valid here."),
            gettext("Correct it or take it out."),
        ),
        "order-payment-required": (
            gettext("This order has a price."),
            gettext("Choose how to pay."),
        ),
        "basket-ordered": (
            gettext("This basket was ordered already."),
            gettext("You find the order under “My orders”."),
        ),
        "out-of-reach": (
            gettext("This address is too far for the stand."),
            gettext("Choose another address, or pick it up."),
        ),
        "contact-email-missing": (
            gettext("The receipt needs an e-mail address."),
            gettext("Enter one."),
        ),
    }


def _told_of_an_order(locale: Locale) -> dict[str, tuple[str, str]]:
    gettext = locale.gettext
    nothing = gettext("Nothing was charged.")
    return {
        "split-too-small": (
            gettext("There is not enough to divide."),
            gettext("Divide it among fewer, or pay alone."),
        ),
        "split-ended": (
            gettext("This is paid, or its time is over."),
            gettext("The bill tells how it stands."),
        ),
        "split-timeout": (gettext("Not everybody paid in time."), nothing),
        "illegal-transition": (
            gettext("The order has gone on meanwhile: that is no longer possible."),
            gettext("Below is how it stands now."),
        ),
        "move-overtaken": (
            gettext("Somebody else has moved this order meanwhile."),
            gettext("Look where it is now: your touch was not used."),
        ),
        "order-withdrawn": (
            gettext("This order was taken back."),
            gettext("Your basket is as it was: order anew."),
        ),
        "order-rejected": (gettext("The stand could not take your order."), nothing),
        "order-taken-back": (
            gettext("You took the order back before the stand accepted it."),
            nothing,
        ),
        "stand-did-not-answer": (gettext("The stand did not answer in time."), nothing),
    }


def told_of_money(locale: Locale) -> dict[str, tuple[str, str]]:
    """Of what is cancelled, and of tabs."""
    gettext = locale.gettext
    stands = gettext("It stands as before.")
    again = gettext("Try again in a moment.")
    return {
        "cancellation-not-allowed": (
            gettext("This order cannot be cancelled any more."),
            gettext("Speak to the stand."),
        ),
        "cancellation-under-way": (
            gettext("Something of this order is being cancelled."),
            again,
        ),
        "nothing-to-cancel": (gettext("All of it is cancelled already."), stands),
        "cancellation-dropped": (gettext("The cancellation was given up."), stands),
        "tab-total-changed": (
            gettext("The tab has another total now."),
            gettext("Look at it; then pay."),
        ),
        "tab-empty": (gettext("Nothing is owed on this tab."), gettext("Nothing was charged.")),
        "tab-unsettled": (
            gettext("Something of this tab is not decided yet."),
            gettext("Try again once the stand has answered."),
        ),
        "tab-paid": (gettext("This tab is paid."), gettext("Nothing was charged.")),
    }


def told_at_work(locale: Locale) -> dict[str, tuple[str, str]]:
    """To who runs a stand, and who carries."""
    gettext = locale.gettext
    anew = gettext("Reload the page to see it as it is now.")
    return {
        "menu-has-defects": (
            gettext("The menu has defects: nothing is saved."),
            gettext("Correct what is marked, then save again."),
        ),
        "menu-refused": (
            gettext("This is no menu that can be read."),
            gettext("Choose another file."),
        ),
        "stand-changed": (gettext("Somebody else changed this stand meanwhile."), anew),
        "unknown-device": (
            gettext("This device is not known any more."),
            gettext("Begin a new shift."),
        ),
        "bad-device-key": (
            gettext("The device’s key does not fit."),
            gettext("Begin a new shift."),
        ),
        "impossible-position": (
            gettext("Nobody can be there, or not yet."),
            gettext("Check the device’s clock and its position."),
        ),
        "shift-ended": (
            gettext("The shift has ended: nothing is recorded any more."),
            gettext("Begin a new shift."),
        ),
        "already-on-shift": (gettext("You are on shift already."), anew),
        "still-carrying": (
            gettext("There are orders to hand over first."),
            gettext("Hand them over, then end the shift."),
        ),
        "hands-full": (
            gettext("This runner carries as much as they can."),
            gettext("Choose somebody else."),
        ),
        "job-moved": (gettext("The order has gone on meanwhile."), anew),
        "wrong-pin": (
            gettext("That is not this order’s code."),
            gettext("Ask the person to read it from the order’s page."),
        ),
        "pin-locked": (
            gettext("The code was wrong too often."),
            gettext("Ask the organiser to hand it over."),
        ),
        "unknown-checkpoint": (
            gettext("This is no checkpoint’s code."),
            gettext("Scan the one at the block or row."),
        ),
        "printer-not-allowed": (
            gettext("No printer may stand at this address."),
            gettext("Enter one of the venue’s own network, port 9100 to 9109."),
        ),
        "gpx-refused": (
            gettext("This file cannot be read as GPX."),
            gettext("Choose another file."),
        ),
        "link-expired": (gettext("This link has ended."), ""),
    }

"""What refuses a runner, in the reader's language: by code, what is the case and what helps."""

from quickserve.web.i18n import Locale


def told(locale: Locale) -> dict[str, tuple[str, str]]:
    gettext = locale.gettext
    return {
        "wrong-pin": (
            gettext("That is not this order’s code."),
            gettext("Ask for it again: it is on the order’s page."),
        ),
        "pin-locked": (
            gettext("The code was wrong too often."),
            gettext("Look who it is, and hand it over without a code."),
        ),
        "job-moved": (
            gettext("The order is somewhere else by now."),
            gettext("This page shows how it stands."),
        ),
        "hands-full": (
            gettext("This runner carries as much as they can."),
            gettext("Choose another one."),
        ),
        "still-carrying": (
            gettext("There are orders in your hands."),
            gettext("Hand them over first, then end the shift."),
        ),
        "already-on-shift": (
            gettext("You are on shift already."),
            gettext("End that one first."),
        ),
        "shift-ended": (
            gettext("The shift has ended."),
            gettext("Begin another one: nothing is recorded meanwhile."),
        ),
        "unknown-checkpoint": (
            gettext("This is no checkpoint’s code."),
            gettext("It begins with QSC: and stands on the sign."),
        ),
        "impossible-position": (
            gettext("Nobody can be there, or not yet."),
            gettext("Is the phone’s clock right?"),
        ),
        "link-expired": (
            gettext("This link has ended."),
            gettext("Ask who ordered for another one."),
        ),
    }

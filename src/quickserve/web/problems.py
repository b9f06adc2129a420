"""Problems of the services in the reader's language: what is the case, and what helps.

`sentence(problem, locale)` is for pages and messages; `field_errors(problem, locale, names)` puts
the fix beside the field of a form. Codes are those of `contracts` and the kernel; one that is not
listed here gets the sentence of its status.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Final

from quickserve.kernel.errors import FieldError, Problem, ProblemDocument, TooLarge
from quickserve.web import order_sentences, rule_words, track_sentences
from quickserve.web.i18n import Locale

_SERVER_ERROR: Final = 500
_MEGABYTE: Final = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Sentence:
    """`title` says what is the case; `fix` what one can do now."""

    title: str
    fix: str

    def __str__(self) -> str:
        return f"{self.title} {self.fix}".strip()


def sentence(problem: Problem | ProblemDocument, locale: Locale) -> Sentence:
    known = _sentences(locale)
    most = problem.extra.get("bytes_max")
    if problem.code == TooLarge.code and isinstance(most, int) and most >= _MEGABYTE:
        fix = locale.gettext("At most %(count)s MB are taken here.") % {"count": most // _MEGABYTE}
        return Sentence(known[TooLarge.code].title, fix)
    if found := known.get(_code(problem)):
        told = rule_words.broken(problem.code, problem.extra, locale)
        return Sentence(told, "") if told else found
    by_status = {
        401: "unauthenticated", 403: "forbidden", 404: "not-found", 405: "method-not-allowed",
        413: "too-large", 422: "malformed", 429: "too-many-requests", 503: "unavailable",
        504: "deadline-exceeded",
    }  # fmt: skip
    fallback = "internal-error" if problem.status >= _SERVER_ERROR else "bad-request"
    return known[by_status.get(problem.status, fallback)]


def sentence_for(code: str, locale: Locale) -> Sentence | None:
    """Of a failure that is told as a code, such as `card-declined`; None when it is not known."""
    return _sentences(locale).get(code)


def field_errors(
    problem: Problem, locale: Locale, names: Mapping[str, str] | None = None
) -> dict[str, str]:
    """Form field → what to put there.

    `names` maps a service's field (`contact.email`) to the form's (`email`); fields without an
    entry keep their name. The first finding of a field counts.
    """
    told: dict[str, str] = {}
    for error in problem.errors:
        name = (names or {}).get(error.field, error.field)
        told.setdefault(name, field_sentence(error, locale))
    return told


def field_sentence(error: FieldError, locale: Locale) -> str:
    found = _fixes(locale).get(error.code)
    if found:
        return found
    if locale.code == "en" and error.message:
        return error.message[:1].upper() + error.message[1:]
    return _fixes(locale)[""]


def _code(problem: Problem | ProblemDocument) -> str:
    """The more telling code: a declined card says why in `extra`."""
    failure = problem.extra.get("failure")
    reason = problem.extra.get("reason")
    for narrower in (failure, f"{problem.code}:{reason}"):
        if isinstance(narrower, str) and narrower in _KNOWN:
            return narrower
    return problem.code


# Codes narrower than a problem's: reasons told beside it.
_KNOWN: Final = frozenset(
    {
        "card-declined", "insufficient-funds", "challenge-refused", "expired-card",
        "not-on-sale:not-yet", "not-on-sale:ended", "not-on-sale:cancelled",
        "not-on-sale:unpublished", "change-not-allowed:late", "change-not-allowed:admitted",
        "change-not-allowed:under-way", "change-not-allowed:not-own",
    }
)  # fmt: skip


@cache
def _sentences(locale: Locale) -> dict[str, Sentence]:
    return {
        **_of_the_site(locale), **_of_booking(locale), **_of_paying(locale), **_of_staff(locale),
        **_of_ordering(locale),
    }  # fmt: skip


def _of_the_site(locale: Locale) -> dict[str, Sentence]:
    gettext = locale.gettext
    again = gettext("Go back and try again.")
    return {
        "bad-request": Sentence(gettext("That could not be carried out."), again),
        "malformed": Sentence(
            gettext("Something in the request cannot be read."),
            gettext("Go back, check what you typed, and try again."),
        ),
        "unreadable-form": Sentence(gettext("The form arrived damaged."), again),
        "stale-form": Sentence(
            gettext("This form was open for too long, or comes from another site."),
            gettext("Go back, reload the page and send it again: then it works."),
        ),
        "unauthenticated": Sentence(
            gettext("Sign in first."), gettext("After that you come back to this page.")
        ),
        "forbidden": Sentence(
            gettext("This is not yours to see or to change."),
            gettext("Ask an organiser of your organisation to give you the role for it."),
        ),
        "not-found": Sentence(
            gettext("There is nothing here."),
            gettext("The address may have a typing error, or the page is gone."),
        ),
        "method-not-allowed": Sentence(gettext("That cannot be done here."), again),
        "conflict": Sentence(
            gettext("That does not fit the present state."),
            gettext("Reload the page to see it as it is now."),
        ),
        "id-reused": Sentence(
            gettext("This form was sent already, with other content."),
            gettext("Reload the page to start afresh."),
        ),
        "too-large": Sentence(gettext("That is too large."), gettext("Send something smaller.")),
        "too-many-requests": Sentence(
            gettext("Too many requests."), gettext("Wait a little, then try again.")
        ),
        "internal-error": Sentence(
            gettext("Something went wrong on our side."),
            gettext("It is noted. Try again in a moment."),
        ),
        "unavailable": Sentence(
            gettext("A part of QuickServe cannot be reached just now."),
            gettext("Try again in a moment."),
        ),
        "deadline-exceeded": Sentence(
            gettext("The answer took too long."), gettext("Try again in a moment.")
        ),
    }


def _of_booking(locale: Locale) -> dict[str, Sentence]:
    gettext = locale.gettext
    other = gettext("Choose other tickets or another date.")
    return {
        "sold-out": Sentence(
            gettext("Not enough places are left."),
            gettext("Take fewer places, or choose another ticket or date."),
        ),
        "seat-taken": Sentence(
            gettext("Somebody else has taken one of these seats."),
            gettext("Choose others on the plan."),
        ),
        "unknown-seat": Sentence(
            gettext("This ticket is not sold for this seat."), gettext("Choose others on the plan.")
        ),
        "not-on-sale": Sentence(gettext("This ticket is not on sale now."), other),
        "not-on-sale:not-yet": Sentence(
            gettext("The sale of this ticket has not begun."), gettext("Come back when it opens.")
        ),
        "not-on-sale:ended": Sentence(gettext("The sale of this ticket has ended."), other),
        "not-on-sale:cancelled": Sentence(
            gettext("This date is cancelled."), gettext("Choose another date.")
        ),
        "not-on-sale:unpublished": Sentence(gettext("This event is not on sale."), ""),
        "quantity-not-allowed": Sentence(
            gettext("This many tickets cannot be booked at once."),
            gettext("Each ticket says how many one may take."),
        ),
        "unknown-ticket-type": Sentence(gettext("This date has no such ticket."), other),
        "mixed-currencies": Sentence(
            gettext("One booking has one currency."), gettext("Book them one after the other.")
        ),
        "hold-expired": Sentence(
            gettext("Your places went back on sale."),
            gettext("Take them again if they are still free. Nothing was charged."),
        ),
        "hold-used": Sentence(
            gettext("These places were booked already."),
            gettext("Your tickets are under “My tickets”."),
        ),
        "payment-required": Sentence(
            gettext("These places have a price."), gettext("Go through the payment page.")
        ),
        "booking-not-pending": Sentence(
            gettext("This booking is no longer under way."), gettext("Choose your places again.")
        ),
        "booking-not-confirmed": Sentence(
            gettext("This booking is not confirmed."), gettext("There is nothing to cancel.")
        ),
        "booking-paid": Sentence(
            gettext("This booking was paid."), gettext("Cancel and refund it in one.")
        ),
        "not-refundable": Sentence(
            gettext("Nothing was paid for this booking that could be given back."), ""
        ),
        **_of_changing(locale),
        **_of_waiting(locale),
    }


def _of_rules(locale: Locale) -> dict[str, Sentence]:
    gettext = locale.gettext
    return {
        "code-not-valid": Sentence(
            gettext("This code cannot be used here now."),
            gettext("Take it out, or use another one."),
        ),
        "code-required": Sentence(
            gettext("This ticket is sold with a code only."),
            gettext("Enter the code that you were given."),
        ),
        "per-person-exceeded": Sentence(
            gettext("One person can have only so many of these tickets."),
            gettext("Choose fewer: what was booked before with this address counts."),
        ),
        "missing-companion": Sentence(
            gettext("One of these tickets is bought together with another one."),
            gettext("Each ticket says what goes with it: choose that as well."),
        ),
        "code-taken": Sentence(
            gettext("Another voucher has this code already."),
            gettext("Choose another code: spaces, dashes and capitals make no difference."),
        ),
        "uses-below-taken": Sentence(
            gettext("The code was used more often than that."),
            gettext("Allow at least as many uses as there were."),
        ),
    }


def _of_waiting(locale: Locale) -> dict[str, Sentence]:
    gettext = locale.gettext
    return {
        "admission-required": Sentence(
            gettext("There is a waiting room before this sale."),
            gettext("Book from the event’s page: it leads you there."),
        ),
        "admission-spent": Sentence(
            gettext("You took places very often just now."), gettext("Wait a minute, then go on.")
        ),
        "places-left": Sentence(
            gettext("There are places left."), gettext("Book them on the event’s page.")
        ),
        "list-closed": Sentence(gettext("There is no waiting list for this date."), ""),
        "already-waiting": Sentence(
            gettext("This address is on the waiting list already."),
            gettext(
                "Its place is kept: find it under “My tickets”, in the browser you joined with."
            ),
        ),
        "never-so-many": Sentence(
            gettext("So many places could never come back."), gettext("Wait for fewer.")
        ),
        "no-offer": Sentence(
            gettext("There is no offer that could be taken."),
            gettext("It may have ended: the places went to the next in line."),
        ),
        "not-drawn": Sentence(gettext("Nothing was drawn yet."), ""),
        **_of_rules(locale),
    }


def _of_changing(locale: Locale) -> dict[str, Sentence]:
    gettext = locale.gettext
    same = gettext("Nothing was changed.")
    return {
        "change-not-allowed": Sentence(
            gettext("This ticket cannot be changed this way."),
            gettext("The organiser does not allow it for this event. Nothing was changed."),
        ),
        "change-not-allowed:late": Sentence(gettext("It is too late for that now."), same),
        "change-not-allowed:admitted": Sentence(
            gettext("Somebody came in with this ticket already."), same
        ),
        "change-not-allowed:under-way": Sentence(
            gettext("A change of this ticket is under way."),
            gettext("Wait until it has ended, then look again."),
        ),
        "change-not-allowed:not-own": Sentence(
            gettext("This ticket was passed on: it is no longer yours."), same
        ),
        "place-taken": Sentence(
            gettext("Somebody is buying this place at this moment."),
            gettext("Try again in some minutes: either it is sold, or you have it back."),
        ),
        "nobody-bought": Sentence(
            gettext("The ticket is yours again."), gettext("It is valid as before.")
        ),
        "one-at-a-time": Sentence(gettext("Tickets are sold again one by one."), same),
        "hold-missing": Sentence(gettext("Choose the places that come instead."), ""),
    }


def _of_paying(locale: Locale) -> dict[str, Sentence]:
    gettext = locale.gettext
    other_card = gettext("Nothing was charged. Use another card.")
    return {
        "card-declined": Sentence(gettext("Your bank declined the card."), other_card),
        "insufficient-funds": Sentence(gettext("The card does not cover the amount."), other_card),
        "expired-card": Sentence(gettext("The card has expired."), other_card),
        "challenge-refused": Sentence(
            gettext("The payment was refused on your bank’s page."),
            gettext("Nothing was charged. Try again and approve it, or use another card."),
        ),
        "card-invalid": Sentence(
            gettext("The card’s details are not right."), gettext("Check them and try again.")
        ),
        "unknown-payment-method": Sentence(
            gettext("This way to pay is not known here."), gettext("Enter the card again.")
        ),
        "payment-timeout": Sentence(
            gettext("The payment was not approved in time."),
            gettext("Nothing was charged. Choose your places again."),
        ),
        "intent-not-authorized": Sentence(
            gettext("Your bank did not release the payment."), other_card
        ),
        "payment-method-missing": Sentence(
            gettext("Choose how to pay."), gettext("Enter the details of a card.")
        ),
    }


def _of_ordering(locale: Locale) -> dict[str, Sentence]:
    found = order_sentences.told(locale) | order_sentences.told_at_work(locale)
    found |= track_sentences.told(locale)
    return {code: Sentence(*told) for code, told in found.items()}


def _of_staff(locale: Locale) -> dict[str, Sentence]:
    gettext = locale.gettext
    return {
        "wrong-credentials": Sentence(
            gettext("The e-mail address or the password is wrong."),
            gettext("Check both and try again."),
        ),
        "too-many-attempts": Sentence(
            gettext("Too many attempts."), gettext("Wait a few minutes, then try again.")
        ),
        "email-taken": Sentence(
            gettext("Somebody with this e-mail address is registered already."), ""
        ),
        "name-taken": Sentence(
            gettext("An organiser of this name exists already."), gettext("Choose another name.")
        ),
        "plan-changed": Sentence(
            gettext("Somebody saved another version of this plan meanwhile."),
            gettext("Your drawing is still here: open the newest version in another window."),
        ),
        "plan-has-defects": Sentence(
            gettext("The plan has defects: nothing is saved."),
            gettext("Check it, and accept the repairs or correct it."),
        ),
        "plan-refused": Sentence(
            gettext("This is no seating plan that can be read."), gettext("Choose another file.")
        ),
        "capacity-below-sold": Sentence(
            gettext("More places are sold or held than this."),
            gettext("Enter at least as many as are taken."),
        ),
        "end-before-start": Sentence(
            gettext("A date ends before it starts."), gettext("Put the end after the start.")
        ),
        "deadline-past": Sentence(
            gettext("The time to pay is over already."), gettext("Choose a later one.")
        ),
        "unknown-zone": Sentence(
            gettext("This time zone is not known."),
            gettext("Choose one of the list, such as Europe/Paris."),
        ),
        "nothing-to-sell": Sentence(
            gettext("There is nothing to sell yet."),
            gettext("Add a ticket before publishing."),
        ),
        "event-cancelled": Sentence(gettext("A cancelled event cannot be changed."), ""),
        "seats-would-be-lost": Sentence(
            gettext("Somebody has seats that the new plan does not have."),
            gettext("Choose a plan that has them, or confirm below."),
        ),
        "ticket-type-in-use": Sentence(
            gettext("A published event keeps at least one ticket."),
            gettext("Add another one first."),
        ),
        "import-refused": Sentence(
            gettext("This file cannot be imported."),
            gettext("Use a schedule (XML or JSON), a calendar (.ics) or a table (.csv)."),
        ),
    }


@cache
def _fixes(locale: Locale) -> dict[str, str]:
    """By the code of a field's error: ours, then Pydantic's."""
    gettext = locale.gettext
    missing = gettext("Fill this in.")
    long = gettext("This is too long: shorten it.")
    number = gettext("Enter a whole number.")
    moment = gettext("Enter a date and a time.")
    return {
        "": gettext("This value cannot be used: check it."),
        "missing": missing,
        "opens-in-the-past": gettext("Choose a moment from now on, or leave it empty for now."),
        "opens-too-late": gettext("Choose a moment before the date begins."),
        "blank": missing,
        "string_too_short": missing,
        "too_short": missing,
        "string_too_long": long,
        "too_long": long,
        "control-character": gettext("Remove the characters that cannot be seen."),
        "repeated": gettext("This is there twice: remove one."),
        "not-an-address": gettext("Enter an e-mail address like name@example.org."),
        "not-a-web-address": gettext("Enter an address that begins with https://."),
        "negative-price": gettext("Enter a price of 0 or more."),
        "wrong-currency": gettext("All tickets of an event have the same currency."),
        "other-currency": gettext("All tickets of an event have the same currency."),
        "below-minimum": gettext("Enter at least the minimum."),
        "below-sold": gettext("More places are sold or set aside: enter at least as many."),
        "absurd-year": gettext("Enter a year from 1970 to 2099."),
        "ends-before-start": gettext("Put the end after the start."),
        "end-before-start": gettext("Put the end after the start."),
        "int_parsing": number,
        "int_type": number,
        "int_from_float": number,
        "datetime_parsing": moment,
        "datetime_from_date_parsing": moment,
        "timezone_aware": moment,
        "uuid_parsing": gettext("This choice is not known: choose again."),
        "voucher-code": gettext(
            "Use 3 to 40 letters without accents, digits, spaces and dashes, such as SUMMER-26."
        ),
        "not-ticked": gettext("Tick at least one."),
        "not-up-to-100": gettext("Enter a whole number from 1 to 100."),
        "position-missing": gettext(
            "Give the place as latitude and longitude, such as 48.8566, 2.3522."
        ),
        "not-a-card-number": gettext("Enter the 12 to 19 digits of the card number."),
        "mistyped-digit": gettext("A digit of the card number is mistyped: check it."),
        "not-a-test-card": gettext("This is a trial: use one of the test cards."),
        "not-a-month": gettext("Enter the month and the year, such as 07/29."),
        "card-expired": gettext("This card has expired: use another."),
        "security-code": gettext("Enter the 3 or 4 digits on the back of the card."),
    }

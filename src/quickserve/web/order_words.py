"""Menus and orders in the reader's language: allergens, diets, ways, states, what is wrong."""

from collections.abc import Mapping

from quickserve.contracts.checkout import Failure
from quickserve.contracts.menus import Allergen, Diet, Fulfilment
from quickserve.contracts.ordering import LineProblem, OrderState
from quickserve.web.i18n import Locale
from quickserve.web.problems import Sentence, sentence_for


def allergens(locale: Locale) -> Mapping[Allergen, str]:
    pgettext = locale.pgettext
    return {
        "gluten": pgettext("allergen", "gluten"),
        "crustaceans": pgettext("allergen", "crustaceans"),
        "eggs": pgettext("allergen", "eggs"), "fish": pgettext("allergen", "fish"),
        "peanuts": pgettext("allergen", "peanuts"), "soy": pgettext("allergen", "soy"),
        "milk": pgettext("allergen", "milk"), "nuts": pgettext("allergen", "nuts"),
        "celery": pgettext("allergen", "celery"), "mustard": pgettext("allergen", "mustard"),
        "sesame": pgettext("allergen", "sesame"), "sulphites": pgettext("allergen", "sulphites"),
        "lupin": pgettext("allergen", "lupin"), "molluscs": pgettext("allergen", "molluscs"),
    }  # fmt: skip


def diets(locale: Locale) -> Mapping[Diet, str]:
    pgettext = locale.pgettext
    return {
        "vegetarian": pgettext("diet", "vegetarian"), "vegan": pgettext("diet", "vegan"),
        "halal": pgettext("diet", "halal"), "kosher": pgettext("diet", "kosher"),
        "gluten-free": pgettext("diet", "gluten-free"),
        "lactose-free": pgettext("diet", "lactose-free"),
    }  # fmt: skip


def ways(locale: Locale) -> Mapping[Fulfilment, str]:
    gettext = locale.gettext
    return {
        "pickup": gettext("I pick it up"), "seat": gettext("Brought to my seat"),
        "table": gettext("Brought to my table"), "delivery": gettext("Delivered to an address"),
    }  # fmt: skip


def states(locale: Locale, fulfilment: Fulfilment) -> Mapping[OrderState, str]:
    gettext = locale.gettext
    return {
        "pending": gettext("Being paid"), "submitted": gettext("Waiting for the stand"),
        "accepted": gettext("Accepted"), "preparing": gettext("Being prepared"),
        "ready": gettext("Ready: come and get it") if fulfilment == "pickup" else gettext("Ready"),
        "on-the-way": gettext("On its way"), "delivered": gettext("Delivered"),
        "picked-up": gettext("Picked up"), "rejected": gettext("Not accepted"),
        "cancelled": gettext("Order cancelled"), "withdrawn": gettext("Taken back"),
    }  # fmt: skip


def reasons(locale: Locale) -> Mapping[str, str]:
    """Why a stand did not take an order."""
    gettext = locale.gettext
    return {
        "too-busy": gettext("The stand has too much to do at the moment."),
        "sold-out": gettext("Something of it is sold out."),
        "closed": gettext("The stand is closing."),
        "out-of-reach": gettext("The stand cannot bring it there."),
        "not-answered": gettext("The stand did not answer in time."),
        "event-cancelled": gettext("The event was cancelled."),
    }


def problem(one: LineProblem, locale: Locale) -> str:
    """English details stand where no words of ours say it better."""
    gettext = locale.gettext
    known = {
        "item-unknown": gettext("It is no longer on the menu."),
        "item-sold-out": gettext("It is sold out."),
        "item-not-served": gettext("It is not served at that time."),
        "item-not-brought": gettext("It is not offered this way."),
        "modifier-unknown": gettext("One of its choices is no longer on the menu."),
        "modifier-sold-out": gettext("One of its choices is sold out."),
        "modifier-too-often": gettext("A choice is taken too often."),
        "modifiers-too-few": gettext("A choice is missing."),
        "modifiers-too-many": gettext("There are too many choices."),
        "basket-empty": gettext("Nothing is in the basket."),
        "fulfilment-not-offered": gettext("The stand does not offer it this way."),
        "seat-missing": gettext("Tell the seat it is brought to."),
        "table-missing": gettext("Tell the table it is brought to."),
        "address-missing": gettext("Tell the address it is brought to."),
        "below-minimum": gettext("It is too little to be delivered."),
        "order-code-not-valid": gettext("A code is not valid here."),
        "stand-closed": gettext("The stand is closed at that time."),
        "stand-paused": gettext("The stand takes no orders for a moment."),
        "kitchen-full": gettext("The kitchen cannot make it by then: choose a later time."),
        "out-of-reach": gettext("This address is too far for the stand."),
        "wrong-currency": gettext("The tip is in another currency."),
    }
    return known.get(one.code, one.detail)


def failure(found: Failure | None, locale: Locale) -> Sentence:
    """Why an order was not paid: the narrowest reason that is known."""
    gettext = locale.gettext
    nothing = gettext("Nothing was charged; your basket is as it was.")
    if found is not None and found.code == "order-rejected":
        why = reasons(locale).get(str(found.extra.get("reason")), "")
        return Sentence(gettext("The stand could not take your order."), f"{why} {nothing}".strip())
    for code in (found.reason, found.code) if found else ():
        told = sentence_for(code, locale) if code else None
        if told:
            return told
    return Sentence(gettext("Your order could not be completed."), nothing)

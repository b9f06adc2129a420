"""How to pay, as typed: a card becomes the provider's token and is kept nowhere."""

import re
from typing import Final

from pydantic import ValidationError

from quickserve.contracts.payment import SandboxCard
from quickserve.kernel.errors import FieldError, Malformed
from quickserve.web.forms import Form
from quickserve.web.i18n import Locale
from quickserve.web.page import Services

_EXPIRY: Final = re.compile(r"([0-9]{1,2})\s*[/.\- ]\s*(?:20)?([0-9]{2})")


async def method(form: Form, ask: Services) -> str:
    """The provider's token of the typed card. Raises CardInvalid or Malformed."""
    try:
        card = SandboxCard(
            number=form.text("number"), expiry=_expiry(form.text("expiry")), cvc=form.text("cvc")
        )
    except ValidationError as error:
        raise Malformed(errors=findings(error, {})) from error
    return (await ask.payment.sandbox_method(card)).method


def findings(error: ValidationError, codes: dict[str, str]) -> list[FieldError]:
    """`codes`: by field, a code that tells more than Pydantic's."""
    return [
        FieldError(
            field=str(found["loc"][0]), code=codes.get(str(found["loc"][0]), found["type"]),
            message="",
        )
        for found in error.errors()
    ]  # fmt: skip


def _expiry(typed: str) -> str:
    """`7/29`, `07-2029`, `0729` as `07/29`; anything else as it is."""
    text = f"{typed[:2]}/{typed[2:]}" if re.fullmatch(r"[0-9]{4}", typed, re.ASCII) else typed
    found = _EXPIRY.fullmatch(text)
    return f"{int(found[1]):02}/{found[2]}" if found else text


def behaviours(locale: Locale) -> dict[str, str]:
    """What the sandbox's cards do, by the sandbox's own words; a test tells when one is missing."""
    gettext = locale.gettext
    return {
        "The payment succeeds.": gettext("The payment succeeds."),
        "The bank declines.": gettext("The bank declines."),
        "Declined: not enough money in the account.": gettext(
            "Declined: not enough money in the account."
        ),
        "Declined: the bank says that the card has expired.": gettext(
            "Declined: the bank says that the card has expired."
        ),
        "The bank asks the buyer to approve.": gettext("The bank asks the buyer to approve."),
        "Asks the buyer to approve, and declines then.": gettext(
            "Asks the buyer to approve, and declines then."
        ),
        "The first answer is lost although the bank authorised.": gettext(
            "The first answer is lost although the bank authorised."
        ),
        "The bank answers some seconds later.": gettext("The bank answers some seconds later."),
        "The bank never answers.": gettext("The bank never answers."),
        "The bank answers some seconds later, and twice.": gettext(
            "The bank answers some seconds later, and twice."
        ),
        "Authorised, but the bank refuses the capture.": gettext(
            "Authorised, but the bank refuses the capture."
        ),
    }

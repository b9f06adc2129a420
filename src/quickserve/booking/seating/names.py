"""Seats by what tickets call them."""

import re
import unicodedata
from collections.abc import Mapping

from quickserve.contracts.seating import SeatId

_WORD = re.compile(r"[^\W\d_]+|\d+")


def seats_called(labels: Mapping[SeatId, str], text: str) -> list[SeatId]:
    """Those whose label is the text, or else ends with it: "Stalls A 12", "a12", "A-12".

    Case, accents, spaces and signs do not matter.
    """
    wanted = _words(text)
    if not wanted:
        return []
    found = {
        seat_id: words
        for seat_id, label in labels.items()
        if (words := _words(label))[-len(wanted) :] == wanted
    }
    return [seat_id for seat_id, words in found.items() if words == wanted] or list(found)


def _words(text: str) -> list[str]:
    plain = unicodedata.normalize("NFKD", text).casefold()
    return _WORD.findall("".join(sign for sign in plain if not unicodedata.combining(sign)))

"""schema.org Event in JSON-LD. <https://schema.org/Event>"""

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from quickserve.catalog.importers import jsonld_nodes
from quickserve.catalog.importers.draft import Context, Draft, offer_of, skipped, venue_of
from quickserve.catalog.importers.jsonld_nodes import Document
from quickserve.catalog.importers.jsonld_schedule import scheduled
from quickserve.catalog.importers.jsontext import Node
from quickserve.catalog.importers.model import (
    DateState,
    EntryError,
    ImportedDate,
    ImportedEvent,
    ImportedVenue,
    Note,
    Outcome,
)
from quickserve.catalog.importers.text import degrees
from quickserve.catalog.importers.times import Written, dated, human, iso, iso_duration, shifted

_OFFERS_MAX = 100


def read(text: str, context: Context) -> Iterator[Outcome]:
    """The document's events. Raises ImportRefused at once where there are none."""
    return _outcomes(jsonld_nodes.find(text), context)


def _outcomes(document: Document, context: Context) -> Iterator[Outcome]:
    yield from document.skipped
    for node in document.events:
        try:
            yield _event(node, document, context)
        except EntryError as error:
            yield skipped(error, node.line, _uid(node), words(node.get("name")))


def _event(node: Node, document: Document, context: Context) -> ImportedEvent:
    status = (words(node.get("eventStatus")) or "").rpartition("/")[2]
    cancelled = status == "EventCancelled"
    state: DateState = "scheduled"
    if cancelled or status == "EventPostponed":
        state = "cancelled"
    elif status == "EventRescheduled":
        state = "moved"
    dates, notes = _dates(node, state, context)
    if status == "EventPostponed":
        notes.append(Note("postponed", "The event is postponed: its date was taken as cancelled."))
    draft = Draft(
        line=node.line,
        uid=_uid(node),
        title=words(node.get("name")),
        description=words(node.get("description")) or "",
        url=words(node.get("url")) or words(node.get("@id")),
        language=words(node.get("inLanguage"), "alternateName", "name"),
        category=_category(node),
        venue=_venue(node, document),
        dates=dates,
        state="cancelled" if cancelled else "scheduled",
        notes=notes,
    )
    _offers(node.get("offers"), draft)
    return draft.event()


def _one(value: Any) -> Any:
    return value[0] if isinstance(value, list) and value else value


def words(value: Any, *names: str) -> str | None:
    """The text of a value that JSON-LD may write as text, number, language map, node or list."""
    value = _one(value)
    if isinstance(value, str):
        return value
    if isinstance(value, int | Decimal) and not isinstance(value, bool):
        return str(value)
    if isinstance(value, Node):
        for name in (*names, "@value", "name", "@id"):
            inner = _one(value.get(name))
            if isinstance(inner, str):
                return inner
    return None


def _uid(node: Node) -> str | None:
    """Its @id where that holds beyond this document, else its identifier."""
    own = node.get("@id")
    if isinstance(own, str) and ("://" in own or own.startswith("urn:")):
        return own
    return words(node.get("identifier"), "value", "url")


def _category(node: Node) -> str | None:
    """What kind of event its type says: `MusicEvent` is Music."""
    kind = next(iter(jsonld_nodes.types_of(node)), "").removesuffix("Event")
    return kind or None


def _dates(
    node: Node, state: DateState, context: Context
) -> tuple[tuple[ImportedDate, ...], list[Note]]:
    """Its own date, or else those of its schedules. Raises EntryError."""
    text = words(node.get("startDate"))
    if not text:
        if found := scheduled(node.get("eventSchedule"), state, context):
            return found
        raise EntryError("missing-start", "The event has no startDate: give it one.")
    start = _moment(text, "invalid-start", "startDate")
    end = None
    if text := words(node.get("endDate")):
        end = _moment(text, "invalid-end", "endDate")
        # A day given as the end is still part of it.
        end = end.next_midnight() if end.all_day else end
    elif (text := words(node.get("duration"))) and (length := iso_duration(text)):
        end = shifted(start, length)
    zone = start.zone(context.default_zone)
    return (dated(start, end, zone=zone, state=state),), []


def _moment(text: str, code: str, name: str) -> Written:
    found = iso(text) or human(text)
    if found is None:
        raise EntryError(code, f"{name} {text[:40]!r} is no date: write 2026-03-18T20:30:00+01:00.")
    return found


def _venue(node: Node, document: Document) -> ImportedVenue | None:
    """The first place that is one: a VirtualLocation is an address on the web."""
    value = node.get("location")
    for item in value if isinstance(value, list) else [value]:
        place = document.followed(item)
        if isinstance(place, str):
            return venue_of(place)
        if not isinstance(place, Node) or "VirtualLocation" in jsonld_nodes.types_of(place):
            continue
        address = document.followed(_one(place.get("address")))
        if "PostalAddress" in jsonld_nodes.types_of(place):
            address = place
        position = _position(place, document)
        if not isinstance(address, Node):
            return venue_of(words(place.get("name")), words(address), position=position)
        return venue_of(
            words(place.get("name")),
            words(address.get("streetAddress")),
            words(address.get("addressLocality")),
            words(address.get("addressCountry"), "name"),
            position,
            words(address.get("postalCode")),
        )
    return None


def _position(place: Node, document: Document) -> tuple[float, float] | None:
    geo = document.followed(_one(place.get("geo")))
    node = geo if isinstance(geo, Node) else place
    return degrees(words(node.get("latitude")), words(node.get("longitude")))


def _offers(value: Any, draft: Draft) -> None:
    """Offer, AggregateOffer (its lowest price), or a list of them."""
    for offer in (value if isinstance(value, list) else [value])[:_OFFERS_MAX]:
        if not isinstance(offer, Node):
            continue
        inner = _one(offer.get("priceSpecification"))
        source = inner if isinstance(inner, Node) and "price" in inner else offer
        price = words(source.get("price")) or words(source.get("lowPrice"))
        if price is None:
            continue
        currency = words(source.get("priceCurrency")) or words(offer.get("priceCurrency"))
        found = offer_of(words(offer.get("name")), price, currency)
        if isinstance(found, Note):
            draft.notes.append(found)
        else:
            draft.offers.append(found)

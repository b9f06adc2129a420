"""Where schema.org events stand in JSON-LD: bare, listed, in a @graph, or in a page's scripts."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from quickserve.catalog.importers import jsontext
from quickserve.catalog.importers.jsontext import Node
from quickserve.catalog.importers.model import ENTRIES_MAX, EntryError, ImportRefused, Skipped

# Through these an event is published; `about`, `superEvent` or a reservation only mention one.
_LEADS_TO_EVENTS = (
    "@graph", "event", "events", "subEvent", "subEvents", "itemListElement", "item", "mainEntity",
    "hasPart", "containsPlace", "department",
)  # fmt: skip
_SCRIPTS_MAX = 1_000  # broken ones
_EVENTS_BY_OTHER_NAMES = frozenset(("Festival", "Hackathon", "EventSeries", "CourseInstance"))


@dataclass(slots=True)
class Document:
    """All events of a file in order; `by_id` finds what a reference names."""

    events: list[Node] = field(default_factory=list[Node])
    skipped: list[Skipped] = field(default_factory=list[Skipped])
    by_id: dict[str, Node] = field(default_factory=dict[str, Node])

    def followed(self, value: Any) -> Any:
        """The node that a bare `{"@id": …}` refers to, else the value itself."""
        if isinstance(value, Node) and set(value) == {"@id"}:
            return self.by_id.get(str(value["@id"]), value)
        return value


def find(text: str) -> Document:
    """The document's events. Raises ImportRefused where the JSON is broken or holds none."""
    document = Document()
    if text.lstrip()[:1] == "<":
        for line, script in scripts(text):
            try:
                _collect(jsontext.parse(bare(script), line), document)
            except ImportRefused as refused:
                if refused.code == "too-many-entries":
                    raise
                error = EntryError(refused.code, refused.sentence)
                document.skipped.append(Skipped(line, None, None, error.sentence, error.code))
                if len(document.skipped) > _SCRIPTS_MAX:
                    raise
    else:
        _collect(jsontext.parse(text), document)
    if not document.events and not document.skipped:
        raise ImportRefused(
            "no-events", "The file holds no schema.org Event in JSON-LD: choose another one."
        )
    return document


def scripts(page: str) -> Iterator[tuple[int, str]]:
    """The JSON-LD scripts with their line; plain searching, as a stranger's page may be any."""
    lower = page.lower() if len(page.lower()) == len(page) else page
    line, counted, at = 1, 0, 0
    while (begin := lower.find("<script", at)) >= 0 and (opened := lower.find(">", begin)) >= 0:
        end = lower.find("</script", opened)
        end = len(page) if end < 0 else end
        if "ld+json" in lower[begin:opened]:
            line += page.count("\n", counted, opened)
            counted = opened
            yield line, page[opened + 1 : end]
        at = end


def bare(script: str) -> str:
    """Without the comment or CDATA that old pages wrap a script in, line breaks kept."""
    inner = script
    for wrap in ("/*<![CDATA[*/", "//<![CDATA[", "<![CDATA[", "<!--"):
        if inner.lstrip().startswith(wrap):
            inner = inner.replace(wrap, "", 1)
    for wrap in ("/*]]>*/", "//]]>", "]]>", "//-->", "-->"):
        if inner.rstrip().endswith(wrap):
            inner = inner.rstrip().removesuffix(wrap)
    return inner


def _collect(root: Any, document: Document) -> None:
    """Depth first in the document's order, without recursion: nesting is a stranger's choice."""
    waiting: list[tuple[Any, bool]] = [(root, True)]
    while waiting:
        value, published = waiting.pop()
        if isinstance(value, list):
            waiting.extend((item, published) for item in reversed(value))
        elif isinstance(value, Node):
            identifier = value.get("@id")
            if isinstance(identifier, str) and len(value) > 1:
                document.by_id.setdefault(identifier, value)
            if published and is_event(value):
                document.events.append(value)
                if len(document.events) > ENTRIES_MAX:
                    raise ImportRefused(
                        "too-many-entries",
                        f"The file has more than {ENTRIES_MAX} events: split it.",
                    )
            waiting.extend(
                (item, published and key in _LEADS_TO_EVENTS)
                for key, item in reversed(value.items())
            )


def types_of(node: Node) -> list[str]:
    """Its types without the prefix or address of the vocabulary."""
    named = node.get("@type")
    values = named if isinstance(named, list) else [named]
    return [
        value.rstrip("/").replace(":", "/").rpartition("/")[2]
        for value in values
        if isinstance(value, str)
    ]


def is_event(node: Node) -> bool:
    return any(name.endswith("Event") or name in _EVENTS_BY_OTHER_NAMES for name in types_of(node))

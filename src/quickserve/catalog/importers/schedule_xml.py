"""schedule.xml read in one pass; hostile XML is refused before it can cost anything."""

from xml.sax import SAXParseException
from xml.sax.handler import ContentHandler
from xml.sax.xmlreader import AttributesImpl, Locator

from defusedxml import DefusedXmlException
from defusedxml.sax import parseString

from quickserve.catalog.importers.model import ENTRIES_MAX, ImportRefused
from quickserve.catalog.importers.schedule_model import Schedule, Talk

_DEPTH_MAX = 40
_VALUE_MAX = 400_000
_TALKS = frozenset(("event", "entry"))
_BREAKS = frozenset(("p", "br", "li", "div", "h1", "h2", "h3", "h4"))
# What an <event> holds besides texts: names and addresses of others.
_LISTS = frozenset(("persons", "speakers", "links", "attachments", "topics", "recording"))


def parse(content: bytes) -> Schedule:
    """The schedule. Raises ImportRefused where the XML is broken, hostile or no schedule."""
    handler = _Handler()
    try:
        parseString(content, handler, forbid_dtd=False, forbid_entities=True, forbid_external=True)
    except DefusedXmlException:
        raise ImportRefused(
            "hostile-xml", "The XML declares entities, which are not followed: remove its DOCTYPE."
        ) from None
    except SAXParseException as error:
        line = error.getLineNumber() or 1
        raise ImportRefused(
            "malformed-xml",
            f"The XML breaks off at line {line} ({error.getMessage()}): correct it.",
        ) from None
    except (ValueError, LookupError):  # what expat says of encodings it does not know
        raise ImportRefused(
            "malformed-xml", "The XML names an unknown encoding: save it as UTF-8."
        ) from None
    if handler.root != "schedule":
        raise ImportRefused(
            "not-pentabarf", "This XML is no conference schedule: its root is not <schedule>."
        )
    return handler.schedule


class _Handler(ContentHandler):
    """Knows where it stands by `path`; collects the text of the one value it is in."""

    def __init__(self) -> None:
        super().__init__()
        self.schedule = Schedule()
        self.root = ""
        self._path: list[str] = []
        self._day: dict[str, str] = {}
        self._room = ""
        self._talk: Talk | None = None
        self._talk_depth = 0
        self._value: list[str] = []
        self._size = 0
        self._locator: Locator | None = None

    def setDocumentLocator(self, locator: Locator) -> None:  # noqa: N802 - SAX's name
        self._locator = locator

    def startElement(self, name: str, attrs: AttributesImpl) -> None:  # noqa: N802 - SAX's name
        self.root = self.root or name
        if len(self._path) >= _DEPTH_MAX:
            raise ImportRefused("too-deep", "The XML is nested too deeply: choose another file.")
        self._path.append(name)
        if self._talk is not None:
            self._inside_talk(name)
        elif name == "day":
            self._day, self._room = dict(attrs.items()), ""
        elif name == "room":
            self._room = attrs.get("name") or ""
        elif name in _TALKS:
            self._begin_talk(attrs)
        elif len(self._path) == 3:  # noqa: PLR2004 - schedule/conference/title
            self._start_value()

    def _begin_talk(self, attrs: AttributesImpl) -> None:
        if len(self.schedule.talks) >= ENTRIES_MAX:
            raise ImportRefused(
                "too-many-entries", f"The file has more than {ENTRIES_MAX} events: split it."
            )
        line = (self._locator.getLineNumber() if self._locator else None) or 1
        values = {f"@{name}": value for name, value in attrs.items()}
        self._talk = Talk(line, self._day, self._room, values)
        self._talk_depth = len(self._path)

    def _inside_talk(self, name: str) -> None:
        if len(self._path) == self._talk_depth + 1:
            self._start_value()
        elif name in _BREAKS:
            self.characters("\n")

    def _start_value(self) -> None:
        self._value, self._size = [], 0

    def characters(self, content: str) -> None:
        self._size += len(content)
        if self._size <= _VALUE_MAX:
            self._value.append(content)

    def endElement(self, name: str) -> None:  # noqa: N802 - SAX's name
        depth = len(self._path)
        self._path.pop()
        if self._talk is not None:
            if depth == self._talk_depth:
                self.schedule.talks.append(self._talk)
                self._talk = None
            elif depth == self._talk_depth + 1 and name not in _LISTS:
                self._talk.values.setdefault(name, "".join(self._value).strip())
        elif self._path[1:] == ["conference"]:
            self.schedule.conference.setdefault(name, "".join(self._value).strip())

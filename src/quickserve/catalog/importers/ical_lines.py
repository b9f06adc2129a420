"""An iCalendar stream cut into components, so that a broken one does not take others with it."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property

from icalendar.parser import Contentline

from quickserve.catalog.importers.draft import skipped
from quickserve.catalog.importers.model import (
    ENTRIES_MAX,
    EntryError,
    ImportRefused,
    Skipped,
)

_LINE_END = re.compile(r"\r\n|\n|\r")
_PLAIN = re.compile(r"([A-Za-z0-9-]+):(.*)", re.DOTALL)
_LINE_MAX = 200_000  # with parameters
_LIST_COMMA = re.compile(r"(?<!\\),")
_ESCAPED = re.compile(r"\\([\\;,nN:\"])")


@dataclass(frozen=True, slots=True)
class Property:
    """One content line: its name and parameter names in capitals, the value still escaped."""

    name: str
    value: str
    parameters: dict[str, str] = field(default_factory=dict[str, str])

    @property
    def text(self) -> str:
        """The value of a TEXT property (RFC 5545, 3.3.11)."""
        if "\\" not in self.value:
            return self.value
        return _ESCAPED.sub(lambda m: "\n" if m[1] in "nN" else m[1], self.value)


@dataclass
class Component:
    """A component's own lines, unfolded; those of components inside it are in `parts`."""

    name: str
    line: int
    lines: list[str] = field(default_factory=list[str])
    parts: list["Component"] = field(default_factory=list["Component"])

    @cached_property
    def properties(self) -> dict[str, list[Property]]:
        found: dict[str, list[Property]] = {}
        for line in self.lines:
            prop = _property(line)
            if prop is not None:
                found.setdefault(prop.name, []).append(prop)
        return found

    @property
    def sequence(self) -> int:
        """Which version of the event it is."""
        text = (self.text("SEQUENCE") or "").strip()
        return int(text) if re.fullmatch(r"[0-9]{1,9}", text) else 0

    def first(self, name: str) -> Property | None:
        return next(iter(self.properties.get(name, ())), None)

    def text(self, name: str) -> str | None:
        prop = self.first(name)
        return prop.text if prop else None

    def every(self, name: str) -> Iterator[tuple[Property, str]]:
        """Each value of a property that may come on several lines and list several values."""
        for prop in self.properties.get(name, ()):
            for value in _LIST_COMMA.split(prop.value):
                if value.strip():
                    yield prop, value.strip()


@dataclass(slots=True)
class Stream:
    """All VEVENTs and VTIMEZONEs of a file; `calendar` has the properties of its VCALENDARs."""

    calendar: Component
    events: list[Component] = field(default_factory=list[Component])
    zones: list[Component] = field(default_factory=list[Component])
    skipped: list[Skipped] = field(default_factory=list[Skipped])


def _property(line: str) -> Property | None:
    """The line's property, or nothing where it is none: a stray line is no reason to stop."""
    if match := _PLAIN.fullmatch(line):
        return Property(match[1].upper(), match[2])
    if len(line) > _LINE_MAX:
        return None
    try:
        name, parameters, value = Contentline(line).parts()
    except (ValueError, IndexError):
        return None
    plain = {
        str(key).upper(): item if isinstance(item, str) else ",".join(map(str, item))
        for key, item in parameters.items()
    }
    return Property(str(name).upper(), str(value), plain)


def _unfolded(text: str) -> Iterator[tuple[int, str]]:
    """Logical lines with the number of their first physical one (RFC 5545, 3.1)."""
    pieces: list[str] = []
    begun = 1
    for number, line in enumerate(_LINE_END.split(text), start=1):
        if line[:1] in {" ", "\t"} and pieces:
            pieces.append(line[1:])
            continue
        if pieces:
            yield begun, "".join(pieces)
        pieces, begun = ([line] if line.strip() else []), number
    if pieces:
        yield begun, "".join(pieces)


def split(text: str) -> Stream:
    """The stream's components. Raises ImportRefused where it is no iCalendar."""
    splitter = _Splitter()
    for number, line in _unfolded(text):
        marker = line[:6].upper()
        if marker == "BEGIN:":
            splitter.begin(line[6:].strip().upper()[:50], number)
        elif line[:4].upper() == "END:":
            splitter.end(line[4:].strip().upper()[:50])
        elif splitter.open:
            splitter.open[-1].lines.append(line)
    splitter.close_all()
    if not splitter.any_component:
        raise ImportRefused("not-ical", "This is no iCalendar file: it has no BEGIN:VCALENDAR.")
    return splitter.stream


_DEPTH_MAX = 20


class _Splitter:
    def __init__(self) -> None:
        self.stream = Stream(Component("VCALENDAR", 1))
        self.open: list[Component] = []
        self.any_component = False
        self._count = 0

    def begin(self, name: str, line: int) -> None:
        if name == "VCALENDAR":
            self.close_all()
            self.any_component = True
            self.open.append(self.stream.calendar)
            return
        if name in {"VEVENT", "VTIMEZONE"}:
            self.any_component = True
            self._close_unfinished()
        if name == "VEVENT":
            self._count += 1
        if self._count > ENTRIES_MAX:
            raise ImportRefused(
                "too-many-entries", f"The file has more than {ENTRIES_MAX} events: split it."
            )
        if len(self.open) >= _DEPTH_MAX:
            raise ImportRefused("too-deep", f"Line {line} is nested too deeply: correct the file.")
        self.open.append(Component(name, line))

    def end(self, name: str) -> None:
        """Close the innermost component of that name; an END of nothing is ignored."""
        if all(component.name != name for component in self.open):
            return
        while (component := self.open.pop()).name != name:
            self._unfinished(component)
        self._finished(component)

    def close_all(self) -> None:
        while self.open:
            self._unfinished(self.open.pop())

    def _close_unfinished(self) -> None:
        """A VEVENT or VTIMEZONE never stands in another one: that one was not ended."""
        names = [component.name for component in self.open]
        while names and names[-1] != "VCALENDAR":
            self._unfinished(self.open.pop())
            names.pop()

    def _finished(self, component: Component) -> None:
        if component.name == "VEVENT":
            self.stream.events.append(component)
        elif component.name == "VTIMEZONE":
            self.stream.zones.append(component)
        elif self.open:
            self.open[-1].parts.append(component)

    def _unfinished(self, component: Component) -> None:
        if component.name != "VEVENT":
            return
        error = EntryError("unclosed", "The event has no END:VEVENT: the file is cut or damaged.")
        self.stream.skipped.append(
            skipped(error, component.line, component.text("UID"), component.text("SUMMARY"))
        )

"""A conference schedule as its file has it, XML and JSON alike: texts by element name."""

from dataclasses import dataclass, field


@dataclass(slots=True)
class Talk:
    """One `<event>`: `values` has the texts of its elements and attributes."""

    line: int
    day: dict[str, str]
    room: str
    values: dict[str, str] = field(default_factory=dict[str, str])


@dataclass(slots=True)
class Schedule:
    conference: dict[str, str] = field(default_factory=dict[str, str])
    talks: list[Talk] = field(default_factory=list[Talk])

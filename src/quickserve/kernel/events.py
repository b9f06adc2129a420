"""Domain events: frozen dataclasses in contracts/, carried as CloudEvents 1.0 records."""

import dataclasses
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any, ClassVar, Self

from pydantic import TypeAdapter

from quickserve.kernel.ids import MessageId


@dataclass(frozen=True)
class DomainEvent:
    """Something that happened. `TYPE` is its public name, with a version; `subject` its entity."""

    TYPE: ClassVar[str]

    @property
    def subject(self) -> str:
        """The id of the entity it is about: by convention the first field."""
        return str(getattr(self, dataclasses.fields(self)[0].name))

    def dump(self) -> bytes:
        return _adapter(type(self)).dump_json(self)

    @classmethod
    def load(cls, data: Any) -> Self:
        """From decoded JSON; unknown members are ignored, so producers may add some."""
        return _adapter(cls).validate_python(data, strict=False)


@cache
def _adapter(kind: type[Any]) -> TypeAdapter[Any]:
    return TypeAdapter(kind)


@dataclass(frozen=True, slots=True)
class Message:
    """A CloudEvent: `source` is the service, `data` the event's decoded JSON, `trace` the W3C
    traceparent of what caused it, "" when nobody traces.
    """

    id: MessageId
    source: str
    type: str
    subject: str
    time: datetime
    data: Any
    trace: str = ""

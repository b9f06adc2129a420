"""From typed values to a service's draft, and its findings back to the fields."""

from collections.abc import Mapping
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from quickserve.kernel.errors import FieldError, Malformed, Problem
from quickserve.web.i18n import Locale
from quickserve.web.problems import Sentence, field_errors, sentence

T = TypeVar("T", bound=BaseModel)


class Mistakes(Problem):
    """What a form found by itself; `found` by field, in the reader's language."""

    status = 422
    code = "mistakes"
    title = "Some answers need another look"

    def __init__(self, found: dict[str, str]) -> None:
        super().__init__()
        self.found = found


def made(kind: type[T], /, **values: Any) -> T:
    """Raises Malformed with what the contract finds, by field (`dates.0.room`)."""
    try:
        return kind(**values)
    except ValidationError as error:
        raise Malformed(
            errors=[
                FieldError(
                    field=".".join(map(str, found["loc"])), code=found["type"], message=found["msg"]
                )
                for found in error.errors()[:50]
            ]
        ) from error


def told(
    problem: Problem, locale: Locale, names: Mapping[str, str]
) -> tuple[Sentence | None, dict[str, str]]:
    """What to say above the form, and beside its fields. `names`: a service's field → the form's.

    Findings at fields that the form has not are told above.
    """
    if isinstance(problem, Mistakes):
        return None, problem.found
    found = field_errors(problem, locale, names)
    errors = {name: text for name, text in found.items() if name in set(names.values())}
    return (None if errors else sentence(problem, locale)), errors

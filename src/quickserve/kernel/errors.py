"""Errors as values: typed, status-coded, answered as RFC 9457 problem documents.

Each kind is a subclass; the class travels over HTTP by its `code`, so a client raises on one side
what the service raised on the other.
"""

from typing import Any, ClassVar

from pydantic import BaseModel, ConfigDict

MEDIA_TYPE = "application/problem+json"


class FieldError(BaseModel):
    """One wrong value: where (`items.0.quantity`), what kind, and what would be right."""

    model_config = ConfigDict(frozen=True)

    field: str
    code: str
    message: str


class ProblemDocument(BaseModel):
    """RFC 9457; `code`, `errors`, `request_id` and `extra` are our extension members."""

    type: str
    title: str
    status: int
    code: str
    detail: str | None = None
    errors: list[FieldError] = []
    request_id: str | None = None
    extra: dict[str, Any] = {}


class Problem(Exception):  # noqa: N818 - RFC 9457's word
    """A failure that the caller can understand. Never used for our own bugs."""

    status: ClassVar[int] = 400
    code: ClassVar[str] = "bad-request"
    title: ClassVar[str] = "The request cannot be carried out"
    _kinds: ClassVar[dict[str, type["Problem"]]] = {}

    def __init__(
        self,
        detail: str | None = None,
        *,
        errors: list[FieldError] | None = None,
        retry_after: int | None = None,
        **extra: Any,
    ) -> None:
        super().__init__(detail or self.title)
        self.detail = detail
        self.errors = errors or []
        self.retry_after = retry_after
        self.extra = extra

    def __init_subclass__(cls) -> None:
        Problem._kinds.setdefault(cls.code, cls)

    def document(self, request_id: str | None = None) -> ProblemDocument:
        return ProblemDocument(
            type=f"/problems/{self.code}",
            title=self.title,
            status=self.status,
            code=self.code,
            detail=self.detail,
            errors=self.errors,
            request_id=request_id,
            extra=self.extra,
        )

    @classmethod
    def of(cls, document: ProblemDocument) -> "Problem":
        """The same kind of problem that the other side raised."""
        kind = cls._kinds.get(document.code)
        if kind is None:
            kind = _kind_for_status(document.status)
        problem = kind(document.detail or document.title or None, errors=document.errors)
        problem.extra = document.extra
        return problem

    @property
    def transient(self) -> bool:
        """Worth trying again unchanged."""
        return self.status >= 500 or self.status in (408, 425, 429)  # noqa: PLR2004


class BadRequest(Problem):
    pass


class Malformed(Problem):
    status = 422
    code = "malformed"
    title = "The request has values that cannot be read"


class Unauthenticated(Problem):
    status = 401
    code = "unauthenticated"
    title = "Sign in first"


class Forbidden(Problem):
    status = 403
    code = "forbidden"
    title = "This is not yours to see or to change"


class NotFound(Problem):
    status = 404
    code = "not-found"
    title = "There is nothing here"


class MethodNotAllowed(Problem):
    status = 405
    code = "method-not-allowed"
    title = "That cannot be done here"


class Conflict(Problem):
    status = 409
    code = "conflict"
    title = "That does not fit the present state"


class IdReused(Problem):
    status = 409
    code = "id-reused"
    title = "This id was used before with another content"


class TooLarge(Problem):
    status = 413
    code = "too-large"
    title = "That is too large"


class TooManyRequests(Problem):
    status = 429
    code = "too-many-requests"
    title = "Too many requests: wait a little"


class InternalError(Problem):
    status = 500
    code = "internal-error"
    title = "Something went wrong on our side"


class Unavailable(Problem):
    """`unsent`: it is certain that the request reached nobody."""

    unsent = False
    status = 503
    code = "unavailable"
    title = "A part of the service cannot be reached: try again in a moment"


class DeadlineExceeded(Problem):
    status = 504
    code = "deadline-exceeded"
    title = "The answer took too long"


def _kind_for_status(status: int) -> type[Problem]:
    by_status: dict[int, type[Problem]] = {
        401: Unauthenticated, 403: Forbidden, 404: NotFound, 405: MethodNotAllowed,
        409: Conflict, 413: TooLarge, 422: Malformed, 429: TooManyRequests, 503: Unavailable,
        504: DeadlineExceeded,
    }  # fmt: skip
    return by_status.get(status, InternalError if status >= 500 else BadRequest)  # noqa: PLR2004


def errors(*kinds: type[Problem]) -> dict[int | str, dict[str, Any]]:
    """The `responses=` of a route: which problems it answers, grouped by status."""
    responses: dict[int | str, dict[str, Any]] = {}
    for kind in kinds:
        content = {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/ProblemDocument"}}}
        entry = responses.setdefault(kind.status, {"description": "", "content": content})
        separator = "; " if entry["description"] else ""
        entry["description"] += f"{separator}`{kind.code}`: {kind.title}"
    return responses

"""A service's OpenAPI document: FastAPI's, and what every route of ours answers besides.

Problems are RFC 9457 documents everywhere, whatever is refused: a token, a body, a caller's haste.
"""

from collections.abc import Iterator
from importlib.metadata import version
from typing import Any, Final

from fastapi import FastAPI
from fastapi.routing import iter_route_contexts
from starlette.types import ASGIApp, Receive, Scope, Send

from quickserve.kernel.auth import anyone
from quickserve.kernel.errors import (
    MEDIA_TYPE,
    BadRequest,
    DeadlineExceeded,
    Malformed,
    Problem,
    ProblemDocument,
    TooLarge,
    Unauthenticated,
    Unavailable,
    errors,
)

_SCHEMA: Final = "#/components/schemas/{model}"
_METHODS: Final = frozenset({"get", "put", "post", "delete", "patch"})
_ABOUT: Final = (
    "A part of QuickServe. Ids are minted by the caller; repeating a PUT with the same body gives"
    " the same answer. Errors are problem documents (RFC 9457); `code` tells what is the case."
)


class Documented(FastAPI):
    """Serves its document at `/openapi.json`, unless the service has nothing but pages."""

    def __init__(self, service: str, *, documented: bool) -> None:
        super().__init__(
            title=f"QuickServe {service}",
            version=version("quickserve"),
            description=_ABOUT,
            openapi_url="/openapi.json" if documented else None,
            docs_url=None,
            redoc_url=None,
        )
        self._finished: dict[str, Any] | None = None
        self.lane: ASGIApp | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """By the lane where the service has one, which calls `general` for what is not its own."""
        await (self.lane or self.general)(scope, receive, send)

    async def general(self, scope: Scope, receive: Receive, send: Send) -> None:
        await super().__call__(scope, receive, send)

    def openapi(self) -> dict[str, Any]:
        if self._finished is None:
            self._finished = _finish(super().openapi(), _open_to_anyone(self))
        return self._finished


def _finish(document: dict[str, Any], open_paths: set[tuple[str, str]]) -> dict[str, Any]:
    components = document.setdefault("components", {})
    schemas = components.setdefault("schemas", {})
    for unused in ("HTTPValidationError", "ValidationError"):  # FastAPI's idea of a 422
        schemas.pop(unused, None)
    problem = ProblemDocument.model_json_schema(ref_template=_SCHEMA)
    schemas |= problem.pop("$defs")
    schemas["ProblemDocument"] = problem
    components["securitySchemes"] = {
        "token": {
            "type": "http", "scheme": "bearer", "bearerFormat": "JWT",
            "description": "A person's access token of the OpenID Connect issuer, or a service's.",
        }
    }  # fmt: skip
    for path, method, operation in _operations(document):
        token: dict[str, list[str]] = {"token": []}
        operation["security"] = [{}, token] if (path, method) in open_paths else [token]
        _add_common(operation)
    return document


def _add_common(operation: dict[str, Any]) -> None:
    kinds: list[type[Problem]] = [Unauthenticated, Unavailable, DeadlineExceeded]
    body = "requestBody" in operation
    if body:
        kinds += [BadRequest, TooLarge]
    if body or "parameters" in operation:
        kinds.append(Malformed)
    responses: dict[str, Any] = operation["responses"]
    if "application/json" in responses.get("422", {}).get("content", {}):
        del responses["422"]
    for status, ours in errors(*kinds).items():
        theirs = responses.setdefault(str(status), ours)
        if theirs is not ours and MEDIA_TYPE not in theirs["content"]:
            theirs["content"] |= ours["content"]  # OAuth has a shape of its own
        told = theirs["description"]
        if ours["description"] not in told:
            theirs["description"] = f"{told}; {ours['description']}"
    operation["responses"] = dict(sorted(responses.items()))


def _operations(document: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, item in document.get("paths", {}).items():
        for method, operation in item.items():
            if method in _METHODS:
                yield path, method, operation


def _open_to_anyone(app: FastAPI) -> set[tuple[str, str]]:
    found: set[tuple[str, str]] = set()
    for route in iter_route_contexts(app.routes):
        dependant = getattr(route, "dependant", None)
        calls = [one.call for one in dependant.dependencies] if dependant else []
        if route.path_format and anyone.dependency in calls:
            found |= {(route.path_format, method.lower()) for method in route.methods or ()}
    return found

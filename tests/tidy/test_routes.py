"""Every route of every service says who may call it, in one word."""

from collections.abc import Iterator
from typing import Any

import pytest
from fastapi import APIRouter
from fastapi.routing import APIRoute

from quickserve.kernel import auth
from quickserve.kernel.service import Service

from .project import existing


def routes(router: Any, inherited: tuple[Any, ...] = ()) -> Iterator[tuple[Any, list[Any]]]:
    """Each route with its declared dependencies, those of the routers around it included."""
    for route in router.routes:
        inner = getattr(route, "original_router", None)
        if inner is not None:
            yield from routes(inner, (*inherited, *route.include_context.dependencies))
        else:
            yield route, [*inherited, *getattr(route, "dependencies", ())]


def declarations(dependencies: list[Any]) -> list[str]:
    """Which of `anyone`, `keyed`, `signed_in`, `services(…)` are among them."""
    single = {
        auth.anyone.dependency: "anyone", auth.keyed.dependency: "keyed",
        auth.signed_in.dependency: "signed_in",
    }  # fmt: skip
    several = auth.services().dependency.__qualname__
    found: list[str] = []
    for call in (dependency.dependency for dependency in dependencies):
        if call in single:
            found.append(single[call])
        elif getattr(call, "__qualname__", "") == several:
            found.append("services")
    return found


@pytest.mark.parametrize("service", existing(), ids=lambda service: service.name)
def test_every_route_declares_its_callers(service: Service) -> None:
    found = list(routes(service.router))
    assert found
    undeclared = [
        f"{getattr(route, 'methods', '')} {route.path}: {declarations(dependencies) or 'nobody'}"
        for route, dependencies in found
        if len(declarations(dependencies)) != 1
    ]
    assert undeclared == []


@pytest.mark.parametrize("service", existing(), ids=lambda service: service.name)
def test_no_two_routes_share_an_address(service: Service) -> None:
    """The second would never be called."""
    addresses = [
        (method, route.path)
        for route, _ in routes(service.router)
        for method in sorted(getattr(route, "methods", None) or ())
    ]
    assert sorted(addresses) == sorted(set(addresses))


def test_the_check_sees_what_is_missing() -> None:
    router, around = APIRouter(), APIRouter()

    async def nothing() -> None: ...

    router.add_api_route("/none", nothing)
    router.add_api_route("/two", nothing, dependencies=[auth.anyone, auth.signed_in])
    router.add_api_route("/services", nothing, dependencies=[auth.services("web", "checkout")])
    around.include_router(router, prefix="/in", dependencies=[auth.anyone])
    found = {route.path: declarations(deps) for route, deps in routes(around)}
    assert all(isinstance(route, APIRoute) for route, _ in routes(around))
    assert sorted(map(len, found.values())) == [1, 2, 3]
    assert [declarations(deps) for _, deps in routes(router)] == [
        [], ["anyone", "signed_in"], ["services"],
    ]  # fmt: skip

"""Every route of every service says who may call it, in one word."""

import sys
from collections.abc import Iterator
from typing import Any

import pytest
from fastapi import APIRouter
from starlette.routing import Route

from quickserve.kernel import auth
from quickserve.kernel.service import Service

from .project import existing


def routes(router: APIRouter) -> Iterator[tuple[Any, list[Any]]]:
    """Each route with its declared dependencies, those of its router included."""
    for route in router.routes:
        yield route, list(getattr(route, "dependencies", ()))


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
def test_the_list_is_flat(service: Service) -> None:
    """FastAPI's tree of routers costs more than a small answer: `kernel.routes.joined`."""
    assert [route for route in service.router.routes if not isinstance(route, Route)] == []


@pytest.mark.parametrize("service", existing(), ids=lambda service: service.name)
def test_no_two_routes_share_an_address(service: Service) -> None:
    """The second would never be called."""
    addresses = [
        (method, route.path)
        for route, _ in routes(service.router)
        for method in sorted(getattr(route, "methods", None) or ())
    ]
    assert sorted(addresses) == sorted(set(addresses))


def test_who_may_call_is_the_same_by_the_lane() -> None:
    """A service's lean calls stand beside the routes that they answer for."""
    modules = [module for name, module in sys.modules.items() if name.startswith("quickserve.")]
    beside = [module for module in modules if hasattr(module, "LANE")]
    assert len(beside) >= 4
    for module in beside:
        callers = {
            (method, route.path): declarations(dependencies)
            for route, dependencies in routes(module.router)
            for method in route.methods
        }
        for call in module.LANE:
            expected = ["signed_in" if call.signed else "anyone"]
            assert callers[call.method, call.path] == expected, call.path


def test_the_check_sees_what_is_missing() -> None:
    router = APIRouter()

    async def nothing() -> None: ...

    router.add_api_route("/none", nothing)
    router.add_api_route("/two", nothing, dependencies=[auth.anyone, auth.signed_in])
    router.add_api_route("/services", nothing, dependencies=[auth.services("web", "checkout")])
    assert [declarations(deps) for _, deps in routes(router)] == [
        [], ["anyone", "signed_in"], ["services"],
    ]  # fmt: skip

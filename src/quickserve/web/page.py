"""What a page's route asks for: the other services, the language, the way to another page.

    @router.get("/events/{event_id}")
    async def event(request: Request, event_id: EventId, ask: Ask) -> Response: ...

Routes are written without the language; `redirect` and the templates' `url` add it.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Any, Final, TypeVar
from urllib.parse import SplitResult, urlsplit

from fastapi import APIRouter, Depends, FastAPI, Request
from starlette.responses import RedirectResponse

from quickserve.contracts.booking_changes import BookingChangesClient
from quickserve.contracts.booking_client import BookingClient
from quickserve.contracts.booking_records import BookingRecordsClient
from quickserve.contracts.booking_rules import BookingRulesClient
from quickserve.contracts.booking_seats import BookingSeatsClient
from quickserve.contracts.box_office import BoxOfficeClient
from quickserve.contracts.catalog import CatalogClient
from quickserve.contracts.checkout import CheckoutClient
from quickserve.contracts.checkout_changes import CheckoutChangesClient
from quickserve.contracts.event_cancelling import EventCancellationClient
from quickserve.contracts.explanations import ExplanationClient
from quickserve.contracts.identity import IdentityClient
from quickserve.contracts.kitchen_client import KitchenClient
from quickserve.contracts.menus_client import MenusClient
from quickserve.contracts.order_cancelling import OrderCancellationClient
from quickserve.contracts.order_checkout import OrderCheckoutClient
from quickserve.contracts.ordering_client import OrderingClient
from quickserve.contracts.payment import PaymentClient
from quickserve.contracts.seating_client import SeatingClient
from quickserve.contracts.split_payment import SplitClient
from quickserve.contracts.tabs import SettlementClient, TabClient
from quickserve.contracts.tracking_client import TrackingClient
from quickserve.contracts.waiting_list import WaitingListClient
from quickserve.contracts.waiting_room import WaitingRoomClient
from quickserve.kernel.auth import anyone
from quickserve.kernel.service import Context, Ctx
from quickserve.kernel.settings import Settings
from quickserve.web.i18n import Locale
from quickserve.web.patience import in_time

Handler = TypeVar("Handler", bound=Callable[..., Any])

# Of pages about somebody's purchase: nothing remembers them but the browser's own window.
PRIVATE: Final = {"Cache-Control": "no-store", "X-Robots-Tag": "noindex"}


class _Pages(APIRouter):
    """Pages answer HEAD as they answer GET; the server leaves the body out."""

    def get(self, path: str, **options: Any) -> Callable[[Handler], Handler]:
        return self.api_route(path, methods=["GET", "HEAD"], **options)


def page_router() -> APIRouter:
    """A screen's router. Anyone may ask; staff pages ask for `sessions.Staff` too."""
    return _Pages(dependencies=[anyone, Depends(in_time)], include_in_schema=False)


@dataclass(frozen=True, slots=True)
class Services:
    catalog: CatalogClient
    booking: BookingClient
    seats: BookingSeatsClient
    records: BookingRecordsClient
    changes: BookingChangesClient
    rules: BookingRulesClient
    box_office: BoxOfficeClient
    waiting_rooms: WaitingRoomClient
    waiting_list: WaitingListClient
    explanations: ExplanationClient
    payment: PaymentClient
    checkout: CheckoutClient
    checkout_changes: CheckoutChangesClient
    identity: IdentityClient
    seating: SeatingClient
    menus: MenusClient
    ordering: OrderingClient
    kitchen: KitchenClient
    order_checkout: OrderCheckoutClient
    splits: SplitClient
    order_cancellations: OrderCancellationClient
    tracking: TrackingClient
    event_cancellations: EventCancellationClient
    tabs: TabClient
    settlements: SettlementClient


async def _services(request: Request, ctx: Ctx) -> Services:
    return services_of(request.app, ctx)


def services_of(app: FastAPI, ctx: Context) -> Services:
    """Made once, when the first page asks."""
    state = app.state
    state.services = state.services or _clients(ctx)
    return state.services


def _clients(ctx: Context) -> Services:
    return Services(
        CatalogClient(ctx.client("catalog")),
        BookingClient(ctx.client("booking")),
        BookingSeatsClient(ctx.client("booking")),
        BookingRecordsClient(ctx.client("booking")),
        BookingChangesClient(ctx.client("booking")),
        BookingRulesClient(ctx.client("booking")),
        BoxOfficeClient(ctx.client("booking")),
        WaitingRoomClient(ctx.client("booking")),
        WaitingListClient(ctx.client("booking")),
        ExplanationClient(ctx.client("booking")),
        PaymentClient(ctx.client("payment")),
        CheckoutClient(ctx.client("checkout")),
        CheckoutChangesClient(ctx.client("checkout")),
        IdentityClient(ctx.client("identity")),
        SeatingClient(ctx.client("catalog")),
        MenusClient(ctx.client("catalog")),
        OrderingClient(ctx.client("ordering")),
        KitchenClient(ctx.client("ordering")),
        OrderCheckoutClient(ctx.client("checkout")),
        SplitClient(ctx.client("checkout")),
        OrderCancellationClient(ctx.client("checkout")),
        TrackingClient(ctx.client("tracking")),
        EventCancellationClient(ctx.client("checkout")),
        TabClient(ctx.client("ordering")),
        SettlementClient(ctx.client("checkout")),
    )


Ask = Annotated[Services, Depends(_services)]


def settings_of(request: Request) -> Settings:
    return request.app.state.runtime.settings


def locale_of(request: Request) -> Locale:
    return request.state.locale


def redirect(request: Request, path: str) -> RedirectResponse:
    """303 to another page of ours in the same language; `path` is without the language."""
    response = RedirectResponse(locale_of(request).path(path), 303)
    response.headers["Cache-Control"] = "no-store"
    return response


def split_address(text: str) -> SplitResult:
    """The parts of an address that a stranger's header tells; all empty when it is none."""
    try:
        return urlsplit(text)
    except ValueError:  # `http://[`
        return urlsplit("")


def local_path(text: str, default: str = "/") -> str:
    """The path where somebody wants to go next, if it is one of this site's; else `default`."""
    fine = text.startswith("/") and text[1:2] not in ("/", "\\") and len(text) <= _PATH_MAX
    return text if fine and text.isprintable() and not set(text) & set("\\ ") else default


_PATH_MAX: Final = 1000

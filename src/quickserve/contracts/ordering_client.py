"""How the others call `ordering`."""

from uuid import UUID

from quickserve.contracts.booking import TicketId
from quickserve.contracts.catalog import EventId
from quickserve.contracts.menus import StandId
from quickserve.contracts.ordering import (
    BasketId,
    BasketLineId,
    BasketView,
    LineDraft,
    NewBasket,
    NewOrder,
    OrderId,
    OrderList,
    OrderMove,
    OrderState,
    OrderView,
    Pacing,
    Pause,
    SlotList,
    StandStatus,
    TicketBasket,
)
from quickserve.contracts.ordering_benefits import (
    EntitlementDraft,
    EntitlementList,
    OrderVoucherDraft,
    OrderVoucherList,
)
from quickserve.contracts.ordering_problems import KitchenFull
from quickserve.kernel.client import Client
from quickserve.kernel.ids import OrganiserId

__all__ = ["KitchenFull", "OrderingClient"]  # the problems, so that they arrive as what they are


class OrderingClient:
    """`token` is the acting person's access token where staff act; without one the service acts."""

    def __init__(self, client: Client) -> None:
        self._client = client

    # -- Baskets

    async def put_basket(self, basket_id: BasketId, basket: NewBasket) -> BasketView:
        return await self._client.put(BasketView, f"/baskets/{basket_id}", basket)

    async def basket(self, basket_id: BasketId) -> BasketView:
        return await self._client.get(BasketView, f"/baskets/{basket_id}")

    async def put_line(
        self, basket_id: BasketId, line_id: BasketLineId, line: LineDraft
    ) -> BasketView:
        return await self._client.put(BasketView, f"/baskets/{basket_id}/lines/{line_id}", line)

    async def remove_line(self, basket_id: BasketId, line_id: BasketLineId) -> None:
        await self._client.call("DELETE", f"/baskets/{basket_id}/lines/{line_id}")

    async def ticket_basket(self, basket: TicketBasket) -> BasketView:
        """The same one on all devices of the ticket. Raises TicketNotAccepted."""
        return await self._client.post(BasketView, "/ticket-baskets", basket, repeatable=True)

    async def slots(self, stand_id: StandId, basket_id: BasketId | None = None) -> SlotList:
        query = {"basket_id": str(basket_id)} if basket_id else {}
        return await self._client.get(SlotList, f"/stands/{stand_id}/slots", query=query)

    # -- Orders

    async def place(self, order_id: OrderId, order: NewOrder) -> OrderView:
        """Free, or on the tab."""
        return await self._client.put(OrderView, f"/placed-orders/{order_id}", order)

    async def reserve(self, order_id: OrderId, order: NewOrder) -> OrderView:
        return await self._client.put(OrderView, f"/orders/{order_id}", order)

    async def offer(self, order_id: OrderId) -> OrderView:
        return await self._client.put(OrderView, f"/orders/{order_id}/offer", None)

    async def confirm(self, order_id: OrderId) -> OrderView:
        return await self._client.put(OrderView, f"/orders/{order_id}/confirmation", None)

    async def withdraw(self, order_id: OrderId) -> None:
        """Gives back all it took; also when the order never came to be."""
        await self._client.call("PUT", f"/orders/{order_id}/withdrawal")

    async def order(self, order_id: OrderId, key: str) -> OrderView:
        """Raises NotFound when the key does not fit."""
        return await self._client.get(OrderView, f"/orders/{order_id}", query={"key": key})

    async def facts(self, order_id: OrderId) -> OrderView:
        """For services that act in somebody's name."""
        return await self._client.get(OrderView, f"/orders/{order_id}/facts")

    async def reopen(self, order_id: OrderId, key: str) -> OrderView:
        """Takes it back before the stand accepts it: the basket is as it was."""
        body = await self._client.call("PUT", f"/orders/{order_id}/reopening", query={"key": key})
        return OrderView.model_validate_json(body)

    async def of_ticket(self, ticket_id: TicketId) -> OrderList:
        return await self._client.get(OrderList, f"/tickets/{ticket_id}/orders")

    # -- Staff

    async def board(self, stand_id: StandId, token: str | None = None) -> OrderList:
        return await self._client.get(OrderList, f"/stands/{stand_id}/board", token=token)

    async def move(
        self,
        order_id: OrderId,
        state: OrderState,
        token: str | None = None,
        reason: str | None = None,
    ) -> OrderView:
        body = OrderMove(state=state, reason=reason)
        return await self._client.put(OrderView, f"/orders/{order_id}/state", body, token=token)

    async def order_for_staff(self, order_id: OrderId, token: str) -> OrderView:
        return await self._client.get(OrderView, f"/staff/orders/{order_id}", token=token)

    async def of_organiser(
        self, organiser_id: OrganiserId, token: str | None = None, after: str | None = None
    ) -> OrderList:
        query = {"after": after} if after else {}
        path = f"/organisers/{organiser_id}/orders"
        return await self._client.get(OrderList, path, query=query, token=token)

    async def status(self, stand_id: StandId, token: str | None = None) -> StandStatus:
        return await self._client.get(StandStatus, f"/stands/{stand_id}/status", token=token)

    async def pause(self, stand_id: StandId, pause: Pause, token: str) -> None:
        await self._client.call("PUT", f"/stands/{stand_id}/pause", body=pause, token=token)

    async def set_pacing(self, stand_id: StandId, pacing: Pacing, token: str) -> None:
        await self._client.call("PUT", f"/stands/{stand_id}/pacing", body=pacing, token=token)

    # -- What tickets include, vouchers

    async def put_entitlement(
        self, entitlement_id: UUID, draft: EntitlementDraft, token: str | None = None
    ) -> None:
        path = f"/entitlements/{entitlement_id}"
        await self._client.call("PUT", path, body=draft, token=token)

    async def entitlements(
        self, organiser_id: OrganiserId, event_id: EventId, token: str
    ) -> EntitlementList:
        path = f"/organisers/{organiser_id}/events/{event_id}/entitlements"
        return await self._client.get(EntitlementList, path, token=token)

    async def vouchers(self, organiser_id: OrganiserId, token: str) -> OrderVoucherList:
        path = f"/organisers/{organiser_id}/order-vouchers"
        return await self._client.get(OrderVoucherList, path, token=token)

    async def put_voucher(
        self, organiser_id: OrganiserId, code: str, draft: OrderVoucherDraft, token: str
    ) -> None:
        path = f"/organisers/{organiser_id}/order-vouchers/{code}"
        await self._client.call("PUT", path, body=draft, token=token)

"""How the pages of a kitchen call `ordering`; `token` is the acting person's access token."""

from quickserve.contracts.kitchen import KitchenBoard
from quickserve.contracts.menus import StandId
from quickserve.contracts.ordering import OrderId, OrderMove, OrderView, Pause
from quickserve.contracts.ordering_problems import IllegalTransition, MoveOvertaken
from quickserve.kernel.client import Client

__all__ = ["IllegalTransition", "KitchenClient", "MoveOvertaken"]


class KitchenClient:
    def __init__(self, client: Client) -> None:
        self._client = client

    async def board(self, stand_id: StandId, token: str) -> KitchenBoard:
        return await self._client.get(KitchenBoard, f"/stands/{stand_id}/kitchen", token=token)

    async def move(self, order_id: OrderId, move: OrderMove, token: str) -> OrderView:
        """Raises MoveOvertaken, IllegalTransition."""
        return await self._client.put(OrderView, f"/orders/{order_id}/state", move, token=token)

    async def pause(self, stand_id: StandId, pause: Pause, token: str) -> None:
        await self._client.call("PUT", f"/stands/{stand_id}/pause", body=pause, token=token)

"""How the pages of a kitchen call `ordering`; `token` is the acting person's access token."""

from quickserve.contracts.kitchen import KitchenBoard
from quickserve.contracts.menus import StandId
from quickserve.contracts.ordering import OrderId, OrderMove, OrderView, Pause
from quickserve.contracts.ordering_problems import IllegalTransition, MoveOvertaken
from quickserve.contracts.printing import (
    PrinterDraft,
    PrinterId,
    PrinterList,
    PrinterNotAllowed,
)
from quickserve.kernel.client import Client

__all__ = ["IllegalTransition", "KitchenClient", "MoveOvertaken", "PrinterNotAllowed"]


class KitchenClient:
    def __init__(self, client: Client) -> None:
        self._client = client

    async def board(self, stand_id: StandId, token: str) -> KitchenBoard:
        return await self._client.get(KitchenBoard, f"/stands/{stand_id}/kitchen", token=token)

    async def move(self, order_id: OrderId, move: OrderMove, token: str) -> OrderView:
        """Raises MoveOvertaken, IllegalTransition."""
        return await self._client.put(OrderView, f"/orders/{order_id}/state", move, token=token)

    async def printers(self, stand_id: StandId, token: str) -> PrinterList:
        return await self._client.get(PrinterList, f"/stands/{stand_id}/printers", token=token)

    async def put_printer(
        self, stand_id: StandId, printer_id: PrinterId, draft: PrinterDraft, token: str
    ) -> None:
        """Raises PrinterNotAllowed."""
        path = f"/stands/{stand_id}/printers/{printer_id}"
        await self._client.call("PUT", path, body=draft, token=token)

    async def delete_printer(self, stand_id: StandId, printer_id: PrinterId, token: str) -> None:
        path = f"/stands/{stand_id}/printers/{printer_id}"
        await self._client.call("DELETE", path, token=token)

    async def print_test(self, stand_id: StandId, printer_id: PrinterId, token: str) -> None:
        path = f"/stands/{stand_id}/printers/{printer_id}/test-page"
        await self._client.call("POST", path, token=token)

    async def print_again(self, order_id: OrderId, token: str) -> None:
        await self._client.call("POST", f"/orders/{order_id}/prints", token=token)

    async def pause(self, stand_id: StandId, pause: Pause, token: str) -> None:
        await self._client.call("PUT", f"/stands/{stand_id}/pause", body=pause, token=token)

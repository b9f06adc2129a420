"""How the pages of a kitchen call `ordering`; `token` is the acting person's access token."""

from collections.abc import Sequence
from urllib.parse import urlencode

from quickserve.contracts.kitchen import KitchenBoard, StaffSteps, StandFigures
from quickserve.contracts.menus import StandId
from quickserve.contracts.ordering import (
    OrderId,
    OrderList,
    OrderMove,
    OrderState,
    OrderView,
    Pause,
)
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

    async def figures(self, stand_id: StandId, token: str) -> StandFigures:
        return await self._client.get(StandFigures, f"/stands/{stand_id}/figures", token=token)

    async def orders(
        self, stand_id: StandId, token: str, *, number: str = "", states: Sequence[OrderState] = (),
        after: str = "",
    ) -> OrderList:  # fmt: skip
        """Newest first; no `states` are all of them."""
        wanted = [("number", number), ("after", after), *(("state", one) for one in states)]
        query = urlencode([(name, value) for name, value in wanted if value])
        path = f"/stands/{stand_id}/orders" + (f"?{query}" if query else "")
        return await self._client.get(OrderList, path, token=token)

    async def steps(self, order_id: OrderId, token: str) -> StaffSteps:
        return await self._client.get(StaffSteps, f"/staff/orders/{order_id}/steps", token=token)

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

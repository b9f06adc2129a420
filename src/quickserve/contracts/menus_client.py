"""How the others call `catalog` about stands and menus."""

from quickserve.contracts.menus import Menu, StandId
from quickserve.kernel.client import Client


class MenusClient:
    """`token` is the acting person's access token; without one the calling service acts."""

    def __init__(self, client: Client) -> None:
        self._client = client

    async def menu(self, stand_id: StandId, version: int) -> Menu:
        """A version never changes, so whoever has it keeps it. Raises NotFound."""
        return await self._client.get(Menu, f"/stands/{stand_id}/menus/{version}")

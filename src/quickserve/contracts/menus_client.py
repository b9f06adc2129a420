"""How the others call `catalog` about stands and menus."""

from typing import Any
from uuid import UUID

from quickserve.contracts.catalog import EventId
from quickserve.contracts.menus import (
    Menu,
    MenuImport,
    NewMenu,
    SoldOutChange,
    SoldOutList,
    StandDraft,
    StandId,
    StandList,
    StandView,
)
from quickserve.kernel.client import Client
from quickserve.kernel.ids import OrganiserId


class MenusClient:
    """`token` is the acting person's access token; without one the calling service acts."""

    def __init__(self, client: Client) -> None:
        self._client = client

    async def put_stand(
        self, stand_id: StandId, draft: StandDraft, token: str | None = None
    ) -> StandView:
        return await self._client.put(StandView, f"/stands/{stand_id}", draft, token=token)

    async def stand(self, stand_id: StandId) -> StandView:
        """Raises NotFound."""
        return await self._client.get(StandView, f"/stands/{stand_id}")

    async def stand_by_slug(self, slug: str) -> StandView:
        """Raises NotFound."""
        return await self._client.get(StandView, "/stands", query={"slug": slug})

    async def of_event(self, event_id: EventId) -> StandList:
        """Those that are open to visitors."""
        return await self._client.get(StandList, f"/events/{event_id}/stands")

    async def shops(self) -> StandList:
        """Shops and restaurants without an event that are open to visitors."""
        return await self._client.get(StandList, "/shops")

    async def of_organiser(self, organiser_id: OrganiserId, token: str) -> StandList:
        """All of them. For who works there."""
        return await self._client.get(StandList, f"/organisers/{organiser_id}/stands", token=token)

    async def put_menu(self, stand_id: StandId, menu: NewMenu, token: str | None = None) -> Menu:
        """The next version. Raises MenuHasDefects, StandChanged."""
        return await self._client.put(Menu, f"/stands/{stand_id}/menu", menu, token=token)

    async def import_menu(
        self, stand_id: StandId, content: bytes, *, filename: str, leave_out: bool = False,
        check: bool = False, tax_rate_bp: int | None = None, token: str | None = None,
    ) -> MenuImport:  # fmt: skip
        """A file replaces the menu. Raises MenuRefused, MenuHasDefects, StandChanged."""
        query: dict[str, Any] = {
            "filename": filename, "leave_out": leave_out, "check": check,
            **({} if tax_rate_bp is None else {"tax_rate_bp": tax_rate_bp}),
        }  # fmt: skip
        body = await self._client.call(
            "POST", f"/stands/{stand_id}/menu-imports", query=query, content=content,
            content_type="application/octet-stream", token=token, repeatable=True,
        )  # fmt: skip
        return MenuImport.model_validate_json(body)

    async def latest_menu(self, stand_id: StandId) -> Menu:
        """Raises NotFound while it has none."""
        return await self._client.get(Menu, f"/stands/{stand_id}/menu")

    async def menu(self, stand_id: StandId, version: int) -> Menu:
        """A version never changes, so whoever has it keeps it. Raises NotFound."""
        return await self._client.get(Menu, f"/stands/{stand_id}/menus/{version}")

    async def set_sold_out(
        self, stand_id: StandId, target_id: UUID, change: SoldOutChange, token: str
    ) -> SoldOutList:
        """An item or a modifier."""
        path = f"/stands/{stand_id}/sold-out/{target_id}"
        return await self._client.put(SoldOutList, path, change, token=token)

    async def sold_out(self, stand_id: StandId) -> SoldOutList:
        return await self._client.get(SoldOutList, f"/stands/{stand_id}/sold-out")

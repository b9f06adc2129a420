"""Places that wait for whoever has a voucher: taken out of them, and filled again.

A voucher's block has as many places as the voucher has uses left, as far as they could be had.
"""

from collections.abc import Mapping, Sequence

from quickserve.booking.model import Basket
from quickserve.booking.store import rules, stock
from quickserve.contracts.booking import QuotaId, VoucherId
from quickserve.kernel.db import Transaction


class Aside:
    """Locked blocks of one transaction."""

    def __init__(self, left: dict[VoucherId, int], quotas: dict[VoucherId, list[QuotaId]]) -> None:
        self._left = left
        self._quotas = quotas
        self._drawn: dict[VoucherId, int] = {}

    def take(self, room: stock.Room, basket: Basket, *, past_list: bool = False) -> bool:
        """As `Room.take`, but what is set aside for the basket's vouchers counts as free."""
        if not basket.draws:
            return room.take(basket, past_list=past_list)
        draws = {i: min(n, self._left.get(i, 0)) for i, n in basket.draws.items()}
        for voucher_id, places in draws.items():
            room.change(self._quotas.get(voucher_id, []), places)
        if not room.take(basket, past_list=past_list):
            for voucher_id, places in draws.items():
                room.change(self._quotas.get(voucher_id, []), -places)
            return False
        for voucher_id, places in draws.items():
            if places:
                self._left[voucher_id] -= places
                self._drawn[voucher_id] = self._drawn.get(voucher_id, 0) + places
        return True

    async def draw(self, tx: Transaction) -> None:
        """Before the baskets are recorded: a place is in one hold at a time."""
        for voucher_id, places in self._drawn.items():
            await rules.change_block(tx, voucher_id, -places)


async def lock(tx: Transaction, draws: Sequence[Mapping[VoucherId, int]]) -> Aside:
    """Blocks are holds: they are locked before any quota, and their quotas with them."""
    ids = sorted({voucher_id for one in draws for voucher_id in one})
    if not ids:
        return Aside({}, {})
    left = await rules.lock_blocks(tx, [QuotaId(i) for i in ids])
    return Aside(left, await rules.quotas_of_blocks(tx, list(left)))


async def give_back(
    tx: Transaction, quota_ids: Sequence[QuotaId], places: Sequence[int], *, held: int, sold: int
) -> None:
    """`move_places` for places that come back: those of a voucher are set aside again."""
    blocks = await rules.lock_blocks(tx, quota_ids)
    await stock.move_places(tx, quota_ids, places, held=held, sold=sold)
    for voucher_id in blocks:
        await fill(tx, voucher_id)


async def fill(tx: Transaction, voucher_id: VoucherId) -> int:
    """As many places as the voucher has uses left, as far as there are any; how many are missing.

    The block is locked already. A voucher that lost uses gives places back.
    """
    wanted = await rules.missing_of_block(tx, voucher_id)
    more = min(wanted, await rules.room_of_block(tx, voucher_id)) if wanted > 0 else wanted
    if more:
        await rules.change_block(tx, voucher_id, more)
    return max(0, wanted - more)


async def empty(tx: Transaction, voucher_id: VoucherId) -> None:
    """Its places go on sale. The block is locked already."""
    blocks = await rules.lock_blocks(tx, [QuotaId(voucher_id)])
    await rules.missing_of_block(tx, voucher_id)  # locks the quotas in their order
    await rules.change_block(tx, voucher_id, -blocks.get(voucher_id, 0))
    await rules.close_block(tx, voucher_id)

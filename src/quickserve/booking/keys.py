"""The keys of organisers in this process: found once, made at first need."""

import time
from collections.abc import Iterable

from quickserve.booking import signing
from quickserve.booking.signing import SigningKey
from quickserve.booking.store import keys as store
from quickserve.contracts.booking import TicketKeyId
from quickserve.kernel.db import Database, Transaction
from quickserve.kernel.errors import IdReused, TooManyRequests
from quickserve.kernel.ids import OrganiserId

# After a rotation elsewhere this process may sign with the retired key for as long; its tickets
# verify all the same.
_FRESH_SECONDS = 5.0
_CACHE_MAX = 10_000


class KeyRing:
    def __init__(self, db: Database, secret: bytes) -> None:
        self._db = db
        self._secret = secret
        self._by_id: dict[str, SigningKey] = {}
        self._active: dict[OrganiserId, tuple[float, SigningKey]] = {}

    async def active(self, organiser_id: OrganiserId) -> SigningKey:
        """The key that signs new tickets. Not to be asked for inside a transaction."""
        fetched_at, key = self._active.get(organiser_id, (0.0, None))
        if key and time.monotonic() - fetched_at < _FRESH_SECONDS:
            return key
        async with self._db.read() as tx:
            row = await store.find_active_key(tx, organiser_id)
        return self._keep(row) if row else await self._first(organiser_id)

    async def replace(self, organiser_id: OrganiserId, key_id: TicketKeyId) -> None:
        """Makes the key, and the present one stops signing; nothing when it was made before.

        Errors: TooManyRequests, so that the keys a door has to know stay few; IdReused.
        """
        async with self._db.transaction() as tx:
            await store.lock_keys(tx, organiser_id)
            known = await store.find_keys(tx, [key_id])
            if known and known[0].organiser_id != organiser_id:
                raise IdReused
            if known:
                return
            if await store.key_just_retired(tx, organiser_id):
                raise TooManyRequests("It was replaced just now: wait a minute.", retry_after=60)
            await store.retire_key(tx, organiser_id)
            row = await self._insert(tx, signing.new_key(organiser_id, key_id))
        self._keep(row)

    async def _first(self, organiser_id: OrganiserId) -> SigningKey:
        async with self._db.transaction() as tx:
            await store.lock_keys(tx, organiser_id)
            row = await store.find_active_key(tx, organiser_id)
            if row is None:
                row = await self._insert(tx, signing.new_key(organiser_id, signing.new_key_id()))
        return self._keep(row)

    async def _insert(self, tx: Transaction, key: SigningKey) -> store.Key:
        row = store.Key(key.id, key.organiser_id, signing.seal(key, self._secret))
        await store.insert_key(tx, row, key.public)
        return row

    async def by_id(self, key_ids: Iterable[str]) -> dict[str, SigningKey]:
        """Those that exist, retired ones too. Not to be asked for inside a transaction."""
        wanted = set(key_ids)
        if missing := [key_id for key_id in wanted if key_id not in self._by_id]:
            async with self._db.read() as tx:
                for row in await store.find_keys(tx, missing):
                    self._remember(row)
        return {key_id: self._by_id[key_id] for key_id in wanted if key_id in self._by_id}

    def _keep(self, row: store.Key) -> SigningKey:
        key = self._remember(row)
        self._active[row.organiser_id] = (time.monotonic(), key)
        return key

    def _remember(self, row: store.Key) -> SigningKey:
        if len(self._by_id) > _CACHE_MAX:
            self._by_id.clear()
            self._active.clear()
        key = self._by_id.get(row.id)
        if key is None:
            key = signing.unseal(row.id, row.organiser_id, row.private_key_encrypted, self._secret)
            self._by_id[row.id] = key
        return key

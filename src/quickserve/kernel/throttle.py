"""How often one address may do something costly, in all processes together."""

from hmac import digest

from quickserve.kernel.settings import Settings
from quickserve.kernel.shared.port import Counters

_GUESS_SHARE = 10


class Takes:
    """`takes_per_minute` on average, and as many at once.

    A whole venue may stand behind one address, so the limit is for robots, not for a rush. The
    address itself is personal data: only a keyed hash of it is counted.
    """

    def __init__(self, settings: Settings, counters: Counters) -> None:
        self._key = settings.key_for("takes")
        self._per_minute = settings.takes_per_minute
        self._counters = counters

    async def admits(self, address: str) -> bool:
        return await self._counters.admits(f"takes:{self._name(address)}", self._per_minute)

    async def admits_guess(self, address: str) -> bool:
        """A look at what a code is good for: more rarely, as one may guess by it."""
        most = -(-self._per_minute // _GUESS_SHARE)  # none stays none
        return await self._counters.admits(f"guesses:{self._name(address)}", most)

    def _name(self, address: str) -> str:
        return digest(self._key, address.encode(), "sha256").hex()[:32]

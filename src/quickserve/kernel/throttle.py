"""How often one address may do something costly: a token bucket for each, in this process."""

import time
from collections import OrderedDict

_ADDRESSES_MAX = 20_000


class Throttle:
    """`per_minute` on average, and as many at once. 0 admits everything.

    A whole venue may stand behind one address, so the limit is for robots, not for a rush.
    """

    def __init__(self, per_minute: int) -> None:
        self._per_minute = per_minute
        self._left: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def admits(self, address: str) -> bool:
        if not self._per_minute:
            return True
        now = time.monotonic()
        left, since = self._left.pop(address, (float(self._per_minute), now))
        left = min(left + (now - since) * self._per_minute / 60, float(self._per_minute))
        admitted = left >= 1
        self._left[address] = (left - 1 if admitted else left, now)
        if len(self._left) > _ADDRESSES_MAX:
            self._left.popitem(last=False)
        return admitted

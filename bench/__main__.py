"""`make bench`: every benchmark, or those named. Prints a table, writes build/bench.json.

Only by name, because they take minutes:

    soak     a million hold attempts under kill -9; `python -m bench.soak --help` has options
    pretix   its order API beside our bookings: installs it in a cache folder; needs redis-server
"""

import sys
from importlib import import_module

from bench.figures import Figure, keep, table

BENCHMARKS = (
    "start", "holds", "bookings", "orders", "tracking", "shapes", "events", "plans", "plan_files",
    "fairness", "room",
)  # fmt: skip
ONLY_BY_NAME = ("pretix", "soak")


def main(names: list[str]) -> None:
    known = (*BENCHMARKS, *ONLY_BY_NAME)
    if unknown := set(names) - set(known):
        print(__doc__, file=sys.stderr)
        sys.exit(f"No benchmark {', '.join(unknown)}. There are: {', '.join(known)}")
    figures: list[Figure] = []
    for name in names or BENCHMARKS:
        print(f"-- {name}", file=sys.stderr)
        found = import_module(f"bench.{name}").run()
        keep(found)
        figures += found
    print(table(figures))


main(sys.argv[1:])

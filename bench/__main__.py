"""`make bench`: every benchmark, or those named. Prints a table, writes build/bench.json."""

import sys
from importlib import import_module

from bench.figures import Figure, keep, table

BENCHMARKS = ("start", "bookings", "shapes", "events")


def main(names: list[str]) -> None:
    unknown = set(names) - set(BENCHMARKS)
    if unknown:
        sys.exit(f"No benchmark {', '.join(unknown)}. There are: {', '.join(BENCHMARKS)}")
    figures: list[Figure] = []
    for name in names or BENCHMARKS:
        print(f"-- {name}", file=sys.stderr)
        found = import_module(f"bench.{name}").run()
        keep(found)
        figures += found
    print(table(figures))


main(sys.argv[1:])

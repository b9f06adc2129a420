"""How long until the first visitor can come, and how much memory it takes."""

from urllib.request import urlopen

from bench.figures import Figure, median
from bench.server import data_folder, memory_mb, serving

_RUNS = 3


def run() -> list[Figure]:
    cold: list[float] = []
    warm: list[float] = []
    memory: list[float] = []
    for _ in range(_RUNS):
        with data_folder() as folder:
            with serving(folder) as first:
                cold.append(first.seconds_to_ready)
            with serving(folder) as second:
                warm.append(second.seconds_to_ready)
                for _ in range(20):
                    urlopen(second.address).read()
                memory.append(memory_mb(second.process.pid))
    return [
        Figure("cold start with the demo", median(cold), "s", aim="≤ 20"),
        Figure("warm start", median(warm), "s", aim="≤ 3"),
        Figure("memory of everything, PostgreSQL included", median(memory), "MB", aim="≤ 450"),
    ]

"""`make bench` prints a table and where it is; nothing of what the measured processes say."""

import os
import subprocess
import sys

from bench.server import worth_telling

_A_FEW_CALLS = """
from bench import shapes
shapes._ROUNDS, shapes._CALLS = 1, 3
print(shapes._calls()[0].name)
"""


def test_measuring_calls_prints_nothing_of_them():
    environment = {name: value for name, value in os.environ.items() if name != "XDG_RUNTIME_DIR"}
    done = subprocess.run(
        [sys.executable, "-c", _A_FEW_CALLS],
        env=environment, capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert (done.stdout, done.stderr) == ("a call over loopback\n", "")


def test_only_what_goes_wrong_with_a_measured_product_is_told():
    logged = (
        "identity | ready identity\n"
        'web      | {"event": "breaker", "level": "warning"}\n'
        "quickserve: web did not become ready; its lines above tell why.\n"
        "web      | ready web\n"
    )
    assert worth_telling(logged) == "".join(logged.splitlines(keepends=True)[1:3])

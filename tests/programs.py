"""Programs that a test needs beside Python: in CI they must be there, elsewhere the test skips."""

import os
import shutil

import pytest


def program(*names: str, package: str) -> str:
    """The path of the first that is installed; `package` is Debian's."""
    for name in names:
        if found := shutil.which(name):
            return found
    sentence = f"needs {names[0]} (apt-get install {package})"
    if os.environ.get("CI"):
        pytest.fail(sentence)
    pytest.skip(sentence)


def only_in_ci(why: str) -> pytest.MarkDecorator:
    """For proofs that take longer than somebody who changes a line wants to wait."""
    return pytest.mark.skipif(not os.environ.get("CI"), reason=f"{why}: run it with CI=1")

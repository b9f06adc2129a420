"""The image, built by hand once."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from .image import Build, Image


@pytest.fixture(scope="session")
def image() -> Iterator[Image]:
    """Some 40 seconds, and packages from the registry: where CI runs, or where it is asked for."""
    if not os.environ.get("CI"):
        pytest.skip("builds the image by hand: run it with CI=1")
    folder = Path(tempfile.mkdtemp(prefix="quickserve-image-"))
    folder.chmod(0o755)
    try:
        Build(folder).run()
        yield Image(folder / "opt/quickserve")
    finally:
        shutil.rmtree(folder)

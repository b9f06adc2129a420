"""The page of settings tells every setting."""

import re
from pathlib import Path

from quickserve.app import SERVICES
from quickserve.kernel.settings import Settings


def test_every_setting_is_documented():
    page = Path("docs/settings.md").read_text("utf-8")
    missing = [f"QUICKSERVE_{name.upper()}" for name in Settings.model_fields]
    assert [name for name in missing if f"`{name}`" not in page] == []


def test_every_variable_that_the_code_reads_is_documented():
    page = Path("docs/settings.md").read_text("utf-8")
    read = {
        name
        for path in Path("src").rglob("*.py")
        for name in re.findall(r"\bQUICKSERVE_[A-Z_]*[A-Z]\b", path.read_text("utf-8"))
    }
    assert "QUICKSERVE_PASSWORD" in read
    # One service's variable stands for all; tests have some of their own.
    families = tuple(f"QUICKSERVE_{name.upper()}_" for name in (*SERVICES, "test"))
    missing = {name for name in read if f"`{name}`" not in page}
    assert {name for name in missing if not name.startswith(families)} == set()

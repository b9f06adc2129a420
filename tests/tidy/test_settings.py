"""The page of settings tells every setting."""

from pathlib import Path

from quickserve.kernel.settings import Settings


def test_every_setting_is_documented():
    page = Path("docs/settings.md").read_text("utf-8")
    missing = [f"QUICKSERVE_{name.upper()}" for name in Settings.model_fields]
    assert [name for name in missing if f"`{name}`" not in page] == []

"""The page on observability tells every metric."""

import re
from pathlib import Path


def test_every_metric_is_documented() -> None:
    page = Path("docs/observability.md").read_text("utf-8")
    made = re.compile(r'(?:Counter|Gauge|Histogram)\(\s*"(quickserve_\w+)"')
    names = {
        name for path in Path("src").rglob("*.py") for name in made.findall(path.read_text("utf-8"))
    }
    assert len(names) > 10
    assert sorted(name for name in names if f"`{name}`" not in page) == []

"""A million hold attempts while servers and PostgreSQL are killed; then everything is counted."""

from bench.figures import Figure
from bench.soak.run import Plan, soak


def run() -> list[Figure]:
    """For `make bench ONLY=soak`; `python -m bench.soak --help` has options."""
    report = soak(Plan())
    assert report.right, report.told()
    return report.figures()

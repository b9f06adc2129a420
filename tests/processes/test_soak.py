"""The short soak: buyers on two servers with one database, while one or the other is killed.

The long one, a million attempts, is `python -m bench.soak`.
"""

from bench.soak.run import Plan, soak

from tests.programs import only_in_ci

pytestmark = only_in_ci("kills two servers and PostgreSQL for half a minute")


def test_nothing_is_oversold_leaked_or_lost_when_servers_are_killed():
    report = soak(Plan(attempts=4000, kills=2, buyers=64, seconds_max=180))
    assert report.right, report.told()
    assert report.kills == {"a server": 1, "PostgreSQL": 1}, "nothing ended by itself"
    held, ended = {"held", "held with seats", "booked"}, {"released", "cancelled", "withdrawn"}
    assert {*held, *ended, "refused: sold out"} <= report.tally.keys()


def test_a_commit_that_was_not_written_is_found_missing():
    """The negative control: the same soak on a PostgreSQL that answers too early."""
    report = soak(Plan(attempts=4000, kills=2, seed=1, seconds_max=60, durable=False))
    assert not report.right
    assert report.findings.wrong["lost: acknowledged, but not so"] > 0

"""`python -m bench.soak`: choose how many attempts and how many kills. Needs no other program."""

import argparse
import sys

from bench.figures import table
from bench.soak.run import Plan, soak


def main() -> None:
    usual = Plan()
    parser = argparse.ArgumentParser(
        prog="python -m bench.soak",
        description="Buyers hold, release, book and cancel places on two servers with one database"
        " while one or the other, or PostgreSQL, is killed. Fails unless nothing is oversold,"
        " nothing leaked and no acknowledged booking lost. Runs add up in build/soak.jsonl.",
    )
    parser.add_argument("--attempts", type=int, default=usual.attempts, help="to hold places")
    parser.add_argument("--kills", type=int, default=usual.kills, help="kill -9, in all")
    parser.add_argument("--buyers", type=int, default=usual.buyers, help="at the same time")
    parser.add_argument("--seed", type=int, default=usual.seed, help="of buyers and kills")
    parser.add_argument(
        "--seconds", type=float, default=usual.seconds_max, help="end after them at the latest"
    )
    parser.add_argument(
        "--not-durable", action="store_true",
        help="the negative control: PostgreSQL answers before a commit is written, which must fail",
    )  # fmt: skip
    given = parser.parse_args()
    plan = Plan(
        given.attempts, given.kills, given.buyers, given.seed, given.seconds, not given.not_durable
    )
    report = soak(plan, tell=lambda line: print(line, file=sys.stderr))
    figures = report.figures()
    if plan.durable:
        figures.append(report.keep())
    print(table(figures))
    if not report.right:
        sys.exit(report.told())


main()

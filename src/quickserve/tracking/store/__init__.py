"""Every SQL statement of the service, by what it is about; which error a constraint means."""

from quickserve.kernel.errors import Problem

CONSTRAINTS: dict[str, type[Problem]] = {}

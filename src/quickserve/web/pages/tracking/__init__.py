"""Who carries an order, where, and until when: for who waits, who carries, and who organises."""

from quickserve.kernel.routes import joined
from quickserve.web.pages.tracking import following, runner, shared

router = joined(part.router for part in (following, shared, runner))

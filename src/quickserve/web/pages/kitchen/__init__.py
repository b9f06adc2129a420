"""Who makes the orders: choose a stand, then its board; what is out."""

from quickserve.kernel.routes import joined
from quickserve.web.pages.kitchen import board, choice, moves, sold_out

router = joined(part.router for part in (choice, board, moves, sold_out))

"""The sagas of checkout and the queue they are on."""

from quickserve.checkout.sagas.book_tickets import book_tickets
from quickserve.checkout.sagas.cancel_event import cancel_event
from quickserve.checkout.sagas.cancel_order import cancel_order
from quickserve.checkout.sagas.cancel_purchase import cancel_purchase
from quickserve.checkout.sagas.change_booking import change_booking
from quickserve.checkout.sagas.place_order import place_order
from quickserve.checkout.sagas.place_split import place_split
from quickserve.checkout.sagas.resell_ticket import resell_ticket
from quickserve.checkout.sagas.settle_tab import settle_tab
from quickserve.kernel.saga_queue import SagaQueue

queue = SagaQueue(
    "checkout",
    (
        book_tickets, cancel_purchase, change_booking, resell_ticket, place_order, cancel_order,
        cancel_event, settle_tab, place_split,
    ),
)  # fmt: skip

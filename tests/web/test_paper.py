"""The printed ticket."""

import asyncio
from datetime import UTC, datetime, timedelta
from subprocess import run
from uuid import UUID

import pytest
from tests.programs import program

from quickserve.contracts.booking import DateFacts, TicketView
from quickserve.kernel.ids import new_uuid
from quickserve.web.i18n import FRENCH
from quickserve.web.ticket_files import Papers, pdf

STARTS = datetime(2026, 12, 14, 17, 0, tzinfo=UTC)
DATE = {
    "date_id": UUID(int=1), "event_id": UUID(int=2), "organiser_id": UUID(int=3),
    "title": "Fado au jardin", "starts_at": STARTS, "ends_at": STARTS + timedelta(hours=2),
    "zone": "Europe/Paris", "venue_name": "Jardin des Plantes", "city": "Paris", "room": None,
}  # fmt: skip


def papers(*codes):
    tickets = [
        TicketView(
            id=new_uuid(), code=code, payload=f"QS1.{code}", state="valid",
            ticket_type="Plein tarif", holder_name="Amina", admitted_at=None, admitted_gate=None,
        )
        for code in codes
    ]  # fmt: skip
    return Papers(new_uuid(), "QS-1234", DateFacts(**DATE), tickets, "https://example.org/tickets")


# Letters that a font moves together: a copied code must not fall apart between them.
@pytest.mark.parametrize("codes", [("AVWA-LT4J", "TAVA-YTWA"), ("7KPM-2W4X",)])
def test_a_code_is_copied_from_the_page_in_one_piece(codes):
    pdftotext = program("pdftotext", package="poppler-utils")
    paper = asyncio.run(pdf(papers(*codes), now=STARTS - timedelta(days=9), locale=FRENCH))
    command = [pdftotext, "-layout", "-", "-"]
    words = run(command, input=paper, capture_output=True, check=True).stdout.decode().split()
    assert [word for word in words if word in codes] == list(codes)

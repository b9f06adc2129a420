"""Kitchen tickets on printers that are there, off, slow, or hang up in the middle."""

import asyncio
import re
import socket
import struct
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import pytest

from quickserve.contracts.kitchen_client import KitchenClient, PrinterNotAllowed
from quickserve.contracts.ordering import Destination
from quickserve.contracts.printing import PrinterDraft, PrinterId, PrinterView
from quickserve.kernel.errors import Forbidden, NotFound
from quickserve.kernel.ids import new_uuid
from quickserve.kernel.settings import Settings
from quickserve.ordering import printers, tickets
from tests.ordering.conftest import Counter, Stall

pytestmark = pytest.mark.usefixtures("quick")


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(printers, "CONNECT_SECONDS", 0.5)
    monkeypatch.setattr(printers, "SEND_SECONDS", 1.0)
    monkeypatch.setattr(printers, "_GOODBYE_SECONDS", 0.3)


@pytest.fixture
def kitchen(counter: Counter) -> KitchenClient:
    return KitchenClient(counter.world.client("ordering", "web"))


@dataclass
class Printer:
    """A local listener. `manner`: prints, drops (hangs up in the middle), stuck (reads nothing)."""

    manner: str = "prints"
    port: int = 0
    papers: list[bytes] = field(default_factory=list[bytes])
    dropped: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def texts(self) -> list[str]:
        return [read(paper) for paper in self.papers]

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self.manner == "prints":
            self.papers.append(await reader.read())
        elif self.manner == "drops":
            await reader.read(10)
            # A reset, as of who loses power; a quiet goodbye could not be told from success.
            raw = writer.get_extra_info("socket")
            raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            writer.transport.abort()
            self.dropped.set()
        else:
            await asyncio.sleep(5)
        writer.close()

    async def until_papers(self, count: int, seconds: float = 8) -> None:
        end = time.monotonic() + seconds
        while len(self.papers) < count:
            assert time.monotonic() < end, f"{len(self.papers)} of {count} tickets: {self.texts}"
            await asyncio.sleep(0.05)


def read(paper: bytes, page: str = "cp858") -> str:
    """The words, without commands."""
    plain = re.sub(rb"\x1b[@]|\x1b[Eat].|\x1d!.|\x1dVB.", b"", paper, flags=re.DOTALL)
    return " ".join(plain.decode(page).split())


@asynccontextmanager
async def listening(printer: Printer, port: int = 0) -> AsyncIterator[Printer]:
    server = await asyncio.start_server(printer.serve, "127.0.0.1", port)
    printer.port = server.sockets[0].getsockname()[1]
    try:
        yield printer
    finally:
        server.close()


async def set_up(kitchen: KitchenClient, stall: Stall, port: int, **changes: object) -> PrinterId:
    draft = PrinterDraft.model_validate(
        {"name": "Pass", "host": "127.0.0.1", "port": port} | changes
    )
    printer_id = PrinterId(new_uuid())
    await kitchen.put_printer(stall.id, printer_id, draft, stall.organiser)
    return printer_id


async def view(kitchen: KitchenClient, stall: Stall) -> PrinterView:
    return (await kitchen.printers(stall.id, stall.cook)).printers[0]


async def test_an_accepted_order_is_on_paper(stall: Stall, kitchen: KitchenClient) -> None:
    async with listening(Printer()) as printer:
        await set_up(kitchen, stall, printer.port)
        burger = stall.line("Burger", 2, "Rare", "Cheese").model_copy(
            update={"note": "sans oignon, très cuit\x1b@ 5 €"}
        )
        seat = Destination(fulfilment="seat", seat="Bloc C, rang 12")
        order = await stall.order(burger, stall.line("Beer"), destination=seat)
        await printer.until_papers(1)
        told = printer.texts[0]
        assert f"{order.number} PLACE Bloc C, rang 12 Léa - Grill & Co" in told
        assert "2 x Burger + Rare + Cheese !! sans oignon, très cuit @ 5 €" in told
        assert "1 x Beer" in told
        assert "ALLERGÈNES: gluten, lait" in told
        assert "PIÈCE D'IDENTITÉ : 18 ans" in told
        assert "RÉIMPRESSION" not in told
        assert printer.papers[0].count(b"\x1b@") == 1, "a note commands nothing"
        assert printer.papers[0].endswith(b"\x1dVB\x00")
        await kitchen.print_again(order.id, stall.cook)
        await printer.until_papers(2)
        assert "*** RÉIMPRESSION ***" in printer.texts[1]
        assert (await view(kitchen, stall)).waiting == 0


async def test_each_stations_printer_has_its_own(stall: Stall, kitchen: KitchenClient) -> None:
    async with listening(Printer()) as grill, listening(Printer()) as bar:
        await set_up(kitchen, stall, grill.port, station="grill", language="en")
        await set_up(kitchen, stall, bar.port, station="bar", language="en")
        await stall.order(stall.line("Burger", 1, "Rare"), stall.line("Beer"))
        await stall.order(stall.line("Beer", 3))
        await bar.until_papers(2)
        await grill.until_papers(1)
        assert "1 x Burger + Rare 1 x Beer (other station)" in grill.texts[0]
        assert "3 x Beer" in bar.texts[1]
        await asyncio.sleep(0.8)
        assert len(grill.papers) == 1


async def test_a_printer_that_is_off_stops_nobody_and_catches_up(
    stall: Stall, kitchen: KitchenClient
) -> None:
    async with listening(Printer()) as gone:
        port = gone.port
    await set_up(kitchen, stall, port)
    began = time.monotonic()
    orders = [await stall.order(stall.line("Beer")) for _ in range(3)]
    await stall.move(orders[0], "preparing", "ready")
    assert time.monotonic() - began < 3, "the kitchen waits for no printer"
    for _ in range(100):
        if (found := await view(kitchen, stall)).failing_since:
            break
        await asyncio.sleep(0.05)
    assert (found.last_error, found.waiting) == ("unreachable", 3)
    async with listening(Printer(), port) as printer:
        await printer.until_papers(3, seconds=12)
        for order, told in zip(orders, printer.texts, strict=True):
            assert told.startswith(f"{order.number} "), "in their order, and no reprint"
    assert (await view(kitchen, stall)).failing_since is None


async def test_who_hangs_up_in_the_middle_gets_a_reprint(
    stall: Stall, kitchen: KitchenClient
) -> None:
    async with listening(Printer("drops")) as printer:
        await set_up(kitchen, stall, printer.port)
        order = await stall.order(stall.line("Beer"))
        await printer.dropped.wait()
        printer.manner = "prints"
        await printer.until_papers(1)
        assert printer.texts[0].startswith(f"*** RÉIMPRESSION *** {order.number}")


async def test_a_slow_printer_delays_only_itself(stall: Stall, kitchen: KitchenClient) -> None:
    async with listening(Printer("stuck")) as stuck, listening(Printer()) as fine:
        slow = await set_up(kitchen, stall, stuck.port, name="A slow one")
        await set_up(kitchen, stall, fine.port, name="Fine")
        await stall.order(stall.line("Beer"))
        await fine.until_papers(1, seconds=2)
        await kitchen.delete_printer(stall.id, slow, stall.organiser)
        await kitchen.delete_printer(stall.id, slow, stall.organiser)
        assert [
            one.draft.name for one in (await kitchen.printers(stall.id, stall.cook)).printers
        ] == ["Fine"]


async def test_a_cancelled_order_is_told_on_paper(stall: Stall, kitchen: KitchenClient) -> None:
    async with listening(Printer()) as printer:
        await set_up(kitchen, stall, printer.port)
        order = await stall.order(stall.line("Beer"))
        await printer.until_papers(1)
        await stall.counter.saga.withdraw(order.id)
        await printer.until_papers(2)
        assert "*** ANNULÉE ***" in printer.texts[1]


async def test_a_test_page(stall: Stall, kitchen: KitchenClient) -> None:
    async with listening(Printer()) as printer:
        printer_id = await set_up(kitchen, stall, printer.port, code_page="cp1252")
        await kitchen.print_test(stall.id, printer_id, stall.cook)
        await printer.until_papers(1)
        assert "ESSAI : é è ê ë à â ç ô ù û ï œ €" in read(printer.papers[0], "cp1252")
        with pytest.raises(NotFound):
            await kitchen.print_test(stall.id, PrinterId(new_uuid()), stall.cook)


async def test_addresses_are_those_of_printers_only(stall: Stall, kitchen: KitchenClient) -> None:
    for changes, reason in (
        ({"port": 80}, "port"), ({"host": "10.0.0.5"}, "address"),
        ({"host": "169.254.169.254"}, "address"),
    ):  # fmt: skip
        with pytest.raises(PrinterNotAllowed) as refused:
            await set_up(kitchen, stall, **({"port": 9100} | changes))
        assert refused.value.extra["reason"] == reason
    draft = PrinterDraft(name="Pass", host="127.0.0.1")
    with pytest.raises(Forbidden):
        await kitchen.put_printer(stall.id, PrinterId(new_uuid()), draft, stall.cook)


@pytest.mark.parametrize(
    ("address", "allowed"),
    [
        ("192.168.1.50", True), ("10.1.2.3", True), ("172.31.0.9", True), ("fd12::7", True),
        ("127.0.0.1", False), ("::1", False), ("169.254.169.254", False), ("8.8.8.8", False),
        ("0.0.0.0", False), ("::ffff:127.0.0.1", False), ("fe80::1", False), ("224.0.0.1", False),
    ],
)  # fmt: skip
def test_the_networks_of_printers_unless_the_settings_say_else(address: str, allowed: bool) -> None:
    settings = Settings()
    assert printers.address_allowed(settings, address) is allowed
    assert printers.port_allowed(settings, 9100)
    assert not printers.port_allowed(settings, 6379)


async def test_a_name_that_leads_elsewhere_is_not_followed() -> None:
    printer = PrinterDraft(name="Pass", host="localhost")
    with pytest.raises(printers.PrintFault) as refused:
        await printers.send(Settings(), printer, b"x")
    assert (refused.value.fault, refused.value.sent) == ("not-allowed", False)


@pytest.mark.parametrize(
    ("page", "told"),
    [
        ("cp858", "Crème brûlée a l'oeuf, 5 €"), ("cp437", "Crème brûlée a l'oeuf, 5 EUR"),
        ("ascii", "Creme brulee a l'oeuf, 5 EUR"), ("cp1252", "Crème brûlée a l’œuf, 5 €"),
    ],
)  # fmt: skip
def test_accents_are_kept_or_spelled(page: str, told: str) -> None:
    text = "Crème brûlée a l’œuf, 5 €"
    assert tickets.printable(text, page) == told  # type: ignore[arg-type]
    assert tickets.printable("寿司 \x07\u202e", page).startswith("??")  # type: ignore[arg-type]
    assert "\x07" not in tickets.printable("\x07", page)  # type: ignore[arg-type]


@pytest.mark.parametrize("width", [32, 42, 48])
async def test_no_line_is_wider_than_the_paper(stall: Stall, width: int) -> None:
    basket = await stall.fill(stall.line("Burger", 12, "Rare", "Cheese"))
    line = basket.lines[0].model_copy(
        update={"name": "Un plat au nom fort long " * 4, "note": "x" * 99}
    )
    printer = PrinterDraft.model_validate({"name": "P", "host": "10.0.0.1", "width": width})
    now = basket.promise.earliest if basket.promise else None
    assert now
    ticket = tickets.Ticket(
        "order", "Grill", "Europe/Paris", "007", "Léa", Destination(), [line], now, now, again=False
    )
    paper = re.sub(rb"\x1b[@]|\x1b[Eat].|\x1d!.", b"", tickets.written(ticket, printer))
    assert max(len(one) for one in paper.split(b"\n")) <= width

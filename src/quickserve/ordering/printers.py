"""How a printer is reached, and which ones may be.

Whoever writes a printer's address makes this server connect to it. So only ports of raw printing
and private networks are allowed (settings), never this machine, link-local addresses (cloud
metadata live there) or the internet; a name is looked up once, and the address that was checked is
the one connected to. Nothing that is answered is told to anybody.
"""

import asyncio
import contextlib
import ipaddress
import socket
from dataclasses import dataclass
from typing import Final, Literal

from quickserve.contracts.printing import PrinterDraft
from quickserve.kernel.settings import Settings

Fault = Literal["not-allowed", "unknown-name", "unreachable", "slow", "dropped"]

CONNECT_SECONDS: Final = 3.0
SEND_SECONDS: Final = 6.0
_GOODBYE_SECONDS: Final = 2.0  # a printer that drops us tells within this time
_ANSWER_BYTES: Final = 256

_Address = ipaddress.IPv4Address | ipaddress.IPv6Address


@dataclass
class PrintFault(Exception):  # noqa: N818 - a state of affairs of the world
    """`sent`: some of the ticket may have reached the paper."""

    fault: Fault
    sent: bool = False


def port_allowed(settings: Settings, port: int) -> bool:
    first, _, last = settings.printer_ports.partition("-")
    return int(first) <= port <= int(last or first)


def address_allowed(settings: Settings, address: str) -> bool:
    """Whether it lies within the settings' networks."""
    found: _Address = ipaddress.ip_address(address)
    if isinstance(found, ipaddress.IPv6Address) and found.ipv4_mapped is not None:
        found = found.ipv4_mapped
    networks = [ipaddress.ip_network(one) for one in settings.printer_networks.split()]
    return any(found in one for one in networks if one.version == found.version)


def literal(host: str) -> str | None:
    """The address, where it is one and not a name."""
    try:
        return str(ipaddress.ip_address(host))
    except ValueError:
        return None


async def send(settings: Settings, printer: PrinterDraft, ticket: bytes) -> None:
    """Returns when the printer has taken all of it. Raises PrintFault."""
    address = await _address(settings, printer)
    try:
        async with asyncio.timeout(CONNECT_SECONDS):
            reader, writer = await asyncio.open_connection(address, printer.port)
    except TimeoutError as error:
        raise PrintFault("slow") from error
    except OSError as error:
        raise PrintFault("unreachable") from error
    try:
        async with asyncio.timeout(SEND_SECONDS):
            writer.write(ticket)
            await writer.drain()
            if writer.can_write_eof():
                writer.write_eof()
            await _until_taken(reader)
    except TimeoutError as error:
        raise PrintFault("slow", sent=True) from error
    except OSError as error:
        raise PrintFault("dropped", sent=True) from error
    finally:
        writer.transport.abort()


async def _until_taken(reader: asyncio.StreamReader) -> None:
    """Raw printing has no receipt: who closes in peace, or stays silent, has taken it."""
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(_GOODBYE_SECONDS):
            while await reader.read(_ANSWER_BYTES):
                pass


async def _address(settings: Settings, printer: PrinterDraft) -> str:
    try:
        async with asyncio.timeout(CONNECT_SECONDS):
            found = await asyncio.get_running_loop().getaddrinfo(
                printer.host, printer.port, type=socket.SOCK_STREAM
            )
    except TimeoutError as error:
        raise PrintFault("slow") from error
    except (OSError, UnicodeError) as error:
        raise PrintFault("unknown-name") from error
    address = str(found[0][4][0])
    if not (port_allowed(settings, printer.port) and address_allowed(settings, address)):
        raise PrintFault("not-allowed")
    return address

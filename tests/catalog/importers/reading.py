"""How these tests read a file, and take what comes out apart."""

from datetime import UTC, datetime

from quickserve.catalog.importers import Format, ImportedEvent, Outcome, Skipped, read

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


def outcomes(
    content: bytes | str,
    name: str = "file",
    *,
    zone: str = "Europe/Paris",
    fmt: Format | None = None,
) -> list[Outcome]:
    raw = content.encode() if isinstance(content, str) else content
    return list(read(raw, filename=name, default_zone=zone, now=NOW, fmt=fmt))


def events(
    content: bytes | str, name: str = "file", *, zone: str = "Europe/Paris"
) -> list[ImportedEvent]:
    """Every event of a file that has nothing to skip."""
    found = outcomes(content, name, zone=zone)
    assert not [one for one in found if isinstance(one, Skipped)], found
    return [one for one in found if isinstance(one, ImportedEvent)]


def event(content: bytes | str, name: str = "file", *, zone: str = "Europe/Paris") -> ImportedEvent:
    (found,) = events(content, name, zone=zone)
    return found


def skipped(content: bytes | str, name: str = "file") -> list[Skipped]:
    return [one for one in outcomes(content, name) if isinstance(one, Skipped)]


def starts(found: ImportedEvent) -> list[str]:
    """The starts as people at the venue read them in UTC."""
    return [f"{date.starts_at:%Y-%m-%d %H:%M}" for date in found.dates]


def calendar(*entries: str, head: str = "") -> str:
    """A calendar of VEVENTs, each given by its lines."""
    blocks = "".join(f"BEGIN:VEVENT\r\n{_crlf(entry)}END:VEVENT\r\n" for entry in entries)
    return f"BEGIN:VCALENDAR\r\nVERSION:2.0\r\n{_crlf(head)}{blocks}END:VCALENDAR\r\n"


def _crlf(lines: str) -> str:
    return "".join(f"{line}\r\n" for line in lines.strip().splitlines())

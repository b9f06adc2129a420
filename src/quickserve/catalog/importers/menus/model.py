"""What a menu's file holds, before our rules: texts and prices as they stand there."""

from dataclasses import dataclass, field
from typing import Any

BYTES_MAX = 5 * 1024 * 1024
DEPTH_MAX = 12  # of sections in sections


@dataclass(frozen=True, slots=True)
class Price:
    """`value` as in the file; in the currency's smallest unit where `minor` says so."""

    value: Any
    currency: Any = None
    minor: bool = False
    line: int = 0


@dataclass(slots=True)
class RawChoice:
    key: str
    name: str
    price: Price | None = None
    default: bool = False
    allergens: tuple[str, ...] = ()


@dataclass(slots=True)
class RawGroup:
    """`most` None is as many as there are; `absolute`: the choices' prices are the item's own."""

    key: str
    name: str
    line: int
    choices: list[RawChoice] = field(default_factory=list[RawChoice])
    least: Any = 0
    most: Any = None
    repeat: int = 1
    absolute: bool = False


@dataclass(slots=True)
class RawItem:
    key: str
    name: str
    line: int
    description: str = ""
    price: Price | None = None
    groups: list[RawGroup] = field(default_factory=list[RawGroup])
    allergens: tuple[str, ...] = ()
    diets: tuple[str, ...] = ()
    note: str = ""
    """May be allergens or any other words."""
    station: str = ""
    seconds: Any = None
    tax: Any = None
    age: Any = None
    served: tuple[str, str] | None = None
    fulfilments: tuple[str, ...] = ()


@dataclass(slots=True)
class RawSection:
    key: str
    name: str
    line: int
    description: str = ""
    items: list[RawItem] = field(default_factory=list[RawItem])


@dataclass(frozen=True, slots=True)
class Finding:
    """A defect, or (`defect` False) something left out or assumed that need not be mended."""

    code: str
    detail: str
    repair: str
    line: int = 0
    section: str = ""
    item: str = ""
    field: str = ""
    defect: bool = True


@dataclass(slots=True)
class RawMenu:
    format: str
    sections: list[RawSection] = field(default_factory=list[RawSection])
    findings: list[Finding] = field(default_factory=list[Finding])

    def told(self, code: str, detail: str, repair: str, **where: Any) -> None:
        self.findings.append(Finding(code, detail, repair, defect=False, **where))

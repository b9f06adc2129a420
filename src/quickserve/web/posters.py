"""A poster for an event without a picture: drawn from its id, the same one every time.

Four families (discs, spikes, arcs, dashes) and two more (tiles, waves), each in one of ten
palettes. The picture is decorative: 16:9, no text, under 4 KB.
"""

from collections.abc import Callable
from hashlib import shake_256
from typing import Final
from xml.sax.saxutils import escape

WIDTH: Final = 320
HEIGHT: Final = 180
# ground, then two colours that stand on it
PALETTES: Final = (
    ("#17423a", "#f2d04f", "#f4704f"),
    ("#26316b", "#f39c6b", "#b4c0f5"),
    ("#4b1d3f", "#ee8aa5", "#f5dc8c"),
    ("#1b3945", "#7fd9c9", "#efe9d5"),
    ("#32235a", "#f2d04f", "#b79ff0"),
    ("#5c281c", "#f2a587", "#f5e6cc"),
    ("#0d2b45", "#ffd84a", "#ff8a6b"),
    ("#204b2a", "#c8e06a", "#f4efdc"),
    ("#0b5a5e", "#f7b267", "#f4e3c1"),
    ("#7d1f3c", "#ffd1dc", "#f7a072"),
)


class _Dice:
    """A stream of bounded integers that hangs on the seed alone, on every platform for ever."""

    def __init__(self, seed: str) -> None:
        self._stream = iter(shake_256(seed.encode()).digest(4096))

    def between(self, low: int, high: int) -> int:
        """An integer in [low, high]; two bytes of the stream."""
        value = next(self._stream) << 8 | next(self._stream)
        return low + value % (high - low + 1)


def poster_svg(seed: str, title: str) -> str:
    """A whole SVG document. `seed`: the event's id; `title`: its name, for those who open it."""
    dice = _Dice(seed)
    ground, first, second = PALETTES[dice.between(0, len(PALETTES) - 1)]
    draw = _FAMILIES[dice.between(0, len(_FAMILIES) - 1)]
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}"'
        f' preserveAspectRatio="xMidYMid slice"><title>{escape(title[:200])}</title>'
        f'<path fill="{ground}" d="M0 0h{WIDTH}v{HEIGHT}H0z"/>'
        f"{draw(dice, ground, first, second)}</svg>"
    )


def _discs(dice: _Dice, ground: str, first: str, second: str) -> str:
    """Balloons that bite into each other: now and then one in the colour of the ground."""
    colours = (first, second, first, ground, first, second, first, ground)
    circles = [
        f'<circle cx="{dice.between(0, WIDTH)}" cy="{dice.between(0, HEIGHT)}"'
        f' r="{dice.between(14, 58)}" fill="{colour}"/>'
        for colour in colours
    ]
    low = f'<circle cx="{dice.between(90, 230)}" cy="{dice.between(140, 180)}" r="62"'
    return f'{"".join(circles)}{low} fill="{first}"/>'


def _spikes(dice: _Dice, _ground: str, first: str, second: str) -> str:
    count = dice.between(11, 17)
    step = WIDTH / count
    paths = {first: "", second: ""}
    for index in range(count):
        left, height = index * step, dice.between(50, 172)
        colour = first if dice.between(0, 1) else second
        paths[colour] += f"M{left:.1f} {HEIGHT}l{step / 2:.1f}-{height}l{step / 2:.1f} {height}z"
    return "".join(f'<path fill="{colour}" d="{d}"/>' for colour, d in paths.items())


def _arcs(dice: _Dice, ground: str, first: str, second: str) -> str:
    x, y = dice.between(60, 260), dice.between(120, 175)
    colours = (first, ground, second, ground) if dice.between(0, 1) else (first, second, ground)
    width = dice.between(10, 15)
    outer = dice.between(11, 15)
    return "".join(
        f'<circle cx="{x}" cy="{y}" r="{ring * width}" fill="{colours[ring % len(colours)]}"/>'
        for ring in range(outer, 0, -1)
    )


def _dashes(dice: _Dice, _ground: str, first: str, second: str) -> str:
    paths = {first: "", second: ""}
    for _ in range(64):
        x, y = dice.between(-20, WIDTH), dice.between(0, 29) * 6 + 1
        length, height = dice.between(10, 48), dice.between(4, 9)
        colour = first if dice.between(0, 2) else second
        paths[colour] += f"M{x} {y}h{length}v{height}h-{length}z"
    return "".join(f'<path fill="{colour}" d="{d}"/>' for colour, d in paths.items())


def _tiles(dice: _Dice, _ground: str, first: str, second: str) -> str:
    """Quarter discs on a grid of 40, each turned its own way."""
    size = 40
    paths = {first: "", second: ""}
    for x in range(0, WIDTH, size):
        for y in range(-10, HEIGHT, size):
            corner, colour = dice.between(0, 5), (first, second)[dice.between(0, 1)]
            if corner > 3:  # noqa: PLR2004 - two of six tiles stay empty
                continue
            right, down = corner in (1, 2), corner in (2, 3)
            ox, oy = x + size * right, y + size * down
            h, v = (-size if right else size), (-size if down else size)
            sweep = 1 if right == down else 0
            paths[colour] += f"M{ox} {oy}h{h}a{size} {size} 0 0 {sweep} {-h} {v}z"
    return "".join(f'<path fill="{colour}" d="{d}"/>' for colour, d in paths.items())


def _waves(dice: _Dice, ground: str, first: str, second: str) -> str:
    colours = (first, second, ground)
    length, lift = dice.between(40, 80), dice.between(14, 34)
    waves: list[str] = []
    for index, top in enumerate(range(dice.between(30, 60), HEIGHT + lift, 22)):
        start = -dice.between(0, length * 2)
        bends = f"t{length} 0" * ((WIDTH - start) // length)
        waves.append(
            f'<path fill="{colours[index % 3]}" d="M{start} {top}q{length / 2:g}-{lift} {length} 0'
            f'{bends}V{HEIGHT}H{start}z"/>'
        )
    return "".join(waves)


_FAMILIES: Final[tuple[Callable[[_Dice, str, str, str], str], ...]] = (
    _discs, _spikes, _arcs, _dashes, _tiles, _waves,
)  # fmt: skip

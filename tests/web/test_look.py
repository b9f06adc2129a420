"""The look keeps its promises: contrast in both themes, weight, and nothing that CSP forbids."""

import gzip
import re
from itertools import product

import pytest

from quickserve.web.templating import STATIC, TEMPLATES

CSS = (STATIC / "app.css").read_text()
TEXT_MIN = 4.5  # WCAG 2.2, 1.4.3 and 1.4.11
PART_MIN = 3.0
VALUE = re.compile(r"--([\w-]+): (?:light-dark\((#\w+), (#\w+)\)|(#\w+));")


def tokens():
    """{name: (light, dark)}; the first mention, so not the fallback for older browsers."""
    found: dict[str, tuple[str, str]] = {}
    for name, light, dark, both in VALUE.findall(CSS):
        found.setdefault(name, (both or light, both or dark))
    return found


def luminance(colour):
    digits = colour[1:] if len(colour) == 7 else "".join(2 * digit for digit in colour[1:])
    channels = [int(digits[at : at + 2], 16) / 255 for at in (0, 2, 4)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one, other):
    dark, light = sorted((luminance(one), luminance(other)))
    return (light + 0.05) / (dark + 0.05)


PAIRS = [
    *product(["ink", "muted", "coral", "go"], ["paper", "card"], [TEXT_MIN]),
    *product(["on-pine", "on-pine-soft", "lemon"], ["pine", "pine-raised"], [TEXT_MIN]),
    ("on-lemon", "lemon", TEXT_MIN),
    ("on-lemon", "lemon-deep", TEXT_MIN),
    *product(["edge"], ["paper", "card"], [PART_MIN]),
]


@pytest.mark.parametrize("theme", [0, 1], ids=["light", "dark"])
@pytest.mark.parametrize(("front", "back", "least"), PAIRS)
def test_words_and_borders_stand_out(front, back, least, theme):
    values = tokens()
    assert contrast(values[front][theme], values[back][theme]) >= least


@pytest.mark.parametrize("verdict", ["verdict-go", "verdict-no"])
def test_a_verdict_is_read_from_afar(verdict):
    assert contrast(tokens()[verdict][0], "#ffffff") >= TEXT_MIN


def test_older_browsers_get_the_same_colours():
    values = tokens()
    fallback = CSS[CSS.index("@supports not (color: light-dark") : CSS.index("@layer base {")]
    light, dark = fallback.split(".always-dark {")
    for theme, text in enumerate((light, dark)):
        for name, value in re.findall(r"--([\w-]+): (#\w+);", text):
            assert values[name][theme] == value, name


@pytest.mark.parametrize(("name", "most"), [("app.css", 15_000), ("app.js", 6_000)])
def test_assets_stay_light(name, most):
    assert len(gzip.compress((STATIC / name).read_bytes(), mtime=0)) <= most


def test_public_script_stays_within_its_budget():
    files = [STATIC / "app.js", STATIC / "vendor/htmx.org-4.0.1/htmx.min.js"]
    assert sum(len(gzip.compress(file.read_bytes(), mtime=0)) for file in files) <= 25_000


def test_shadows_are_for_focus_only():
    for rule in re.findall(r"box-shadow: ([^;]+);", CSS):
        assert rule in ("0 0 0 6px var(--pine)", "none")
    assert "linear-gradient" not in CSS


# A block of linked data is no script: browsers never execute it.
SCRIPT = r"""<script(?![^>]*\ssrc=)(?! type="application/ld\+json">)"""
INLINE = re.compile(rf"""\sstyle=|\son[a-z]+=["']|<style|{SCRIPT}|javascript:""")


@pytest.mark.parametrize("path", sorted(TEMPLATES.rglob("*.html")), ids=lambda path: path.name)
def test_templates_have_nothing_inline(path):
    text = re.sub(r"\{#.*?#\}", "", path.read_text(), flags=re.DOTALL)
    assert INLINE.search(text) is None
    assert "|safe" not in text
    assert re.search(r"""(src|srcset|<link[^>]*href)=["']?https?:""", text) is None

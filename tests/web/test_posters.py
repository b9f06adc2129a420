from xml.etree import ElementTree as ET

import pytest

from quickserve.web.posters import poster_svg

SVG = "{http://www.w3.org/2000/svg}"


def test_an_event_has_the_same_poster_every_time():
    assert poster_svg("0198-gala", "Gala") == poster_svg("0198-gala", "Gala")


def test_events_have_different_posters():
    drawn = {poster_svg(str(seed), "Gala") for seed in range(200)}
    assert len(drawn) == 200


def test_every_family_and_palette_is_drawn_small_and_valid():
    grounds: set[str | None] = set()
    for seed in range(600):
        text = poster_svg(str(seed), "Gala")
        assert len(text.encode()) < 4096
        root = ET.fromstring(text)
        assert root.get("viewBox") == "0 0 320 180"
        grounds.add(root[1].get("fill"))
    assert len(grounds) == 10


@pytest.mark.parametrize("title", ["<script>x</script>", 'a & b "c"', "é🎺", "x" * 5000])
def test_a_title_stays_text(title):
    root = ET.fromstring(poster_svg("seed", title))
    assert root[0].text == title[:200]
    assert root.find(f".//{SVG}script") is None

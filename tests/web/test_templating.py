import re

import pytest
from jinja2 import UndefinedError
from tests.web.small_site import Site

from quickserve.web import templating
from quickserve.web.charts import Series, chart


async def test_a_page_may_load_its_own_files_only():
    async with Site().client() as visitor:
        headers = (await visitor.get("/fr/")).headers
    policy = headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "script-src 'self';" in policy
    assert "unsafe" not in policy
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "same-origin"
    assert "camera=()" in headers["permissions-policy"]


def test_only_the_door_may_use_the_camera():
    headers = templating.security_headers(camera=True)
    assert "camera=(self)" in headers["Permissions-Policy"]
    assert "script-src 'self' 'wasm-unsafe-eval';" in headers["Content-Security-Policy"]
    assert "media-src 'self' blob:" in headers["Content-Security-Policy"]


async def test_a_page_names_itself_in_both_languages():
    async with Site().client() as visitor:
        text = (await visitor.get("/en/?q=a%26b")).text
    assert '<link rel="alternate" hreflang="en" href="/en/?q=a%26b">' in text
    assert '<link rel="alternate" hreflang="fr" href="/fr/?q=a%26b">' in text
    assert 'href="/fr/?q=a%26b&amp;lang=fr"' in text or 'href="/fr/?q=a%26b&lang=fr"' in text


async def test_strangers_words_stay_words():
    async with Site().client() as visitor:
        text = (await visitor.get("/fr/?wrong&q=%22%3E%3Cscript%3E")).text
    assert "Bal &lt;b&gt;" in text
    assert "><script>" not in text


async def test_an_error_is_tied_to_its_field():
    async with Site().client() as visitor:
        text = (await visitor.get("/fr/?wrong")).text
    assert "Une réponse est à revoir" in text
    assert '<a href="#email">Adresse e-mail</a>' in text
    field = re.search(r'<input type="email"[^>]*>', text)
    assert field is not None
    assert 'aria-describedby="email-hint email-error"' in field[0]
    assert 'aria-invalid="true"' in field[0]
    assert 'autocomplete="email"' in field[0]


async def test_without_a_script_no_total_and_no_countdown_is_claimed():
    async with Site().client() as visitor:
        text = (await visitor.get("/fr/")).text
    assert '<p class="paybar-total" hidden>' in text
    assert re.search(r"gardées <b data-countdown>jusqu’à \d+\sh\s\d\d</b>", text)


def test_a_forgotten_value_is_our_bug():
    with pytest.raises(UndefinedError):
        templating.environment("fr").from_string("{{ nothing_given }}").render()


def test_an_unknown_asset_is_our_bug():
    with pytest.raises(FileNotFoundError):
        templating.static("gone.css")


def test_vendored_assets_carry_their_version_in_the_path():
    path = "vendor/htmx.org-4.0.1/htmx.min.js"
    assert templating.static(path) == f"/static/{path}"


@pytest.mark.parametrize(
    ("values", "lines"),
    [
        ([0], ["1"]),
        ([3, 4], ["1", "2", "3", "4"]),
        ([160, 12], ["50", "100", "150", "200"]),
        ([1001], ["500", "1000", "1500"]),
    ],
)
def test_a_chart_has_few_round_lines(values, lines):
    drawn = chart(["h"] * len(values), Series("Ventes", values))
    assert [mark.text for mark in drawn.lines] == lines


def test_a_chart_fills_its_width_and_labels_some_bars():
    labels = [f"{hour} h" for hour in range(48)]
    drawn = chart(labels, Series("Ventes", [7] * 48), Series("Entrées", [0] * 47 + [8]))
    assert drawn.marks[1].text == "6 h"
    assert len(drawn.marks) == 8
    assert drawn.line.endswith("98.96,0.00")
    assert drawn.rows[-1] == ("47 h", 7, 8)

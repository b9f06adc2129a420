import pytest
from tests.web.small_site import Site


@pytest.fixture
def site():
    return Site()


async def test_a_page_without_a_language_leads_to_the_one_the_browser_asks_for(site):
    async with site.client() as visitor:
        answer = await visitor.get("/?q=caf%C3%A9&page=2", headers={"Accept-Language": "en"})
    assert answer.status_code == 307
    assert answer.headers["location"] == "/en/?q=caf%C3%A9&page=2"
    assert "Accept-Language" in answer.headers["vary"]


async def test_a_chosen_language_is_kept_and_the_page_stays(site):
    async with site.client() as visitor:
        answer = await visitor.get("/fr/?q=bal&lang=en")
        assert answer.status_code == 303
        assert answer.headers["location"] == "/en/?q=bal"
        assert '<html lang="en"' in (await visitor.get("/")).text


async def test_a_chosen_theme_is_kept_without_javascript(site):
    async with site.client() as visitor:
        assert "data-theme" not in (await visitor.get("/fr/")).text
        answer = await visitor.get("/fr/?q=bal&theme=dark")
        assert answer.headers["location"] == "/fr/?q=bal"
        assert '<html lang="fr" data-theme="dark">' in (await visitor.get("/fr/")).text


@pytest.mark.parametrize("query", ["lang=xx", "theme=%22%3E%3Cscript%3E", "theme=dark%00"])
async def test_an_unknown_choice_changes_nothing(site, query):
    async with site.client() as visitor:
        answer = await visitor.get(f"/fr/?{query}")
    assert answer.status_code == 200
    assert "set-cookie" not in answer.headers
    assert "<script>" not in answer.text


@pytest.mark.parametrize("cookie", ["theme=neon", 'theme="><script>', "lang=../../etc"])
async def test_a_tampered_cookie_is_ignored(site, cookie):
    async with site.client() as visitor:
        answer = await visitor.get("/fr/", headers={"Cookie": cookie})
    assert answer.status_code == 200
    assert "data-theme" not in answer.text


async def test_a_redirect_never_leaves_the_site(site):
    async with site.client() as visitor:
        for path in ("//evil.example/", "/fr//evil.example/?lang=en", "/%5Cevil.example/"):
            answer = await visitor.get(f"http://quickserve.test{path}")
            location = answer.headers.get("location", "/fr/")
            assert location.startswith(("/fr/", "/en/"))


async def test_a_form_is_answered_where_it_was_sent(site):
    async with site.client() as visitor:
        assert (await visitor.post("/en/sent")).text == "sent in English"
        assert (await visitor.post("/sent")).text == "sent in Français"


async def test_assets_carry_no_language_and_are_kept(site):
    async with site.client() as visitor:
        page = await visitor.get("/fr/")
        start = page.text.index("/static/app.css")
        address = page.text[start : page.text.index('"', start)]
        kept = await visitor.get(address)
        assert kept.headers["cache-control"] == "public, max-age=31536000, immutable"
        bare = await visitor.get("/static/app.css")
        assert bare.headers["cache-control"] == "no-cache"
        assert (await visitor.get("/static/%2e%2e/templating.py")).status_code == 404

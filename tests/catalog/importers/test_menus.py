"""Menus of other systems arrive whole, and what is wrong with one is told line by line."""

import json
from decimal import Decimal
from typing import Any

import pytest

from quickserve.catalog import menu_rules
from quickserve.catalog.importers import ImportRefused
from quickserve.catalog.importers.menus import read
from quickserve.catalog.importers.menus.model import Price
from quickserve.catalog.importers.menus.prices import money
from quickserve.catalog.importers.model import EntryError
from tests.catalog.importers.menus import codes, items, read_json, read_text, target

CSV = """\ufeffRubrique;Plat;Prix;Allergènes;Régime;Poste;Secondes;TVA;Choix
Grillades;Merguez-frites;8,50 €;gluten, moutarde;;grill;90;10;Sauces 0-2: Mayo +0,50 | Harissa
Grillades;Œuf mayo;4,00;œufs;végétarien;;;;
Boissons;Citronnade;3;aucun;vegan;;;5,5;
"""


def test_a_spreadsheet_with_semicolons_and_decimal_commas():
    built = read_text(CSV)
    assert codes(built) == []
    found = items(built)
    merguez, egg, drink = found.values()
    assert (merguez.price.minor, merguez.station, merguez.ready_seconds) == (850, "grill", 90)
    assert (merguez.allergens, merguez.tax_rate_bp) == (["gluten", "mustard"], 1000)
    (group,) = built.menu.groups
    assert (group.name, group.min, group.max) == ("Sauces", 0, 2)
    assert [(one.name, one.price.minor) for one in group.modifiers] == [
        ("Mayo", 50),
        ("Harissa", 0),
    ]
    assert (egg.allergens, egg.diets, egg.station) == (["eggs"], ["vegetarian"], "grill")
    assert (drink.station, drink.ready_seconds, drink.tax_rate_bp) == ("bar", 20, 550)
    assert {"work-assumed", "tax-assumed"} <= {*codes(built, defect=False)}


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "cp1252"])
def test_whatever_the_encoding(encoding: str):
    text = CSV if encoding != "cp1252" else CSV.lstrip("\ufeff")
    assert items(read_text(text.encode(encoding))).keys() == items(read_text(CSV)).keys()


def test_the_same_file_has_the_same_ids():
    assert read_text(CSV).menu == read_text(CSV).menu


def test_what_the_organiser_set_is_kept_at_the_next_import():
    first = read_text(CSV).menu
    slow = first.sections[0].items[1].model_copy(update={"ready_seconds": 300, "age_min": 18})
    first.sections[0].items[1] = slow
    again = read(CSV.encode(), target(before=first)).menu
    assert again.sections[0].items[1] == slow


def test_every_defect_is_told_with_its_line_and_the_fix():
    built = read_text(
        "section,name,price,currency,allergens\n"
        "Main,,5,,\n"
        "Main,Soup,,,\n"
        "Main,Fish,12,USD,\n"
        "Main,Steak,-3,,\n"
        "Main,Pie,4,,kryptonite\n"
        "Main,Pie,4,,\n"
        "Main,Rice,99999999999999999999,,\n"
        "Main,Bread,1.234567,,\n"
        "Main,Tea,two,,\n"
        "Main,Cake,3,EURO,\n"
        "Main\n"
    )
    assert [(one.line, one.code) for one in built.findings if one.defect] == [
        (12, "broken-row"), (2, "missing-name"), (3, "missing-price"), (4, "wrong-currency"),
        (5, "negative-price"), (6, "unknown-allergen"), (7, "duplicate"), (8, "price-too-large"),
        (9, "price-too-fine"), (10, "price-unreadable"), (11, "unknown-currency"),
    ]  # fmt: skip
    assert all(one.repair for one in built.findings)


def test_schema_org_in_a_restaurants_page():
    menu: dict[str, Any] = {
        "@type": "Menu",
        "name": "Carte",
        "hasMenuSection": [
            {
                "@type": "MenuSection", "name": "Dinner",
                "hasMenuSection": {
                    "@type": "MenuSection", "name": "Starters",
                    "hasMenuItem": [
                        {
                            "@type": "MenuItem", "name": "Potato skins",
                            "offers": {"@type": "Offer", "price": "7.49", "priceCurrency": "EUR"},
                            "suitableForDiet": "https://schema.org/GlutenFreeDiet",
                        },
                        {
                            "@type": "MenuItem", "name": "Soup",
                            "suitableForDiet": ["VeganDiet", "http://schema.org/DiabeticDiet"],
                            "offers": [
                                {"@type": "Offer", "name": "Small", "price": 4},
                                {"@type": "Offer", "name": "Large", "price": "6,50 €"},
                            ],
                        },
                    ],
                },
                "hasMenuItem": {"@id": "#steak"},
            }
        ],
    }  # fmt: skip
    steak = {
        "@type": "MenuItem", "@id": "#steak", "name": "Steak &amp; chips",
        "offers": {"priceSpecification": {"price": 21.5, "priceCurrency": "EUR"}},
        "menuAddOn": {"@type": "MenuItem", "name": "Sauce", "offers": {"price": "1"}},
    }  # fmt: skip
    graph = {"@context": "https://schema.org", "@graph": [
        {"@type": "Restaurant", "name": "R", "hasMenu": menu}, steak,
    ]}  # fmt: skip
    page = f'<html><script type="application/ld+json">\n{json.dumps(graph)}\n</script></html>'
    for built in (read_json(graph), read_text(page)):
        found = items(built)
        assert codes(built) == []
        assert [one.name for one in built.menu.sections] == ["Dinner", "Starters"]
        assert {name: item.price.minor for name, item in found.items()} == {
            "Steak & chips": 2150, "Potato skins": 749, "Soup": 400,
        }  # fmt: skip
        assert found["Potato skins"].diets == ["gluten-free"]
        assert found["Soup"].diets == ["vegan"]
        sizes, addons = sorted(built.menu.groups, key=lambda group: -group.min)
        assert [(m.name, m.price.minor) for m in sizes.modifiers] == [("Small", 0), ("Large", 250)]
        assert (addons.min, addons.modifiers[0].price.minor) == (0, 100)
        assert "diet-ignored" in codes(built, defect=False)


def test_a_square_catalogue_with_variations_and_limits():
    def obj(kind: str, id_: str, **data: Any) -> dict[str, Any]:
        return {"type": kind, "id": id_, f"{kind.lower()}_data": data}

    def priced(amount: Any) -> dict[str, Any]:
        return {"amount": amount, "currency": "USD"}

    objects = [
        obj("CATEGORY", "C", name="Lunch"),
        obj("MODIFIER_LIST", "L", name="Sauce", selection_type="MULTIPLE", modifiers=[
            obj("MODIFIER", "m1", name="Mayo", price_money=priced(50)),
            obj("MODIFIER", "m2", name="Ketchup"),
            obj("MODIFIER", "m3", name="BBQ", price_money=priced("75")),
        ]),
        obj("ITEM", "I", name="Burger", categories=[{"id": "C"}],
            variations=[
                obj("ITEM_VARIATION", "v1", name="Double", price_money=priced(1400)),
                obj("ITEM_VARIATION", "v2", name="Single", price_money=priced(1000)),
            ],
            modifier_list_info=[{
                "modifier_list_id": "L", "min_selected_modifiers": 1, "max_selected_modifiers": 2,
                "modifier_overrides": [{"modifier_id": "m2", "on_by_default": True}],
            }]),
        obj("ITEM", "P", name="Priced at the till", variations=[
            obj("ITEM_VARIATION", "v3", name="Any", pricing_type="VARIABLE_PRICING")]),
        obj("ITEM", "G", name="Gone", variations=[]) | {"is_deleted": True},
    ]  # fmt: skip
    for shape in ({"objects": objects}, objects, {"#x": {"data": objects}}):
        built = read_json(shape, "USD")
        assert codes(built) == []
        (burger,) = items(built).values()
        assert (burger.price.minor, built.menu.sections[0].name) == (1000, "Lunch")
        size, sauce = built.menu.groups
        assert [(one.name, one.price.minor) for one in size.modifiers] == [
            ("Double", 400), ("Single", 0),
        ]  # fmt: skip
        assert (size.min, size.max, sauce.min, sauce.max) == (1, 1, 1, 2)
        assert [one.name for one in sauce.modifiers if one.default] == ["Ketchup"]
        assert {"price-open", "not-for-sale"} <= {*codes(built, defect=False)}


def test_tastyigniters_answers_and_its_data_files():
    options = [
        {"option_name": "Size", "display_type": "radio", "option_values": [
            {"name": "Large", "price": 2, "priority": 2}, {"name": "Small", "price": 0},
        ]},
    ]  # fmt: skip
    menus = [{
        "menu_id": 3, "menu_name": "Ata rice", "menu_price": 11.99, "menu_status": 1,
        "menu_options": ["Size"], "categories": ["Mains"], "order_restriction": ["delivery"],
        "allergens": [{"name": "Peanuts"}, {"name": "Milk", "status": False}],
        "mealtimes": [{"start_time": "12:00:00", "end_time": "15:00:00"}],
    }]  # fmt: skip
    built = read_json({"menus": menus, "menu_options": options})
    (rice,) = items(built).values()
    assert codes(built) == []
    assert (rice.price.minor, rice.allergens, rice.fulfilments) == (1199, ["peanuts"], ["delivery"])
    assert rice.served is not None
    assert (built.menu.groups[0].max, built.menu.groups[0].modifiers[0].name) == (1, "Small")
    linked = {
        "data": [{"type": "menus", "id": "3",
                  "attributes": {"menu_name": "Ata rice", "menu_price": "11.9900"},
                  "relationships": {"categories": {"data": [{"type": "categories", "id": "9"}]}}}],
        "included": [{"type": "categories", "id": "9", "attributes": {"name": "Mains"}}],
    }  # fmt: skip
    built = read_json(linked)
    assert (built.menu.sections[0].name, items(built)["Ata rice"].price.minor) == ("Mains", 1199)


@pytest.mark.parametrize(
    ("written", "minor"),
    [
        ("12,00€", 1200), ("€ 12.50", 1250), ("1 234,50 €", 123450), ("1.234,50", 123450),
        ("1,234.50", 123450), ("12€50", 1250), ("EUR 7", 700), ("gratuit", 0), ("0", 0),
        ("7.–", None), (Decimal("4.990"), 499), (4, 400), ("1e3", None), (True, None),
        (Decimal("1e400"), None), ("٣", None), ("-2", -200), ("$5", None), ("12/15", None),
    ],
)  # fmt: skip
def test_prices_as_people_write_them(written: Any, minor: int | None):
    if minor is None:
        with pytest.raises(EntryError):
            money(Price(written), "EUR")
    else:
        assert money(Price(written), "EUR").minor == minor


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "empty"), (b"PK\x03\x04", "binary"), (b'{"items": [{"name": "a", "pri', None),
        (b"[" * 100_000 + b"]" * 100_000, "too-deep"),
        (b"name,colour\nTea,green\n", "missing-column"),
        (b'{"@type": "Person", "name": "x"}', "no-menu"), (b"[]", "no-menu"), (b"{}", "no-menu"),
        (b'{"name": "a", "price": ' + b"9" * 5000 + b"}", "malformed-json"),
        (b'{"items": [{"name": "a", "price": NaN}]}', "malformed-json"),
        (b"name;price\n" + b"a;1\n" * 20_001, "too-many-entries"),
        (b" " * (6 * 2**20), "too-large"),
        (b"name,price\n" + b"".join(b"%d,1\n" % n for n in range(2001)), "too-many-entries"),
    ],
)  # fmt: skip
def test_what_is_no_menu_is_refused(content: bytes, code: str | None):
    with pytest.raises(ImportRefused) as refused:
        read_text(content)
    assert code in (None, refused.value.code)


def test_sections_in_sections_without_end():
    inner: dict[str, Any] = {"@type": "MenuSection", "name": "x"}
    for _ in range(50):
        inner = {"@type": "MenuSection", "name": "x", "hasMenuSection": inner}
    with pytest.raises(ImportRefused):
        read_json({"@type": "Menu", "name": "m", "hasMenuSection": inner})
    circle = {"@type": "Menu", "@id": "a", "name": "m", "hasMenuSection": [{"@id": "a"}],
              "hasMenuItem": {"name": "Tea", "offers": {"price": 2}}}  # fmt: skip
    assert items(read_json(circle)).keys() == {"Tea"}


@pytest.mark.parametrize(
    "word", ["\ud800", "\u202egnp", "a\x00b", "<b>Tea</b>", "𝕿𝖊𝖆 ☕️", "x" * 5000]
)
def test_hostile_names_are_made_plain(word: str):
    built = read_json({"items": [{"name": word, "price": 1, "id": word}]})
    for item in items(built).values():
        assert item.name.isprintable() or "☕" in item.name
        assert len(item.name) <= 200
        assert menu_rules.defects(built.menu, target().stand) == []


def test_headings_between_dishes_begin_sections():
    built = read_text("plat;prix\nEntrées;\nSoupe;6\nPlats;\nBar;18\n")
    assert [(one.name, one.items[0].name) for one in built.menu.sections] == [
        ("Entrées", "Soupe"), ("Plats", "Bar"),
    ]  # fmt: skip


def test_notes_that_are_allergens_and_notes_that_are_not():
    built = read_json({"menuJSON": [{"title": "Carte", "items": [
        {"subTitle": "Entrées"},
        {"name": "Salade", "price": "12,00€", "note": "Fruit à coque, Mollusques"},
        {"name": "Dégustation", "price": "59,00€", "note": "au dîner seulement"},
    ]}]})  # fmt: skip
    found = items(built)
    assert built.menu.sections[0].name == "Entrées"
    assert found["Salade"].allergens == ["nuts", "molluscs"]
    assert found["Dégustation"].description == "au dîner seulement"


def test_the_same_choice_twice_is_told():
    built = read_text('name,price,choices\nTea,2,"Milk 0-1: Cow | Oat | Cow"\n')
    assert [(one.line, one.code, one.item) for one in built.findings if one.defect] == [
        (2, "duplicate", "Tea")
    ]
    assert [one.name for one in built.menu.groups[0].modifiers] == ["Cow", "Oat"]

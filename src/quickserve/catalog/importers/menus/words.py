"""Allergens, diets and kinds of work in the words of menus, English and French and some others."""

import re

from quickserve.catalog.importers.text import folded
from quickserve.contracts.menus import Allergen, Diet, Station

_ALLERGENS: dict[Allergen, str] = {
    "gluten": "gluten wheat rye barley oats spelt cereals cereals_containing_gluten ble seigle orge"
    " avoine epeautre cereales cereales_contenant_du_gluten weizen trigo glutine",
    "crustaceans": "crustaceans crustacean crustaces crustace shellfish crab lobster prawn prawns"
    " shrimp krebstiere crustaceos",
    "eggs": "eggs egg oeuf oeufs uf ufs eier ei huevo huevos uova",
    "fish": "fish poisson poissons fisch pescado pesce",
    "peanuts": "peanuts peanut arachide arachides cacahuete cacahuetes erdnusse erdnuss cacahuate",
    "soy": "soy soya soja soybean soybeans soybeans_and_products",
    "milk": "milk dairy lait laits lactose lait_lactose produits_laitiers milch leche latte",
    "nuts": "nuts nut tree_nuts tree_nut treenuts fruits_a_coque fruit_a_coque fruits_a_coques"
    " noix noisette noisettes amande amandes pistache pistaches almond almonds hazelnut hazelnuts"
    " walnut walnuts cashew cashews nusse schalenfruchte frutos_secos",
    "celery": "celery celeri sellerie apio",
    "mustard": "mustard moutarde senf mostaza",
    "sesame": "sesame sesame_seeds sesame_seed graines_de_sesame sesam sesamo",
    "sulphites": "sulphites sulfites sulphite sulfite sulphur_dioxide sulfur_dioxide"
    " anhydride_sulfureux sulphur_dioxide_and_sulphites anhydride_sulfureux_et_sulfites so2",
    "lupin": "lupin lupins lupine lupinen altramuces",
    "molluscs": "molluscs mollusks mollusc mollusk mollusque mollusques weichtiere moluscos",
}
_DIETS: dict[Diet, str] = {
    "vegetarian": "vegetarian vegetariandiet vegetarien vegetarienne veggie veg v vegetarisch",
    "vegan": "vegan vegandiet vegane vegetalien vegetalienne vegetal ve vg",
    "halal": "halal halaldiet",
    "kosher": "kosher kosherdiet casher cacher",
    "gluten-free": "gluten_free glutenfreediet glutenfree sans_gluten gf glutenfrei",
    "lactose-free": "lactose_free lactosefree lowlactosediet sans_lactose dairy_free lf",
}
_OF_ALLERGEN: dict[str, Allergen] = {
    word: name for name, words in _ALLERGENS.items() for word in words.split()
}
_OF_DIET: dict[str, Diet] = {word: name for name, words in _DIETS.items() for word in words.split()}
_NUMBERED: tuple[Allergen, ...] = (
    "gluten", "crustaceans", "eggs", "fish", "peanuts", "soy", "milk", "nuts", "celery", "mustard",
    "sesame", "sulphites", "lupin", "molluscs",
)  # fmt: skip
_NONE = frozenset(("none", "aucun", "aucune", "no", "non", "n_a", "na", "sans", "nil", "keine"))
_LEADS = re.compile(
    r"^(?:contains?|contient|may_contain|traces?(?:_de|_of)?|allergenes?|allergens?|enthalt"
    r"|presence_de|de_la|des|du|de|le|la|les|l)_"
)
_DRINKS_SAID = (
    "drink drinks beverage beverages bar beer beers wine wines cocktail cocktails soda sodas juice"
    " juices coffee coffees tea teas boisson boissons biere bieres vin vins cafe cafes the thes jus"
    " sirop sirops pression pressions aperitif aperitifs digestifs spirits champagne champagnes"
    " getranke buvette softs soft limonade lemonade smoothie smoothies expresso espresso"
)
_COLD_SAID = (
    "dessert desserts salad salads salade salades sucre sweets sweet cake cakes pastry pastries"
    " glace glaces ice_cream sorbet sorbets sundae pint fromage fromages cheese cheeses gateau"
    " gateaux viennoiserie viennoiseries snack snacks"
)
_BAR_SAID = "bar boisson boissons drink drinks cafe coffee machine buvette barista"
_DRINKS, _COLD, _BAR = (frozenset(said.split()) for said in (_DRINKS_SAID, _COLD_SAID, _BAR_SAID))
DRINK_SECONDS, COLD_SECONDS, MADE_SECONDS = 20, 45, 120


def parts(text: str) -> tuple[str, ...]:
    """A list in one text: by commas, semicolons, slashes, `and`."""
    split = re.split(r"[,;/|•\n]+|\s+(?:et|and|und|&)\s+", text.strip().rstrip("."))
    return tuple(one.strip() for one in split if one.strip())


def allergen(word: str) -> Allergen | None:
    """By its name, or its number in annex II of EU regulation 1169/2011. "" is none."""
    said = folded(word.replace("œ", "oe").replace("Œ", "oe").replace("&", " "))
    if said.isdigit() and 1 <= int(said[:4]) <= len(_NUMBERED):
        return _NUMBERED[int(said[:4]) - 1]
    for _ in range(3):
        if said in _OF_ALLERGEN:
            return _OF_ALLERGEN[said]
        said = _LEADS.sub("", said)
    return None


def is_none(word: str) -> bool:
    return folded(word) in _NONE or not folded(word)


def diet(word: str) -> Diet | None:
    said = folded(word.rstrip("/").rpartition("/")[2])
    return _OF_DIET.get(said)


def work(
    section: str, item: str, stations: list[Station], *, near: str = ""
) -> tuple[str | None, int]:
    """Where it is made, and for how long: a guess by the words; nothing without stations."""
    if not stations:
        return None, 0
    words = {*folded(section).split("_"), *folded(near).split("_")}
    drink = bool(words & _DRINKS) or bool({*folded(item).split("_")[:1]} & _DRINKS)
    bars = [one for one in stations if _says_bar(one)]
    rest = [one for one in stations if one not in bars]
    if drink:
        return (bars or stations)[0].key, DRINK_SECONDS
    cold = bool(words & _COLD)
    return (rest or stations)[0].key, COLD_SECONDS if cold else MADE_SECONDS


def _says_bar(station: Station) -> bool:
    return bool({*folded(f"{station.key} {station.name}").split("_")} & _BAR)

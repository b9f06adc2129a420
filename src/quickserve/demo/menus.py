"""What the demo's stands serve: our own invention, at prices one meets. Names are their keys."""

from dataclasses import dataclass

from quickserve.contracts.menus import Allergen, Diet, Fulfilment

FOOD: dict[Fulfilment, int] = {"pickup": 1000, "seat": 1000, "table": 1000, "delivery": 1000}
FULL_RATE = 2000  # alcohol, and what is no food
ADULT = 18


@dataclass(frozen=True)
class Choice:
    """`price` in euros is added to the dish's."""

    name: str
    price: str = "0"
    allergens: tuple[Allergen, ...] = ()


@dataclass(frozen=True)
class Choices:
    """The first is chosen by default where one has to be."""

    name: str
    least: int
    most: int
    choices: tuple[Choice, ...]


@dataclass(frozen=True)
class Dish:
    """`seconds`: so long a cook at `station` makes one."""

    name: str
    price: str
    station: str = ""
    seconds: int = 0
    text: str = ""
    allergens: tuple[Allergen, ...] = ()
    diets: tuple[Diet, ...] = ()
    choices: tuple[str, ...] = ()
    adults: bool = False
    goods: bool = False


@dataclass(frozen=True)
class Card:
    sections: tuple[tuple[str, tuple[Dish, ...]], ...]
    choices: tuple[Choices, ...] = ()


_SAUCES = Choices(
    "Sauces", 0, 2,
    (
        Choice("Ketchup"), Choice("Moutarde", allergens=("mustard",)),
        Choice("Mayonnaise", allergens=("eggs", "mustard")), Choice("Harissa"),
    ),
)  # fmt: skip
_BREAD = Choices(
    "Pain", 1, 1,
    (Choice("Baguette", allergens=("gluten",)), Choice("Pain sans gluten", "1")),
)  # fmt: skip
_EXTRAS = Choices(
    "En plus", 0, 3,
    (
        Choice("Comté", "1.50", ("milk",)), Choice("Oignons grillés", "0.50"),
        Choice("Œuf au plat", "1", ("eggs",)),
    ),
)  # fmt: skip
_MILK = Choices(
    "Lait", 1, 1,
    (
        Choice("Lait de vache", allergens=("milk",)), Choice("Sans lait"),
        Choice("Boisson d'avoine", "0.50", ("gluten",)),
    ),
)  # fmt: skip
_GLASS = Choices("Verre", 1, 1, (Choice("25 cl"), Choice("50 cl", "3")))
_SIZE = Choices(
    "Taille", 1, 1, (Choice("M"), Choice("S"), Choice("L"), Choice("XL", "2"))
)  # fmt: skip
_DONENESS = Choices("Cuisson", 1, 1, (Choice("À point"), Choice("Saignant"), Choice("Bien cuit")))

GRILL = Card(
    (
        (
            "Grillades",
            (
                Dish("Merguez-baguette", "7", "grill", 90, "Deux merguez, oignons.",
                     choices=("Pain", "Sauces", "En plus")),
                Dish("Saucisse de Toulouse", "7.50", "grill", 100,
                     choices=("Pain", "Sauces", "En plus")),
                Dish("Halloumi et légumes", "8", "grill", 100, "Courgette, poivron, menthe.",
                     ("milk",), ("vegetarian",), ("Pain", "Sauces")),
            ),
        ),
        (
            "À côté",
            (
                Dish("Frites", "4", "friteuse", 45, "Coupées ici.", (), ("vegan", "vegetarian"),
                     ("Sauces",)),
                Dish("Falafels, les six", "6", "friteuse", 60, "", ("sesame",),
                     ("vegan", "vegetarian"), ("Sauces",)),
                Dish("Eau, 50 cl", "2"),
            ),
        ),
    ),
    (_BREAD, _SAUCES, _EXTRAS),
)  # fmt: skip
BAR = Card(
    (
        (
            "Pressions",
            (
                Dish("Blonde des Quais", "4", "bar", 20, "5 %.", ("gluten",), (), ("Verre",), True),
                Dish("IPA du phare", "4.50", "bar", 20, "6 %.", ("gluten",), (), ("Verre",), True),
            ),
        ),
        (
            "Verres",
            (
                Dish("Vin rouge, Faugères", "5", "bar", 15, "", ("sulphites",), (), (), True),
                Dish("Picpoul de Pinet", "5", "bar", 15, "", ("sulphites",), (), (), True),
            ),
        ),
        (
            "Sans alcool",
            (
                Dish("Citronnade maison", "3.50", "bar", 20, "", (), ("vegan", "vegetarian")),
                Dish("Sirop à l'eau", "2.50", "bar", 15, "", (), ("vegan", "vegetarian")),
                Dish("Eau pétillante", "2.50"),
            ),
        ),
    ),
    (_GLASS,),
)  # fmt: skip
COFFEE = Card(
    (
        (
            "Chaud",
            (
                Dish("Expresso", "2", "machine", 30, "", (), ("vegan", "vegetarian")),
                Dish("Cappuccino", "3.50", "machine", 60, choices=("Lait",)),
                Dish("Chocolat chaud", "4", "machine", 60, choices=("Lait",)),
            ),
        ),
        (
            "Sucré",
            (
                Dish("Cookie", "3", "", 0, "", ("gluten", "eggs", "milk"), ("vegetarian",)),
                Dish("Part de gâteau aux noix", "4.50", "", 0, "", ("gluten", "eggs", "nuts"),
                     ("vegetarian",)),
            ),
        ),
    ),
    (_MILK,),
)  # fmt: skip
GOODS = Card(
    (
        (
            "Souvenirs",
            (
                Dish("T-shirt de l'édition", "22", choices=("Taille",), goods=True),
                Dish("Affiche sérigraphiée", "15", text="50 × 70 cm, roulée.", goods=True),
                Dish("Gobelet gravé", "3", goods=True),
            ),
        ),
    ),
    (_SIZE,),
)  # fmt: skip
GROCER = Card(
    (
        (
            "Paniers",
            (
                Dish("Panier de saison", "18", "preparation", 120, "Légumes et fruits, 4 kg.",
                     (), ("vegan", "vegetarian")),
                Dish("Plateau de fromages", "24", "preparation", 180, "Pour quatre.", ("milk",),
                     ("vegetarian",)),
            ),
        ),
        (
            "Prêt à manger",
            (
                Dish("Lasagnes, deux parts", "16", "preparation", 60, "",
                     ("gluten", "milk", "eggs")),
                Dish("Curry de pois chiches", "12", "preparation", 60, "", ("sesame",),
                     ("vegan", "vegetarian")),
                Dish("Pain au levain", "5.50", "", 0, "", ("gluten",), ("vegan", "vegetarian")),
                Dish("Cidre brut, 75 cl", "9", "", 0, "", ("sulphites",), (), (), True),
            ),
        ),
    ),
)  # fmt: skip
BISTRO = Card(
    (
        (
            "Entrées",
            (
                Dish("Soupe de poisson", "9", "cuisine", 180, "Rouille et croûtons.",
                     ("fish", "gluten", "eggs", "crustaceans")),
                Dish("Tomates et burrata", "10", "cuisine", 120, "", ("milk",), ("vegetarian",)),
            ),
        ),
        (
            "Plats",
            (
                Dish("Entrecôte, pommes sautées", "24", "cuisine", 600, choices=("Cuisson",)),
                Dish("Daurade au four", "22", "cuisine", 540, "Fenouil, citron.", ("fish",)),
                Dish("Gnocchis aux herbes", "16", "cuisine", 360, "", ("gluten", "eggs"),
                     ("vegetarian",)),
            ),
        ),
        (
            "Desserts et verres",
            (
                Dish("Tarte au citron", "8", "", 0, "", ("gluten", "eggs", "milk"),
                     ("vegetarian",)),
                Dish("Verre de Picpoul", "6", "bar", 20, "", ("sulphites",), (), (), True),
                Dish("Limonade", "4", "bar", 20, "", (), ("vegan", "vegetarian")),
            ),
        ),
    ),
    (_DONENESS,),
)  # fmt: skip

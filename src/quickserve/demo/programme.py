"""The demo's programme: our own invention, in real towns. Days count from the day it is loaded."""

from dataclasses import dataclass

from quickserve.contracts.catalog import VenueDraft


@dataclass(frozen=True)
class Ticket:
    name: str
    price: str
    """Amount in euros; "0" is free."""
    quota: str = ""
    """Ticket types of the same quota name share its places."""


@dataclass(frozen=True)
class Show:
    title: str
    description: str
    category: str
    venue: str
    days: tuple[int, ...]
    """One date per entry, counted from today."""
    starts: str
    minutes: int
    tickets: tuple[Ticket, ...]
    places: int
    seated: str = ""
    """The quota whose tickets are for seats of the hall instead."""


VENUES = {
    "villette": VenueDraft(
        name="Parc de la Villette", address="211 avenue Jean-Jaurès", city="Paris", country="FR",
        latitude=48.8938, longitude=2.3902,
    ),
    "moulins": VenueDraft(
        name="Quai des Moulins", address="1 quai des Moulins", city="Sète", country="FR",
        latitude=43.4079, longitude=3.7036,
    ),
    "arson": VenueDraft(
        name="Villa Arson", address="20 avenue Stephen-Liégeard", city="Nice", country="FR",
        latitude=43.7231, longitude=7.2539,
    ),
    "canton": VenueDraft(
        name="La Dame de Canton", address="11 quai François-Mauriac", city="Paris", country="FR",
        latitude=48.8349, longitude=2.3757,
    ),
    "halle": VenueDraft(
        name="Halle aux Grains", address="1 place Dupuy", city="Toulouse", country="FR",
        latitude=43.5990, longitude=1.4568,
    ),
    "chapelle": VenueDraft(
        name="Chapelle des Pénitents", address="4 rue du Cloître", city="Avignon", country="FR",
        latitude=43.9512, longitude=4.8076,
    ),
    "docks": VenueDraft(
        name="Les Docks", address="34 cours Charlemagne", city="Lyon", country="FR",
        latitude=45.7409, longitude=4.8184,
    ),
}  # fmt: skip

FREE = (Ticket("Entrée libre", "0"),)
FULL = (Ticket("Plein tarif", "18", "salle"), Ticket("Tarif réduit", "12", "salle"))
GALA = (
    Ticket("Fosse", "24.50", "fosse"),
    Ticket("Gradin", "36", "gradin"),
    Ticket("Gradin, moins de 26 ans", "18", "gradin"),
)

SHOWS = (
    Show(
        "Nuit des fanfares", "Douze fanfares, trois scènes et un bal jusqu'à minuit."
        " Apportez de bonnes chaussures ; les bouchons d'oreille sont offerts à l'entrée.",
        "Musique", "villette", (0, 1), "18:00", 330, FULL, 1200,
    ),
    Show(
        "Marché de nuit, saison 4", "Quarante producteurs, des tables longues, un orgue de"
        " Barbarie. Le billet donne droit à un verre consigné.",
        "Marché", "moulins", (1, 8, 15), "19:30", 240, (Ticket("Entrée", "12"),), 400,
    ),
    Show(
        "Fado au jardin", "Deux guitares, une voix, et les chaises sous les cyprès.",
        "Musique", "arson", (2,), "20:00", 100, (Ticket("Plein tarif", "18"),), 180,
    ),
    Show(
        "Open mic du jeudi", "Cinq minutes, un micro. Inscription au bar dès 21 h.",
        "Scène ouverte", "canton", (3, 10, 17, 24), "21:30", 120, (Ticket("Place", "24.50"),), 60,
    ),
    Show(
        "Festival des lanternes", "Parade au fil de l'eau, ateliers pour les enfants le matin.",
        "Famille", "villette", (4, 5, 6), "17:00", 240, FREE, 3000,
    ),
    Show(
        "Atelier levain", "On repart avec un pain et un bocal. Tabliers fournis.",
        "Atelier", "docks", (5,), "10:00", 180, (Ticket("Atelier", "45"),), 14,
    ),
    Show(
        "Orgue et électronique", "Le grand orgue dialogue avec des machines.",
        "Musique", "chapelle", (6,), "20:30", 80, FULL, 220,
    ),
    Show(
        "Bal des pompiers", "Parquet, lampions, et la fanfare des élèves.",
        "Fête", "docks", (7,), "21:00", 300, FREE, 1500,
    ),
    Show(
        "Concert de gala", "L'orchestre au complet, deux entractes, un dernier tram attendu.",
        "Musique", "halle", (9,), "20:00", 150, GALA, 900,
    ),
    Show(
        "Ciné-concert\u00a0: Nosferatu", "Le film de 1922, un piano préparé et une scie musicale.",
        "Cinéma", "canton", (11,), "20:45", 110, (Ticket("Place", "9.50"),), 150,
    ),
    Show(
        "Marionnettes au petit matin", "Dès trois ans. Le goûter est compris.",
        "Famille", "chapelle", (12, 13), "10:30", 50,
        (Ticket("Enfant", "6", "salle"), Ticket("Adulte", "8", "salle")), 80,
    ),
    Show(
        "Journée des brasseurs", "Vingt brasseries, conférences de dix minutes, eau à volonté.",
        "Marché", "halle", (14,), "11:00", 540, (Ticket("Entrée et verre", "8"),), 800,
    ),
    Show(
        "Jazz au petit chœur", "Trio, sans amplification.",
        "Musique", "chapelle", (16,), "19:00", 75, (Ticket("Plein tarif", "15"),), 90,
    ),
    Show(
        "Course des quais", "Dix kilomètres à plat, ravitaillement par les fanfares.",
        "Sport", "moulins", (19,), "09:00", 180, (Ticket("Dossard", "20"),), 600,
    ),
    Show(
        "Veillée d'astronomie", "Douze lunettes, un planétarium gonflable, du chocolat chaud.",
        "Famille", "arson", (20,), "21:30", 150, FREE, 250,
    ),
    Show(
        "Grande scène d'hiver", "Six groupes, deux nuits, un seul billet.",
        "Musique", "docks", (26, 27), "18:30", 360, GALA, 2400, seated="gradin",
    ),
)  # fmt: skip

BUYERS = (
    "Amina Diallo", "Paul Kerr", "Lin Chen", "Sofia Rossi", "Moussa Traoré", "Inès Lefèvre",
    "Jonas Weber", "Chloé Martin", "Karim Benali", "Marta Nowak", "Yann Le Goff", "Aïcha Bâ",
)  # fmt: skip

"""The columns of a table of events, in the words of English and French files."""

from collections.abc import Sequence

from quickserve.catalog.importers.text import folded

# The first name of each is the documented one. Compared without case, accents and punctuation;
# where a file has several names of one column, the earlier here wins.
COLUMNS: dict[str, tuple[str, ...]] = {
    "uid": (
        "id", "uid", "event_id", "external_id", "identifiant", "identifier", "guid", "code",
    ),
    "title": (
        "title", "titre", "event_title", "event_name", "nom_de_la_manifestation",
        "nom_du_festival", "nom_de_l_evenement", "nom_evenement", "titre_fr", "title_fr", "name",
        "nom", "intitule", "libelle", "summary", "manifestation", "evenement", "event", "spectacle",
    ),
    "phase": ("phase", "session", "round", "tour", "epreuve"),
    "description": (
        "description", "descriptif", "details", "long_description", "longdescription_fr",
        "description_longue", "description_fr", "presentation", "chapo", "resume", "texte",
    ),
    "start": (
        "start", "start_date", "start_datetime", "starts_at", "begin", "begins_at", "date_start",
        "startdate", "start_at", "dtstart", "date_de_debut", "date_debut", "debut", "commence_le",
        "firstdate_begin", "first_date", "date_debut_ancien", "date", "jour", "day", "quand",
    ),
    "start_time": (
        "start_time", "time", "heure", "heure_de_debut", "heure_debut", "horaire", "starttime",
    ),
    "end": (
        "end", "end_date", "end_datetime", "ends_at", "date_end", "enddate", "end_at", "dtend",
        "date_de_fin", "date_fin", "fin", "finit_le", "firstdate_end", "date_de_fin_ancien",
    ),
    "end_time": ("end_time", "heure_de_fin", "heure_fin", "endtime"),
    "zone": ("timezone", "time_zone", "tz", "zone", "fuseau", "fuseau_horaire"),
    "venue": (
        "venue", "venue_name", "place", "location", "location_name", "lieu", "nom_du_lieu",
        "nom_lieu", "salle", "site", "placename", "address_name", "ou",
    ),
    "room": ("room", "location_description", "stage", "court", "scene", "hall", "espace"),
    "address": (
        "address", "adresse", "street", "location_address", "adresse_postale", "rue",
        "address_street", "nom_de_la_voie", "lieu_adresse",
    ),
    "postal_code": (
        "postal_code", "postcode", "zip", "zip_code", "zipcode", "code_postal", "cp",
        "address_zipcode", "code_postal_de_la_commune_principale_de_deroulement",
    ),
    "city": (
        "city", "town", "ville", "commune", "location_city", "address_city", "localite",
        "commune_principale", "commune_principale_de_deroulement",
    ),
    "country": ("country", "pays", "country_code"),
    "latitude": ("latitude", "lat", "location_latitude"),
    "longitude": ("longitude", "lon", "lng", "long", "location_longitude"),
    "position": (
        "coordinates", "coordonnees", "lat_lon", "latlon", "geo", "geocodage_xy",
        "coordonnees_insee", "geolocalisation", "geo_point_2d",
    ),
    "url": (
        "url", "link", "website", "lien", "site_web", "site_internet", "page", "event_url", "web",
        "site_internet_du_festival", "ticket_url", "canonical_url",
    ),
    "language": ("language", "lang", "langue"),
    "category": (
        "category", "categorie", "genre", "type", "theme", "topic", "domaine", "discipline",
        "discipline_dominante", "rubrique", "event_category",
    ),
    "status": ("status", "state", "statut", "etat"),
    "ticket": ("ticket", "ticket_type", "ticket_name", "type_de_billet", "billet", "formule"),
    "price": ("price", "prix", "tarif", "amount", "montant", "ticket_price", "cout"),
    "currency": ("currency", "devise", "monnaie", "price_currency"),
}  # fmt: skip

_REQUIRED = ("title", "start")


def places(header: Sequence[str]) -> dict[str, int]:
    """Which column holds what."""
    names = [folded(name) for name in header]
    found: dict[str, int] = {}
    for role, aliases in COLUMNS.items():
        alias = next((alias for alias in aliases if alias in names), None)
        if alias is not None:
            found[role] = names.index(alias)
    return found


def missing(found: dict[str, int]) -> tuple[str, tuple[str, ...]] | None:
    """A required column that is not there, with names it may have."""
    absent = next((role for role in _REQUIRED if role not in found), None)
    return (absent, COLUMNS[absent][:6]) if absent else None

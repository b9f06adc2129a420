"""A site of one page made of the parts, to look at the frame without any service."""

import asyncio
from datetime import UTC, datetime, timedelta

import httpx2
from jinja2 import ChoiceLoader, DictLoader, FileSystemLoader
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Mount, Route

from quickserve.kernel.money import Money
from quickserve.web import templating
from quickserve.web.i18n import LOCALES
from quickserve.web.preferences import Preferences

PAGE = """
{% extends "base.html" %}
{% from "macros/parts.html" import quantity_row, paybar, timer, ticket_card, table, chart_figure,
   figures, badge, empty, note, progress, verdict %}
{% from "macros/forms.html" import field, choices, checkbox, csrf_field, error_summary %}
{% block title %}Nuit des fanfares{% endblock %}
{% block main %}
<div class="wrap page flow">
  <h1>Nuit des fanfares</h1>
  <ul class="tickets"><li>{{ ticket_card(url("/e"), "Bal <b>", doors, "Europe/Paris", "Sète", price,
    static("icon.svg"), left=3) }}</li></ul>
  <form method="post" action="{{ url('/sent') }}" data-currency="EUR" data-scale="2">
    {{ csrf_field(csrf) }}
    <div class="panel rows">
      {{ quantity_row("full", "Plein tarif", price, max=3) }}
      {{ quantity_row("young", "Jeune", cheap, note="Moins de 26 ans", value=1) }}
    </div>
    {{ paybar("Réserver") }}
  </form>
  {{ timer(expires_at, "Europe/Paris", 2) }}
  {{ error_summary(errors, {"email": "Adresse e-mail"}) }}
  <div class="panel">
    {{ field("email", "Adresse e-mail", hint="pour les billets", errors=errors, value=typed,
      type="email", attrs={"autocomplete": "email"}) }}
    {{ field("phone", "Téléphone", required=False) }}
    {{ choices("with", "Payer avec", [("wallet", "Apple Pay"), ("card", "Carte")], "card") }}
    {{ checkbox("news", "Nouvelles") }}
    {{ field("file", "Fichier", type="file", required=False, attrs={"data-bytes-max": 10,
      "data-too-large": "Trop grand : 10 au plus"}) }}
  </div>
  {{ figures([("Vendus", 1058|number, "sur 1 200")]) }}
  {{ chart_figure("Ventes", chart(["18 h", "19 h"], series("Ventes", [1200, 40]),
    series("Entrées", [0, 7])), "Heure") }}
  {{ table("Commandes", [("N°", ""), ("Total", "num")], [["A-" ~ "1" * 60, 1800]]) }}
  {{ progress("Entrés", 842, 1200, "842") }} {{ badge("Payée", "go") }}
  {{ empty("Rien ici", "Ajoutez un événement.", "#", "Ajouter") }} {{ note("Envoyé", "go") }}
  {{ verdict("no", "Déjà scanné", ["18 h 42, porte A"]) }}
</div>
{% endblock %}
"""


def values(seconds: float = 900, *, typed: str = "", wrong: bool = False) -> dict[str, object]:
    return {
        "doors": datetime(2026, 12, 14, 17, 0, tzinfo=UTC),
        "price": Money(1800, "EUR"),
        "cheap": Money(1250, "EUR"),
        "expires_at": datetime.now(UTC) + timedelta(seconds=seconds),
        "typed": typed,
        "errors": {"email": "Ajoutez ce qui suit le @"} if wrong else {},
    }


class Site:
    """What was sent is counted, so that a double tap can be told from a single one."""

    def __init__(self) -> None:
        self.sent = 0
        self.answer_seconds = 0.0
        routes = [
            Route("/", self._page),
            Route("/sent", self._sent, methods=["POST"]),
            Mount("/static", templating.Assets()),
        ]
        self.app = Preferences(Starlette(routes=routes))
        for code in LOCALES:
            environment = templating.environment(code)
            environment.loader = ChoiceLoader(
                [FileSystemLoader(templating.TEMPLATES), DictLoader({"small.html": PAGE})]
            )

    def client(self) -> httpx2.AsyncClient:
        return httpx2.AsyncClient(
            transport=httpx2.ASGITransport(app=self.app), base_url="http://quickserve.test"
        )

    async def _page(self, request: Request):
        query = request.query_params
        return templating.render(
            request,
            "small.html",
            **values(float(query.get("seconds", "900")), wrong="wrong" in query),
        )

    async def _sent(self, request: Request):
        self.sent += 1
        await asyncio.sleep(self.answer_seconds)
        return PlainTextResponse(f"sent in {request.state.locale.name}")

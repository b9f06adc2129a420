"""Signing in and out. Visitors need neither: tickets open by their link."""

from fastapi import Request
from pydantic import SecretStr, ValidationError
from starlette.responses import Response

from quickserve.contracts.identity import Credentials, TooManyAttempts, WrongCredentials
from quickserve.kernel.errors import DeadlineExceeded, Problem, Unavailable
from quickserve.web import sessions
from quickserve.web.forms import Submitted
from quickserve.web.i18n import Locale
from quickserve.web.page import PRIVATE, Ask, local_path, locale_of, page_router, redirect
from quickserve.web.patience import optional
from quickserve.web.problems import Sentence, sentence
from quickserve.web.templating import render

router = page_router()


@router.get("/sign-in")
async def sign_in_page(request: Request, ask: Ask) -> Response:
    wanted = local_path(request.query_params.get("next", ""), "")
    session = await optional(sessions.find_session(request, ask.identity))
    return render(
        request, "sign_in.html", headers=PRIVATE,
        next_path=wanted, session=session, email="", told=None,
    )  # fmt: skip


@router.post("/sign-in")
async def sign_in(request: Request, form: Submitted, ask: Ask) -> Response:
    wanted = local_path(form.text("next"), "")
    try:
        credentials = Credentials(
            email=form.text("email"),
            password=SecretStr(form.secret("password")),
            client=request.client.host if request.client else "",
        )
        begun = await ask.identity.sign_in(credentials)
    except ValidationError:
        return _again(request, wanted, form.text("email"), WrongCredentials())
    except Problem as problem:
        return _again(request, wanted, form.text("email"), problem)
    session = sessions.Session(begun.person, begun.access_token)
    response = redirect(request, wanted or session.home)
    sessions.begin(request, response, begun)
    return response


@router.post("/sign-out")
async def sign_out(request: Request, _form: Submitted, ask: Ask) -> Response:
    token = sessions.token_of(request)
    if token:
        # While identity is away the session ends in this browser, and there in its own time.
        await optional(ask.identity.sign_out(token[:200]))
    response = redirect(request, "/")
    await sessions.end(request, response)
    return response


def _told(problem: Problem, locale: Locale) -> Sentence:
    if isinstance(problem, Unavailable | DeadlineExceeded):
        return Sentence(
            locale.gettext("Signing in is not possible just now."),
            locale.gettext(
                "Try again in a moment. Visitors need no account: booking goes on, and tickets"
                " open by their link."
            ),
        )
    return sentence(problem, locale)


def _again(request: Request, wanted: str, email: str, problem: Problem) -> Response:
    told = _told(problem, locale_of(request))
    wait = problem.retry_after if isinstance(problem, TooManyAttempts) else None
    return render(
        request, "sign_in.html", status=problem.status,
        headers=PRIVATE | ({"Retry-After": str(wait)} if wait else {}),
        next_path=wanted, session=None, email=email[:320], told=told,
    )  # fmt: skip

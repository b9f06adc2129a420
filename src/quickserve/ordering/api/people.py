"""Personal data: found and erased."""

from fastapi import APIRouter

from quickserve.contracts.erasure import Erased, Erasure, PersonalData, Whose
from quickserve.kernel.auth import services
from quickserve.kernel.errors import (
    Forbidden,
    Malformed,
    Unauthenticated,
    errors,
)  # fmt: skip
from quickserve.kernel.service import Ctx
from quickserve.ordering.commands.erase_person import erase_person
from quickserve.ordering.reads import people

router = APIRouter()


@router.post(
    "/personal-data/search",
    dependencies=[services("cli")],
    responses=errors(Unauthenticated, Forbidden, Malformed),
)
async def post_search(body: Whose, ctx: Ctx) -> PersonalData:
    return await people.personal_data(ctx, body)


@router.post(
    "/personal-data/erasure",
    dependencies=[services("cli")],
    responses=errors(Unauthenticated, Forbidden, Malformed),
)
async def post_erasure(body: Erasure, ctx: Ctx) -> Erased:
    return await erase_person(ctx, body)

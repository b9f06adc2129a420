"""Forgetting a person."""

from fastapi import APIRouter

from quickserve.contracts.erasure import Erased, Erasure
from quickserve.kernel.auth import services
from quickserve.kernel.errors import Forbidden, Unauthenticated, errors
from quickserve.kernel.service import Ctx
from quickserve.tracking.commands.erase_person import erase_person

router = APIRouter()


@router.post(
    "/personal-data/erasure",
    dependencies=[services("cli")],
    responses=errors(Unauthenticated, Forbidden),
)
async def post_erasure(body: Erasure, ctx: Ctx) -> Erased:
    return await erase_person(ctx, body)

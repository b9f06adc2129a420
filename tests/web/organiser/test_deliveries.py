"""The organiser sees who carries what, live, and gives it to somebody else."""

import pytest
from tests.web.house import House, Visitor
from tests.web.ordering.test_ordering import Stall, open_stall
from tests.web.test_live import following
from tests.web.tracking.test_following import deliver, hire

from quickserve.kernel.auth import Role


@pytest.fixture
async def stall(house: House) -> Stall:
    return await open_stall(house)


async def test_runners_and_open_jobs_are_seen_live_and_given_to_others(
    house: House, stall: Stall, visitor: Visitor
) -> None:
    organiser_id = stall.stand.draft.organiser_id
    moussa = await hire(house, organiser_id)
    async with house.visitor() as boss:
        await boss.sign_in(await house.person(organiser_id, Role.ORGANISER))
        await boss.open("/en/organiser/deliveries")
        assert "Moussa" in boss.text()
        assert "not seen yet" in boss.text()
        order_id, _ = await deliver(visitor, stall)
        await moussa.takes(order_id)
        path = f"/en/organiser/deliveries/{organiser_id}/now"
        async with following(house, path, f"session={boss.http.cookies['session']}") as told:
            assert "on its way" in await told()
            await moussa.is_at((43.4, 3.69))
            seen = await told()
            assert "Position of just now" in seen
            assert 'class="track-runner"' in seen
        ada = await hire(house, organiser_id)
        await boss.open("/en/organiser/deliveries")
        await boss.send(boss.form(str(order_id)), shift=str(ada.shift.id))
        assert "Saved." in boss.text()
        job = await ada.tracking.shift(ada.shift.id, ada.token)
        assert [one.id for one in job.jobs] == [order_id]


async def test_others_see_nothing_of_it(house: House, stall: Stall, visitor: Visitor) -> None:
    organiser_id = stall.stand.draft.organiser_id
    await visitor.sign_in(await house.person(organiser_id, Role.RUNNER))
    await visitor.open("/en/organiser/deliveries")
    assert visitor.status == 403
    async with house.visitor() as stranger:
        await stranger.sign_in(await house.person(await house.organiser(), Role.ORGANISER))
        await stranger.open(f"/en/organiser/deliveries/{organiser_id}/now")
        assert stranger.status == 403

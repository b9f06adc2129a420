"""What no late message can ask for any more is deleted, and means of payment in time."""

from quickserve.kernel.ids import new_uuid
from quickserve.payment.commands.forget import forget

from .conftest import Payments, new_id


async def test_old_tombstones_and_callbacks_go(payments: Payments):
    old, young = new_id(), new_id()
    await payments.client.void(old)
    await payments.client.void(young)
    await payments.rows(
        "UPDATE payment.intent_tombstones SET at = at - interval '31 days' WHERE intent_id = %s",
        (old,),
    )
    told = [str(new_uuid()), str(new_uuid())]
    for callback, days in zip(told, (31, 29), strict=True):
        await payments.rows(
            "INSERT INTO payment.provider_callbacks (provider, id, intent_id, outcome, received_at)"
            " VALUES ('sandbox', %s, %s, 'declined', now() - %s * interval '1 day')",
            (callback, old, days),
        )
    await forget(payments.ctx)
    assert await payments.rows(
        "SELECT intent_id FROM payment.intent_tombstones WHERE intent_id = ANY(%s)", ([old, young],)
    ) == [(young,)]
    assert await payments.rows(
        "SELECT id FROM payment.provider_callbacks WHERE id = ANY(%s)", (told,)
    ) == [(told[1],)]


async def test_means_of_payment_are_forgotten_with_the_accounts(payments: Payments):
    ids = [(await payments.paid()).id for _ in range(2)]
    open_one = (await payments.pay()).id
    await payments.rows(
        "UPDATE payment.intents SET created_at = created_at - interval '11 years'"
        " WHERE id = ANY(%s)",
        ([ids[0], open_one],),
    )
    await forget(payments.ctx)
    found = await payments.rows(
        "SELECT id, method FROM payment.intents WHERE id = ANY(%s)", ([*ids, open_one],)
    )
    assert dict(found) == {
        ids[0]: "", ids[1]: "sandbox-success", open_one: "sandbox-success",
    }  # fmt: skip
    async with payments.http(payments.issuer.token(admin=True)) as http:
        assert (await http.get("/ledger/check")).json()["findings"] == []

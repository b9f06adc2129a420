"""Signing in, staying signed in, and who may not."""

import asyncio

import pytest

from quickserve.contracts.identity import TooManyAttempts, WrongCredentials
from quickserve.identity.commands.tidy_up import tidy_up
from quickserve.kernel.auth import Role
from quickserve.kernel.errors import Malformed, Unauthenticated
from quickserve.kernel.ids import new_uuid
from quickserve.kernel.testing import race

from .conftest import Identity, credentials


async def test_who_knows_the_password_is_signed_in(identity: Identity):
    organiser = await identity.organiser()
    who = await identity.person()
    await identity.cli.put_roles(organiser.id, who.id, [Role.DOOR])

    session = await identity.sign_in(who)

    assert session.token is not None
    looked_up = await identity.web.session(session.token)
    assert looked_up.token is None
    assert looked_up.person.memberships[0].roles == [Role.DOOR]
    assert (await identity.user_info(looked_up.access_token)).json() == {
        "sub": str(who.id), "name": who.name, "preferred_username": who.name, "email": who.email,
    }  # fmt: skip


async def test_the_address_is_written_in_any_case(identity: Identity):
    who = await identity.person()
    assert (await identity.web.sign_in(credentials(who.email.upper()))).person == who


async def test_who_signs_out_is_out_everywhere_that_session_was(identity: Identity):
    who = await identity.person()
    here, there = await identity.sign_in(who), await identity.sign_in(who)
    assert here.token
    assert there.token
    assert here.token != there.token
    await identity.web.sign_out(here.token)
    with pytest.raises(Unauthenticated):
        await identity.web.session(here.token)
    assert (await identity.web.session(there.token)).person == who
    await identity.web.sign_out(here.token)


async def test_a_session_nobody_was_given_is_none(identity: Identity):
    for made_up in ("", "x", "A" * 43, "\N{SNOWMAN}", new_uuid().hex):
        with pytest.raises(Unauthenticated):
            await identity.web.session(made_up)


@pytest.mark.parametrize(
    "past",
    [
        "last_seen_at = clock_timestamp() - interval '12 hours 1 second'",
        "created_at = clock_timestamp() - interval '7 days 1 second'",
    ],
)
async def test_a_session_ends_unused_and_in_the_end(identity: Identity, past: str):
    who = await identity.person()
    session = await identity.sign_in(who)
    assert session.token is not None
    await identity.run(f"UPDATE identity.sessions SET {past} WHERE person_id = %s", (who.id,))
    with pytest.raises(Unauthenticated):
        await identity.web.session(session.token)
    await tidy_up(identity.ctx)
    left = "SELECT count(*) FROM identity.sessions WHERE person_id = %s"
    assert await identity.run(left, (who.id,)) == [(0,)]


async def test_using_a_session_keeps_it(identity: Identity):
    who = await identity.person()
    session = await identity.sign_in(who)
    assert session.token is not None
    hours = "UPDATE identity.sessions SET last_seen_at = last_seen_at - interval '11 hours'"
    await identity.run(hours + " WHERE person_id = %s", (who.id,))
    await identity.web.session(session.token)
    assert (await identity.web.session(session.token)).expires_at >= session.expires_at


async def test_the_database_does_not_know_the_token(identity: Identity):
    who = await identity.person()
    session = await identity.sign_in(who)
    rows = await identity.run("SELECT * FROM identity.sessions WHERE person_id = %s", (who.id,))
    assert session.token is not None
    assert session.token.encode() not in rows[0][0]


async def test_five_wrong_passwords_and_the_right_one_waits_too(identity: Identity):
    who = await identity.person()
    for _ in range(5):
        with pytest.raises(WrongCredentials):
            await identity.sign_in(who, "not the password")
    with pytest.raises(TooManyAttempts):
        await identity.sign_in(who)

    async with identity.http(address="192.0.2.5") as http:
        body = {"email": who.email, "password": "whatever it is"}
        answers = [await http.post("/sessions", json=body) for _ in range(6)]
    assert [answer.status_code for answer in answers] == [401] * 5 + [429]
    assert 0 < int(answers[-1].headers["retry-after"]) <= 15 * 60

    await identity.run("UPDATE identity.login_attempts SET at = at - interval '15 minutes'")
    assert (await identity.sign_in(who)).person == who


async def test_a_stranger_does_not_keep_the_owner_of_an_address_out(identity: Identity):
    who = await identity.person()
    for _ in range(5):
        with pytest.raises(WrongCredentials):
            await identity.web.sign_in(credentials(who.email, "a guess", client="stranger"))
    with pytest.raises(TooManyAttempts):
        await identity.web.sign_in(credentials(who.email, client="stranger"))
    assert (await identity.web.sign_in(credentials(who.email, client="home"))).person == who
    # Nor does the owner's success give the stranger new guesses.
    with pytest.raises(TooManyAttempts):
        await identity.web.sign_in(credentials(who.email, client="stranger"))


async def test_guesses_from_everywhere_come_to_an_end(identity: Identity):
    who = await identity.person()
    for n in range(50):
        with pytest.raises(WrongCredentials):
            await identity.web.sign_in(credentials(who.email, "a guess", client=f"bot {n}"))
    with pytest.raises(TooManyAttempts):
        await identity.web.sign_in(credentials(who.email, "a guess", client="bot 50"))


async def test_guesses_at_the_same_moment_all_count(identity: Identity):
    who = await identity.person()
    outcomes = await race(*(identity.sign_in(who, f"guess number {n}") for n in range(12)))
    assert outcomes.kinds == {WrongCredentials: 5, TooManyAttempts: 7}


async def test_a_success_forgets_the_failures(identity: Identity):
    who = await identity.person()
    for _ in range(2):
        for _ in range(4):
            with pytest.raises(WrongCredentials):
                await identity.sign_in(who, "not the password")
        await identity.sign_in(who)


async def test_one_client_cannot_try_everybody(identity: Identity):
    address = f"client-{new_uuid()}"
    for _ in range(30):
        with pytest.raises(WrongCredentials):
            await identity.web.sign_in(credentials(f"{new_uuid()}@example.org", client=address))
    with pytest.raises(TooManyAttempts):
        await identity.web.sign_in(credentials(f"{new_uuid()}@example.org", client=address))
    # Who is elsewhere may still try.
    who = await identity.person()
    assert (await identity.web.sign_in(credentials(who.email, client="elsewhere"))).person == who


async def test_strangers_cannot_tell_where_they_come_from(identity: Identity):
    """Only our own web is believed; otherwise a guesser would name a new client each time."""
    async with identity.http(address="198.51.100.7") as http:
        statuses = [
            (
                await http.post(
                    "/sessions",
                    json={"email": f"{n}@example.org", "password": "x", "client": f"{n}"},
                )
            ).status_code
            for n in range(31)
        ]
    assert statuses == [401] * 30 + [429]
    # Who comes from elsewhere is not taken for them, in whatever process we are.
    async with identity.http(address="198.51.100.8") as http:
        body = {"email": "31@example.org", "password": "x"}
        assert (await http.post("/sessions", json=body)).status_code == 401


async def test_an_unknown_address_is_not_given_away(identity: Identity):
    who = await identity.person()
    loop = asyncio.get_running_loop()

    async def seconds(email: str) -> float:
        started = loop.time()
        with pytest.raises(WrongCredentials) as wrong:
            await identity.web.sign_in(credentials(email, "not the password"))
        assert wrong.value.detail == WrongCredentials.title
        return loop.time() - started

    known = min([await seconds(who.email) for _ in range(4)])
    unknown = min([await seconds(f"{new_uuid()}@example.org") for _ in range(4)])
    assert unknown > known / 3  # without the dummy hash it is some 10 times faster


async def test_a_nul_is_answered_not_stumbled_over(identity: Identity):
    with pytest.raises(Malformed):
        await identity.web.sign_in(credentials("a\0b@example.org"))


async def test_an_old_hash_is_made_anew(identity: Identity):
    from argon2 import PasswordHasher

    who = await identity.person()
    old = PasswordHasher(time_cost=1, memory_cost=8192, parallelism=1).hash("correct horse battery")
    update = "UPDATE identity.people SET password_hash = %s WHERE id = %s RETURNING password_hash"
    await identity.run(update, (old, who.id))
    await identity.sign_in(who)
    read = "SELECT password_hash FROM identity.people WHERE id = %s"
    assert "m=19456,t=2" in (await identity.run(read, (who.id,)))[0][0]
    await identity.sign_in(who)

"""Who works here, for whom, and who may say so."""

from typing import Any

import pytest

from quickserve.contracts.identity import EmailTaken, NameTaken, NewOrganiser, OrganiserView
from quickserve.identity.model import slug_of
from quickserve.kernel.auth import Role, ServiceIdentity
from quickserve.kernel.errors import (
    Conflict,
    Forbidden,
    IdReused,
    Malformed,
    NotFound,
    Unauthenticated,
)
from quickserve.kernel.ids import OrganiserId, PersonId, new_uuid
from quickserve.kernel.testing import race

from .conftest import Identity, person


def person_id() -> PersonId:
    return PersonId(new_uuid())


def organiser_id() -> OrganiserId:
    return OrganiserId(new_uuid())


def unique(name: str) -> NewOrganiser:
    return NewOrganiser(name=f"{name} {new_uuid().hex[-12:]}")


# -- People ---------------------------------------------------------------------------------------


async def test_registering_twice_is_registering_once(identity: Identity):
    who, new = person_id(), person()
    outcomes = await race(*(identity.cli.put_person(who, new) for _ in range(3)))
    assert [view.id for view in outcomes.values] == [who] * 3
    assert await identity.cli.put_person(who, new) == outcomes.values[0]


@pytest.mark.parametrize(
    "change",
    [
        {"name": "Eva"},
        {"admin": True},
        {"password": "another password"},
        {"email": "e@example.org"},
    ],
)
async def test_an_id_stands_for_one_person(identity: Identity, change: dict[str, Any]):
    who, new = person_id(), person()
    await identity.cli.put_person(who, new)
    with pytest.raises(IdReused):
        await identity.cli.put_person(who, person(**{**_values(new), **change}))


async def test_an_address_belongs_to_one_person_in_any_case(identity: Identity):
    new = person()
    await identity.cli.put_person(person_id(), new)
    for email in (new.email, new.email.upper(), new.email.title()):
        with pytest.raises(EmailTaken):
            await identity.cli.put_person(person_id(), person(email=email))


@pytest.mark.parametrize(
    ("password", "code"),
    [
        ("password1234", "too-common"),
        ("MotDePasse123", "too-common"),
        ("abababababab", "too-common"),
        ("marguerite1", "has-email"),
        ("xxMARGUERITExx", "has-email"),
    ],
)
async def test_what_is_guessed_first_is_no_password(identity: Identity, password: str, code: str):
    new = person(email=f"marguerite@{new_uuid()}.example.org", password=password)
    with pytest.raises(Malformed) as malformed:
        await identity.cli.put_person(person_id(), new)
    assert [(e.field, e.code) for e in malformed.value.errors] == [("password", code)]


async def test_only_operators_register_people(identity: Identity):
    admin = await identity.sign_in(await identity.person(admin=True))
    who = await identity.sign_in(await identity.person())
    await identity.client(admin.access_token).put_person(person_id(), person())
    for token, refusal in (
        (who.access_token, Forbidden),
        (ServiceIdentity(identity.ctx.settings, "checkout").token(), Forbidden),
    ):
        with pytest.raises(refusal):
            await identity.client(token).put_person(person_id(), person())
    async with identity.http() as http:
        assert (await http.put(f"/people/{new_uuid()}", json={})).status_code == 401


async def test_passwords_are_kept_hashed_only(identity: Identity):
    who = await identity.person()
    read = "SELECT p::text FROM identity.people p WHERE id = %s"
    row = (await identity.run(read, (who.id,)))[0][0]
    assert "$argon2id$" in row
    assert "correct horse" not in row


# -- Organisers -----------------------------------------------------------------------------------


async def test_who_creates_an_organiser_is_its_organiser(identity: Identity):
    who = await identity.sign_in(await identity.person())
    new, here = unique("Les Nuits d’Été"), organiser_id()
    mine = identity.client(who.access_token)
    organiser = await mine.put_organiser(here, new)
    assert organiser.slug.startswith("les-nuits-d-ete-")
    assert await mine.put_organiser(here, new) == organiser

    assert who.token is not None
    now = await identity.web.session(who.token)  # at once, not when the old token has expired
    assert [(m.organiser_id, m.roles) for m in now.person.memberships] == [(here, [Role.ORGANISER])]
    renamed = await identity.client(now.access_token).put_organiser(here, unique("Hivernales"))
    assert renamed.slug == organiser.slug


async def test_strangers_rename_nothing(identity: Identity):
    organiser = await identity.organiser()
    door = await identity.organiser_person(organiser, Role.DOOR)
    stranger = await identity.sign_in(await identity.person())
    other = await identity.organiser_person(await identity.organiser(), Role.ORGANISER)
    for who in (door, stranger, other):
        with pytest.raises(Forbidden):
            await identity.client(who.access_token).put_organiser(organiser.id, unique("Mine"))


async def test_a_name_is_taken_once_and_slugs_differ(identity: Identity):
    mark = new_uuid().hex[-12:]
    first = await identity.cli.put_organiser(organiser_id(), NewOrganiser(name=f"Été {mark}"))
    second = await identity.cli.put_organiser(organiser_id(), NewOrganiser(name=f"Ete {mark}"))
    assert (first.slug, second.slug) == (f"ete-{mark}", f"ete-{mark}-2")
    with pytest.raises(NameTaken):
        await identity.cli.put_organiser(organiser_id(), NewOrganiser(name=f"  ÉTÉ   {mark} "))
    with pytest.raises(NameTaken):
        await identity.cli.put_organiser(second.id, NewOrganiser(name=first.name))


async def test_names_without_letters_get_slugs_too(identity: Identity):
    mark = new_uuid().hex[-12:]
    names = [f"{'東京' * n} {'‼' * n}" for n in range(1, 4)]
    outcomes = await race(
        *(
            identity.cli.put_organiser(organiser_id(), NewOrganiser(name=f"{name}\u200d{mark}"))
            for name in names
        )
    )
    assert outcomes.kinds == {OrganiserView: 3}
    assert len({view.slug for view in outcomes.values}) == 3


@pytest.mark.parametrize(
    ("name", "slug"),
    [
        ("Le Bœuf sur le Toit", "le-boeuf-sur-le-toit"),
        ("  Rock’n’Roll & Cie!  ", "rock-n-roll-cie"),
        ("Großes Fest", "grosses-fest"),
        ("東京", "organiser"),
        ("x" * 200, "x" * 60),
    ],
)
def test_slugs_are_plain(name: str, slug: str):
    assert slug_of(name) == slug


async def test_a_blank_name_is_none(identity: Identity):
    with pytest.raises(Malformed):
        await identity.cli.put_organiser(organiser_id(), NewOrganiser(name=" \t\u3000 "))


async def test_an_organiser_is_found_by_name_or_slug(identity: Identity):
    organiser = await identity.organiser()
    who = await identity.sign_in(await identity.person())
    mine = identity.client(who.access_token)
    for name in (organiser.name, organiser.name.upper(), organiser.slug, f" {organiser.name} "):
        assert await mine.find_organiser(name) == organiser
    with pytest.raises(NotFound):
        await mine.find_organiser("nobody of this name")
    async with identity.http() as http:
        assert (await http.get("/organisers?name=x")).status_code == Unauthenticated.status


async def test_other_services_are_told_of_organisers(identity: Identity):
    await identity.run("DROP TRIGGER IF EXISTS keep ON identity.outbox")
    await identity.run(
        "CREATE TABLE test_organisers AS SELECT type, data FROM identity.outbox LIMIT 0;"
        "GRANT ALL ON test_organisers TO PUBLIC;"
        "CREATE FUNCTION test_keep() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
        " INSERT INTO public.test_organisers VALUES (NEW.type, NEW.data); RETURN NEW; END $$;"
        "CREATE TRIGGER keep AFTER INSERT ON identity.outbox"
        " FOR EACH ROW EXECUTE FUNCTION test_keep()"
    )
    organiser = await identity.organiser()
    await identity.cli.put_organiser(organiser.id, NewOrganiser(name=organiser.name))
    renamed = unique("Renamed")
    await identity.cli.put_organiser(organiser.id, renamed)
    rows = await identity.run(
        "SELECT type, data FROM test_organisers WHERE data->>'organiser_id' = %s"
        " ORDER BY data->'version'",
        (str(organiser.id),),
    )
    told = {"organiser_id": str(organiser.id), "slug": organiser.slug}
    assert rows == [
        ("quickserve.identity.organiser-saved.v1", {**told, "name": name, "version": version})
        for version, name in ((1, organiser.name), (2, renamed.name))
    ], "the same name again is no change"


# -- Roles ----------------------------------------------------------------------------------------


async def test_an_organiser_gives_and_takes_roles(identity: Identity):
    organiser, elsewhere = await identity.organiser(), await identity.organiser()
    boss = await identity.organiser_person(organiser, Role.ORGANISER)
    who = await identity.person()
    await identity.cli.put_roles(elsewhere.id, who.id, [Role.DOOR])
    mine = identity.client(boss.access_token)

    member = await mine.put_roles(organiser.id, who.id, [Role.DOOR, Role.DOOR], who.email.upper())
    assert (member.name, member.email, member.roles) == (who.name, who.email, [Role.DOOR])
    # Who is of the team needs no address.
    both = [Role.DOOR, Role.ORGANISER]
    assert (await mine.put_roles(organiser.id, who.id, both)).roles == both
    assert (await mine.put_roles(organiser.id, who.id, [])).roles == []
    session = await identity.sign_in(who)
    assert [m.organiser_id for m in session.person.memberships] == [elsewhere.id]


async def test_nobody_else_gives_roles(identity: Identity):
    organiser = await identity.organiser()
    door = await identity.organiser_person(organiser, Role.DOOR)
    booking = ServiceIdentity(identity.ctx.settings, "booking").token()
    for token in (door.access_token, booking):
        with pytest.raises(Forbidden):
            await identity.client(token).put_roles(organiser.id, door.person.id, [Role.ORGANISER])


@pytest.mark.parametrize("roles", [[Role.DOOR], []])
async def test_an_id_does_not_tell_whose_it_is(identity: Identity, roles: list[Role]):
    organiser, who = await identity.organiser(), await identity.person(admin=True)
    boss = await identity.organiser_person(organiser, Role.ORGANISER)
    mine = identity.client(boss.access_token)
    with pytest.raises(Malformed) as missing:
        await mine.put_roles(organiser.id, who.id, roles)
    assert [(e.field, e.code) for e in missing.value.errors] == [("email", "missing")]
    told = []
    for someone in (who.id, person_id()):
        with pytest.raises(NotFound) as wrong:
            await mine.put_roles(organiser.id, someone, roles, "ana@example.org")
        told.append(wrong.value.detail)
    assert told[0] == told[1]
    async with identity.http(boss.access_token) as http:
        path = f"/organisers/{organiser.id}/people/{who.id}"
        answer = await http.put(path, json={"roles": roles, "email": who.email})
    assert set(answer.json()) == {"id", "name", "email", "roles"}


async def test_nobody_works_for_more_than_a_hundred(identity: Identity):
    """Else the access token outgrows a request's head, and the person is locked out."""
    organiser, who = await identity.organiser(), await identity.person()
    await identity.cli.put_roles(organiser.id, who.id, [Role.DOOR])
    await identity.run(
        "WITH made AS (INSERT INTO identity.organisers (id, name, slug)"
        " SELECT id, id::text, id::text FROM (SELECT gen_random_uuid() AS id"
        "  FROM generate_series(1, 98)) AS ids RETURNING id)"
        " INSERT INTO identity.memberships SELECT id, %s, '{door,organiser}' FROM made",
        (who.id,),
    )
    mine = identity.client((await identity.sign_in(who)).access_token)
    names = [NewOrganiser(name=f"Les Quais {new_uuid().hex[-12:]}") for _ in range(4)]
    outcomes = await race(*(mine.put_organiser(organiser_id(), name) for name in names))
    assert outcomes.kinds == {OrganiserView: 1, Conflict: 3}
    with pytest.raises(Conflict):
        await identity.cli.put_roles((await identity.organiser()).id, who.id, [Role.DOOR])
    # Roles of a membership that is there still change, and the token is not too long to be read.
    both = [Role.DOOR, Role.ORGANISER]
    assert (await identity.cli.put_roles(organiser.id, who.id, both)).roles == both
    session = await identity.sign_in(who)
    assert (await identity.user_info(session.access_token)).status_code == 200


async def test_roles_are_for_those_who_exist(identity: Identity):
    organiser, who = await identity.organiser(), await identity.person()
    with pytest.raises(NotFound):
        await identity.cli.put_roles(organiser.id, person_id(), [Role.DOOR])
    with pytest.raises(NotFound):
        await identity.cli.put_roles(organiser_id(), who.id, [Role.DOOR])


def _values(new: Any) -> dict[str, Any]:
    return {**new.model_dump(), "password": new.password.get_secret_value()}

"""The command line: `quickserve up`, `import`, `person`, `forget`, …; `--help` teaches each."""

import argparse
import asyncio
import ctypes
import getpass
import os
import signal
import socket
import sys
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from pydantic import EmailStr, TypeAdapter, ValidationError

from quickserve import demo, laptop
from quickserve.app import SERVICES, Platform, load
from quickserve.commandline import (
    asyncapi,
    dead_letters,
    forget,
    import_calendar,
    import_menu,
    import_plan,
    ledger,
    people,
    replay,
    serve,
    split,
    verify_draw,
)
from quickserve.commandline.doctor import run as doctor
from quickserve.commandline.simulate import command as simulate
from quickserve.kernel.errors import Problem
from quickserve.kernel.logs import configure_logging
from quickserve.kernel.postgres import PostgresError
from quickserve.kernel.settings import Settings
from quickserve.server import Server, run_server

_NAMES = ", ".join(SERVICES)

# argparse has no public name for what add_subparsers() returns.
Commands = Any


def main() -> None:
    arguments = _parser().parse_args()
    os.environ.setdefault("QUICKSERVE_LOG_FORMAT", "text" if sys.stderr.isatty() else "json")
    try:
        settings = Settings()
        configure_logging(settings.log_level, settings.log_format)
        sys.exit(arguments.run(arguments))
    except (laptop.CannotStart, PostgresError) as error:
        sys.exit(f"quickserve: {error}")
    except ValidationError as error:
        wrong = (f"  QUICKSERVE_{str(e['loc'][0]).upper()}: {e['msg']}" for e in error.errors())
        sys.exit("quickserve: a setting cannot be used\n" + "\n".join(wrong))
    except Problem as problem:
        sys.exit(f"quickserve: {_in_words(problem)}")
    except KeyboardInterrupt:
        sys.exit(130)


def _in_words(problem: Problem) -> str:
    """The detail sums the findings up: it stands only where there are none."""
    found = "".join(f"\n  {error.field}: {error.message}" for error in problem.errors)
    if found or not problem.detail:
        return f"{problem.title}.{found}"
    return f"{problem.title}. {problem.detail}"


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="quickserve",
        description="Book an event, order to your seat, follow it live.",
        epilog="Settings come from the environment: QUICKSERVE_… (docs/settings.md).",
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    _add_up(commands)
    _add_import(commands)
    _add_import_plan(commands)
    _add_import_menu(commands)
    _add_person(commands)
    _add_forget(commands)
    _add_ledger(commands)
    _add_serve(commands)
    _add_migrate(commands)
    replay.add(commands)
    dead_letters.add(commands)
    asyncapi.add(commands)
    verify_draw.add(commands)
    simulate.add(commands)
    _add_doctor(commands)
    return parser


def _data_option(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--data", type=Path, metavar="FOLDER", default=None,
        help=f"folder of PostgreSQL's data and the secret (default: {laptop.default_folder()})",
    )  # fmt: skip


def _add_up(commands: Commands) -> None:
    up = commands.add_parser(
        "up",
        help="run everything in one process",
        description="Starts PostgreSQL (embedded, unless QUICKSERVE_DATABASE_URL names one) and"
        " all services, prints `ready` with the address, and stops everything at Ctrl-C.",
    )
    up.add_argument(
        "--host", default="127.0.0.1", help="address to listen on (default: %(default)s)"
    )
    up.add_argument("--port", type=int, default=8000, help="port (default: %(default)s)")
    _data_option(up)
    up.add_argument("--no-demo", action="store_true", help="start empty: no demo events and logins")
    up.add_argument(
        "--stop-with-parent", action="store_true", help="also stop when the starting program dies"
    )
    up.add_argument(
        "--split",
        action="store_true",
        help="each service as its own process, with its own database, over HTTP and RabbitMQ"
        f" (QUICKSERVE_RABBITMQ_URL, default {split.BROKER}); SIGHUP restarts them one by one",
    )
    up.set_defaults(run=_up)


def _add_serve(commands: Commands) -> None:
    command = commands.add_parser(
        "serve",
        help="run some services in this process: one a container",
        description="Serves each NAME below /api/NAME, and pages at / where `web` is among them."
        " The others are called at QUICKSERVE_<SERVICE>_URL, events go by QUICKSERVE_RABBITMQ_URL."
        " Waits until `quickserve migrate NAME` has been run; ends in order at SIGTERM.",
    )
    command.add_argument("names", nargs="+", choices=SERVICES, metavar="NAME", help=_NAMES)
    command.add_argument(
        "--host", default="127.0.0.1", help="address to listen on (default: %(default)s)"
    )
    command.add_argument("--port", type=int, default=8000, help="port (default: %(default)s)")
    command.add_argument("--fd", type=int, help="a listening socket that was inherited, instead")
    command.add_argument(
        "--stop-with-parent", action="store_true", help="also stop when the starting program dies"
    )
    command.set_defaults(run=_serve_some)


def _add_migrate(commands: Commands) -> None:
    migrate = commands.add_parser(
        "migrate",
        help="bring the databases' schemas up to date",
        description="Makes each service's schema and role, as the administrator that"
        " QUICKSERVE_DATABASE_URL or QUICKSERVE_<SERVICE>_DATABASE_URL signs in as. Safe while the"
        " version before still runs.",
    )
    migrate.add_argument(
        "names", nargs="*", choices=[*SERVICES, []], metavar="NAME", help=f"{_NAMES}; all without"
    )
    _data_option(migrate)
    migrate.set_defaults(run=_migrate)


def _add_doctor(commands: Commands) -> None:
    command = commands.add_parser(
        "doctor",
        help="look for what is wrong, and say what to do",
        description="Looks at the settings, each service's database, the broker, Redis, the other"
        " processes, the issuer's keys and, on a laptop, the data folder. Changes nothing. Ends"
        " with 1 when something is wrong.",
    )
    command.add_argument(
        "names", nargs="*", choices=[*SERVICES, []], metavar="NAME", help=f"{_NAMES}; all without"
    )
    _data_option(command)
    command.add_argument("--json", action="store_true", help="for programs")
    command.set_defaults(run=_doctor)


def _add_import(commands: Commands) -> None:
    imports = commands.add_parser(
        "import",
        help="import a calendar",
        description="Reads an iCalendar file, a frab/pentabarf schedule, schema.org JSON-LD or a"
        " CSV (docs/import.md). Events arrive as drafts; a second run updates them.",
    )
    imports.add_argument("file", type=Path, metavar="FILE")
    imports.add_argument("--organiser", required=True, metavar="NAME", help="name or slug")
    imports.add_argument(
        "--zone", default="Europe/Paris", help="for times without a zone (default: %(default)s)"
    )
    _data_option(imports)
    imports.set_defaults(run=_import)


def _add_import_plan(commands: Commands) -> None:
    plan = commands.add_parser(
        "import-plan",
        help="import a seating plan",
        description="Reads a pretix seating plan, another seat map's JSON or a CSV"
        " (docs/seating-plans.md) and tells every defect with its repair. Saves a plan without"
        " defects; one with defects only with --accept-repairs.",
    )
    plan.add_argument("file", type=Path, metavar="FILE")
    plan.add_argument("--organiser", required=True, metavar="NAME", help="name or slug")
    plan.add_argument("--accept-repairs", action="store_true", help="all that are proposed")
    plan.add_argument("--verbose", action="store_true", help="each note, not only how many")
    _data_option(plan)
    plan.set_defaults(run=_import_plan)


def _add_import_menu(commands: Commands) -> None:
    menu = commands.add_parser(
        "import-menu",
        help="import a stand's menu",
        description="Reads schema.org Menu JSON-LD, a Square catalogue, TastyIgniter's JSON or a"
        " CSV (docs/import.md) and tells every defect with its repair. It replaces the menu; one"
        " with defects only with --leave-out. A second run of the same file changes nothing.",
    )
    menu.add_argument("files", type=Path, metavar="FILE", nargs="+")
    menu.add_argument("--stand", required=True, metavar="SLUG", help="as in its address")
    menu.add_argument("--leave-out", action="store_true", help="take all but what has a defect")
    menu.add_argument("--check", action="store_true", help="only look, save nothing")
    _data_option(menu)
    menu.set_defaults(run=_import_menu)


def _add_person(commands: Commands) -> None:
    person = commands.add_parser(
        "person",
        help="add a person who signs in",
        description="Makes the person and, with --organiser, the organiser if it is new. The"
        " password is asked for, or read from QUICKSERVE_PASSWORD.",
    )
    person.add_argument("email", type=_email)
    person.add_argument("--name", required=True)
    person.add_argument("--organiser", metavar="NAME", help="organisation the person works for")
    person.add_argument(
        "--role", choices=["organiser", "door", "kitchen", "runner"], default="organiser"
    )
    person.add_argument("--admin", action="store_true", help="may see every organisation")
    _data_option(person)
    person.set_defaults(run=_person)


def _add_forget(commands: Commands) -> None:
    forget_ = commands.add_parser(
        "forget",
        help="erase a person",
        description="Erases what every service keeps of the person with this e-mail address:"
        " buyer, holder of tickets, staff. What was sold and paid stays, without the person"
        " (docs/personal-data.md). Safe to repeat; status 1 while a purchase is under way.",
    )
    forget_.add_argument("email", type=_email)
    _data_option(forget_)
    forget_.set_defaults(run=_forget)


def _add_ledger(commands: Commands) -> None:
    ledger_ = commands.add_parser(
        "ledger",
        help="audit the books",
        description="Tells whether the double-entry books balance and agree with every payment's"
        " state, and each account's balance. Status 1 when they do not.",
    )
    _data_option(ledger_)
    ledger_.set_defaults(run=_ledger)


def _email(text: str) -> str:
    try:
        return TypeAdapter(EmailStr).validate_python(text)
    except ValidationError:
        raise argparse.ArgumentTypeError(f"{text!r} is no e-mail address") from None


def _home(arguments: argparse.Namespace) -> laptop.Home:
    return laptop.Home((arguments.data or laptop.default_folder()).absolute())


def _up(arguments: argparse.Namespace) -> int:
    if arguments.stop_with_parent:
        _stop_with_parent()
    home = _home(arguments)
    home.prepare()
    listener = laptop.listen_here(arguments.host, arguments.port)
    address = laptop.address_of(arguments.host, arguments.port)
    # The server takes SIGTERM once it runs; before that it must unwind us as Ctrl-C does.
    signal.signal(signal.SIGTERM, _interrupt)
    with laptop.database(home) as admin_url:
        if arguments.split:
            asyncio.run(split.run(home, admin_url, listener, address, demo=not arguments.no_demo))
        else:
            run_server(_serve_all(home, admin_url, listener, address, arguments))
    return 0


async def _serve_all(
    home: laptop.Home,
    admin_url: str,
    listener: socket.socket,
    address: str,
    arguments: argparse.Namespace,
) -> None:
    @asynccontextmanager
    async def everything() -> AsyncGenerator[Platform]:
        async with laptop.platform(home, admin_url, address) as platform:
            if not arguments.no_demo:
                for line in await demo.load(platform):
                    print(line, flush=True)
            yield platform

    server = Server(Settings(), listener)
    await server.run(everything(), home.announced(address))


def _serve_some(arguments: argparse.Namespace) -> int:
    if arguments.stop_with_parent:
        _stop_with_parent()
    if arguments.fd is not None:
        listener = socket.socket(fileno=arguments.fd)
    else:
        listener = laptop.listen_here(arguments.host, arguments.port)
    return serve.run(arguments.names, listener)


def _import(arguments: argparse.Namespace) -> int:
    home = _home(arguments)
    return asyncio.run(
        import_calendar.run(home, arguments.file, arguments.organiser, arguments.zone)
    )


def _import_plan(arguments: argparse.Namespace) -> int:
    return asyncio.run(
        import_plan.run(
            _home(arguments), arguments.file, arguments.organiser,
            accept_repairs=arguments.accept_repairs, verbose=arguments.verbose,
        )
    )  # fmt: skip


def _import_menu(arguments: argparse.Namespace) -> int:
    return asyncio.run(
        import_menu.run(
            _home(arguments), arguments.files, arguments.stand,
            leave_out=arguments.leave_out, check=arguments.check,
        )
    )  # fmt: skip


def _person(arguments: argparse.Namespace) -> int:
    try:
        password = os.environ.get("QUICKSERVE_PASSWORD") or getpass.getpass("Password: ")
    except EOFError:
        raise laptop.CannotStart("No terminal to ask on: set QUICKSERVE_PASSWORD.") from None
    return asyncio.run(
        people.add(
            _home(arguments), email=arguments.email, name=arguments.name, password=password,
            organiser=arguments.organiser, role=arguments.role, admin=arguments.admin,
        )
    )  # fmt: skip


def _ledger(arguments: argparse.Namespace) -> int:
    return asyncio.run(ledger.run(_home(arguments)))


def _forget(arguments: argparse.Namespace) -> int:
    return asyncio.run(forget.run(_home(arguments), arguments.email))


def _migrate(arguments: argparse.Namespace) -> int:
    names = arguments.names or SERVICES
    home = _home(arguments)
    home.prepare()
    settings = laptop.settings_of(home, public_url="")
    for name in names:
        if load(name).owns_data and not settings.of_service(name).database_url:
            raise laptop.CannotStart(
                f"Set QUICKSERVE_DATABASE_URL or QUICKSERVE_{name.upper()}_DATABASE_URL;"
                " the embedded server migrates itself."
            )
    platform = Platform(settings, [load(name) for name in names])
    for name in asyncio.run(platform.migrate()):
        print(name)
    return 0


def _doctor(arguments: argparse.Namespace) -> int:
    home = laptop.Home((arguments.data or laptop.default_folder()).absolute())
    return doctor.run(home, arguments.names, as_json=arguments.json)


def _interrupt(_number: int, _frame: object) -> None:
    signal.raise_signal(signal.SIGINT)


def _stop_with_parent() -> None:
    """Linux only: elsewhere the terminal's Ctrl-C reaches us anyway."""
    if sys.platform == "linux":
        pr_set_pdeathsig = 1
        ctypes.CDLL(None).prctl(pr_set_pdeathsig, signal.SIGTERM)

"""Command line: `sellable` and what is typed after it in, an exit code out.

    0  done, and all is well
    1  done, and the answer is no: files are not valid, a run is not balanced, an item is not known
    2  not done: wrong arguments, no database, wrong configuration

Beam takes two seconds to import, so only what needs it does.
"""

import os
import sys
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import cyclopts
from cyclopts import Parameter

from pipelines import repair_commands, service_commands
from pipelines.command_defaults import (
    DATABASE,
    EXIT_NO,
    EXIT_NOT_DONE,
    EXIT_OK,
    EXIT_READER_GONE,
    MAPPINGS,
    MASTER_DATA,
    OUTBOUND,
    POLICY,
)

if TYPE_CHECKING:
    from transforms.publication.databases import Database

app = cyclopts.App(
    name="sellable",
    help="Keeps a distributor's stock in step across every channel.",
    help_epilogue="Exit codes: 0 all is well, 1 the answer is no, 2 it could not be done.",
    version=lambda: version("sellable"),
    result_action="return_value",
)
app.command(repair_commands.replay)
app.command(repair_commands.reconcile)
app.command(service_commands.positions)


@app.command(help_flags=[], version_flags=[])
def run(*options: Annotated[str, Parameter(allow_leading_hyphen=True, show=False)]) -> int:
    """Run the inventory pipeline; `sellable run --help` lists its options, Beam's own are passed through."""
    from pipelines import inventory_sync

    return inventory_sync.run(list(options))


@app.command
def summary(*, database: str = str(DATABASE), run_id: str | None = None) -> int:
    """Show how everything ended in a run, and what needs a hand.

    Parameters
    ----------
    database
        The views that the run wrote: a SQLite file, or postgresql://USER@HOST/NAME.
    run_id
        Which run; the last one where none is named.
    """
    from pipelines.summary import print_summary

    return EXIT_OK if print_summary(_named(database), run_id) else EXIT_NO


@app.command
def explain(item: str, /, *, channel: str | None = None, database: str = str(DATABASE)) -> int:
    """Show why channels are told what they are told of an item.

    Parameters
    ----------
    item
        Our id of the item, or a channel's listing of it.
    channel
        Only this channel.
    database
        The views that a run wrote.
    """
    from pipelines.explaining import explain as explanation_of
    from pipelines.item_report import UnknownItemError
    from pipelines.terminal_text import neutral, new_console

    try:
        new_console().print(explanation_of(_named(database), item, channel))
    except UnknownItemError as error:
        for line in str(error).splitlines():
            print(neutral(line), file=sys.stderr)
        return EXIT_NO
    return EXIT_OK


@app.command
def rows(view: str, /, *columns: str, limit: int = 50, closed: bool = False, database: str = str(DATABASE)) -> int:
    """Show the first rows of a view.

    Parameters
    ----------
    view
        Its name, such as availability, position, dead_letter or parked; docs/views.md has all.
    columns
        Which columns; those that people look at first where none is named.
    limit
        How many rows at most.
    closed
        Of parked and dead_letter, those too that have been settled since.
    database
        The views that a run wrote.
    """
    from pipelines.terminal_text import new_console
    from pipelines.view_rows import NoSuchColumnError, read_rows

    try:
        new_console().print(read_rows(_named(database), view, columns, limit, closed=closed))
    except NoSuchColumnError as error:
        print(error, file=sys.stderr)
        return EXIT_NO
    return EXIT_OK


@app.command
def dry_run(
    *,
    policy: Path,
    database: str = str(DATABASE),
    current: Path | None = None,
    master_data: Annotated[Path | None, Parameter(name=("--master_data", "--master"))] = None,
    as_of: str | None = None,
    limit: int = 200,
) -> int:
    """Show what every channel would be told by another policy; nothing is written.

    Parameters
    ----------
    policy
        The policy file that is to come.
    database
        The views that a run wrote.
    current
        The policy file of today; without one, the figures on record are compared.
    master_data
        A folder of tables; that of the run where none is named.
    as_of
        The ISO time that counts as now; that of the run where none is named.
    limit
        How many changes to show; the totals count all.
    """
    from pipelines.dry_run import dry_run as outcome_of
    from pipelines.dry_run import shown
    from pipelines.terminal_text import new_console
    from schemas.yaml_files import SpecError

    try:
        found = outcome_of(_named(database), policy, current=current, master_data=master_data, as_of=as_of)
    except SpecError as error:
        print(error, file=sys.stderr)
        return EXIT_NOT_DONE
    new_console().print(shown(found, limit))
    return EXIT_OK


@app.command
def validate(
    *,
    mappings: Path = MAPPINGS,
    master_data: Annotated[Path, Parameter(name=("--master_data", "--master"))] = MASTER_DATA,
    policy: Path = POLICY,
    outbound: Path = OUTBOUND,
    gateway: Path | None = None,
    pickup: Path | None = None,
) -> int:
    """Check everything that people maintain, and published schemas; every problem with its file and line.

    Parameters
    ----------
    mappings
        A folder with a folder for each source.
    master_data
        A folder of tables.
    policy
        The policy file.
    outbound
        A folder with a folder for each outbound mapping.
    gateway
        The file of the webhook gateway.
    pickup
        The file of the pickup.
    """
    from pipelines.contract_checks import check_contracts
    from pipelines.validating import validate as validation_of

    found = validation_of(mappings, master_data, policy, outbound)
    contracts = check_contracts(gateway, pickup)
    problems = [*found.problems, *contracts.problems]
    for problem in problems:
        print(problem, file=sys.stderr)
    for line in [*found.right, *contracts.right]:
        print(f"OK  {line}")
    return EXIT_NO if problems else EXIT_OK


for command in (service_commands.gateway, service_commands.api, service_commands.pickup, service_commands.contracts):
    app.command(command)


@app.command
def handoff(old: Path, new: Path, /) -> int:
    """Compare the books that two deployments kept with --books_to: OLD, and NEW, which started from it."""
    from pipelines.handing_over import compare

    return compare(old, new)


def _named(database: str) -> "Database":
    from transforms.publication.databases import database_of

    return database_of(database)


def main(arguments: Sequence[str] | None = None) -> int:
    """Do what was typed; the exit code says how it went."""
    from transforms.publication.view_database import ViewsError

    try:
        code = app(sys.argv[1:] if arguments is None else list(arguments), exit_on_error=False)
        sys.stdout.flush()
    except cyclopts.CycloptsError:  # what was wrong is printed already
        return EXIT_NOT_DONE
    except ViewsError as error:
        print(f"sellable: {error}", file=sys.stderr)
        return EXIT_NOT_DONE
    except BrokenPipeError:  # `sellable summary | head`: what is left has no reader
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return EXIT_READER_GONE
    return code if isinstance(code, int) else EXIT_OK


if __name__ == "__main__":
    sys.exit(main())

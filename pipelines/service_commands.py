"""Service commands: `sellable gateway`, `sellable api` and `sellable pickup`; they run until they are told to end."""

import os
import sys
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from pipelines.command_defaults import (
    API_CONNECTIONS_MAX,
    DATABASE,
    EXIT_NO,
    EXIT_NOT_DONE,
    EXIT_OK,
    LOOPBACK,
    MAPPINGS,
    MASTER_DATA,
    OUTBOUND,
    POLICY,
)


def gateway(*, config: Path, host: str = LOOPBACK, port: int = 8_080) -> int:
    """Take webhooks over HTTP, verify who sent them, and keep them where the pipeline reads.

    Parameters
    ----------
    config
        A YAML file: who may send what, and where it goes; docs/gateway.md explains it.
    host
        The address to listen on. Put a proxy that speaks TLS before any other than this machine's own.
    port
        The port; 0 for any that is free.
    """
    from schemas.yaml_files import SpecError
    from services.gateway import delivery_of
    from services.gateway import gateway as gateway_of
    from services.gateway_config import load_gateway_config
    from services.serving import serve

    try:
        checked = load_gateway_config(config, os.environ)
    except SpecError as error:
        print(error, file=sys.stderr)
        return EXIT_NOT_DONE
    served = gateway_of(checked, delivery_of(checked))
    serve(served, host, port, checked.spec.limits.connections_max, "webhook gateway")
    return EXIT_OK


def api(
    *,
    database: str = str(DATABASE),
    master_data: Annotated[Path, Parameter(name=("--master_data", "--master"))] = MASTER_DATA,
    policy: Path = POLICY,
    host: str = LOOPBACK,
    port: int = 8_081,
    token_env: Annotated[str | None, Parameter(name=("--token_env", "--token-env"))] = None,
) -> int:
    """Serve the views over HTTP, read only, and the control tower in the browser.

    Parameters
    ----------
    database
        The views that a run wrote: a file, or the address of a PostgreSQL server.
    master_data
        A folder of tables; order checks need it.
    policy
        The policy file; order checks need it.
    host
        The address to listen on; any other than this machine's own needs a token.
    port
        The port; 0 for any that is free.
    token_env
        The name of the environment variable with the token that callers must send.
    """
    from schemas.yaml_files import SpecError
    from services.api import api as api_of
    from services.api_source import load_source, token_of
    from services.serving import serve
    from transforms.publication.databases import database_of

    try:
        token = token_of(host, token_env, os.environ)
        served = api_of(load_source(database_of(database), master_data, policy), token)
    except SpecError as error:
        print(error, file=sys.stderr)
        return EXIT_NOT_DONE
    serve(served, host, port, API_CONNECTIONS_MAX, "read API and control tower")
    return EXIT_OK


def pickup(*, config: Path, once: bool = False, every_seconds: int = 15) -> int:
    """Take new files from folders and SFTP servers to where the pipeline reads, each once, and archive them.

    Parameters
    ----------
    config
        A YAML file: which folders, and where their files go; docs/pickup.md explains it.
    once
        One pass, and an exit code: 1 where something was refused or failed.
    every_seconds
        How long to wait between passes.
    """
    import logging
    import time
    from datetime import UTC, datetime

    from schemas.yaml_files import SpecError
    from services.pickup import pick_up
    from services.pickup_config import load_pickup_config
    from services.pickup_ledger import PickupLedger

    try:
        spec = load_pickup_config(config, os.environ)
    except SpecError as error:
        print(error, file=sys.stderr)
        return EXIT_NOT_DONE
    logging.basicConfig(stream=sys.stderr, level=logging.INFO, format="%(asctime)s %(name)s %(message)s")
    logging.getLogger("asyncssh").setLevel(logging.WARNING)
    ledger = PickupLedger(spec.ledger)
    try:
        while True:
            picked = pick_up(spec, ledger, os.environ, datetime.now(UTC))
            if once:
                print(", ".join(f"{number} {words}" for words, number in picked._asdict().items()))
                return EXIT_NO if picked.refused or picked.failed else EXIT_OK
            time.sleep(every_seconds)
    except KeyboardInterrupt:
        return EXIT_OK
    finally:
        ledger.close()


def contracts(
    *,
    mappings: Path = MAPPINGS,
    outbound: Path = OUTBOUND,
    master_data: Annotated[Path, Parameter(name=("--master_data", "--master"))] = MASTER_DATA,
    policy: Path = POLICY,
) -> int:
    """Print the page of contracts: sources, partners, what "available" means to whom, reason codes.

    Parameters
    ----------
    mappings
        A folder with a folder for each source.
    outbound
        A folder with a folder for each partner.
    master_data
        A folder of tables.
    policy
        The policy file.
    """
    from pipelines.contracts_page import contracts_page
    from schemas.yaml_files import SpecError

    try:
        print(contracts_page(mappings, outbound, master_data, policy), end="")
    except SpecError as error:
        print(error, file=sys.stderr)
        return EXIT_NOT_DONE
    return EXIT_OK


def positions(*, to: Path, database: str = str(DATABASE)) -> int:
    """Write what is on hand to a Parquet file, as demand planning takes it.

    Parameters
    ----------
    to
        The folder; the file is named by the last run, and appears when it is whole.
    database
        The views that a run wrote: a SQLite file, or postgresql://USER@HOST/NAME.
    """
    from pipelines.position_files import write_positions
    from transforms.publication.databases import database_of

    path, rows = write_positions(database_of(database), to)
    print(f"{rows:,} positions in {path}")
    return EXIT_OK

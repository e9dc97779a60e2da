"""Contract checks: published schemas and the files of services in, what is right and what is wrong with them out.

Every version of a published contract must read what every other one wrote; a change that breaks that is told before
anybody's reader breaks. Files of services are checked without their secrets, which a team's CI does not have.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from pipelines.validating import Validation
from schemas.avro_contract import AVRO_FOLDER, STOCK_EVENT, contract_versions, incompatibilities
from schemas.yaml_files import SpecError
from services.gateway_config import check_gateway_config
from services.pickup_config import load_pickup_config

Schema = dict[str, Any]


def check_contracts(gateway: Path | None, pickup: Path | None) -> Validation:
    """What was found; files that are not named are not checked."""
    found = Validation([], [])
    check_versions(STOCK_EVENT, contract_versions(STOCK_EVENT), found)
    _check_file("gateway", gateway, check_gateway_config, found)
    _check_file("pickup", pickup, load_pickup_config, found)
    return found


def check_versions(name: str, versions: dict[int, Schema], found: Validation) -> None:
    """Each version against each other one, as reader and as writer."""
    problems = [
        f"{AVRO_FOLDER.name}/{name}.v{reader}.avsc: cannot read what v{writer} wrote: {problem}"
        for reader, schema in versions.items()
        for writer, other in versions.items()
        if reader != writer
        for problem in incompatibilities(schema, other)
    ]
    found.problems.extend(problems)
    if not problems:
        found.right.append(f"contract {name}: {len(versions)} versions, each reads what the others wrote")


def _check_file(what: str, path: Path | None, check: Callable[[Path], Any], found: Validation) -> None:
    if path is None:
        return
    try:
        spec = check(path)
    except SpecError as error:
        found.problems.extend(str(error).splitlines())
        return
    found.right.append(f"{what} {path}: {len(spec.sources)} sources")

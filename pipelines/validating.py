"""Validating: the files that people maintain in, everything that is wrong with them out, before any of it runs.

Mappings are run on their samples, which are the contract with each source; so this is what CI runs on a change of a
mapping, of master data or of a policy.
"""

from pathlib import Path
from typing import NamedTuple

from schemas.master_data import MasterData, load_master_data
from schemas.outbound_spec import load_outbounds
from schemas.policy_spec import load_policy
from schemas.yaml_files import SpecError
from transforms.canonical.contract_rules import check_contract, samples_of
from transforms.canonical.mapping_rules import MAPPING_FILE, SourceMapping, load_mappings
from transforms.sending.delivery_samples import check_outbound
from transforms.sending.delivery_samples import samples_of as outbound_samples


class Validation(NamedTuple):
    """What was found: one line for each part that is right, one for each problem."""

    right: list[str]
    problems: list[str]


def validate(mappings: Path, master_data: Path, policy: Path, outbound: Path | None = None) -> Validation:
    """Check mappings of both directions with their samples, master data, and the policy against the master data."""
    found = Validation([], [])
    _check_mappings(mappings, found)
    if outbound is not None:
        _check_outbound(outbound, found)
    master = _check_master_data(master_data, found)
    if master is not None:
        _check_policy(policy, master, found)
    else:
        found.problems.append(f"{policy}: not checked, since it names what master data holds")
    return found


def _check_mappings(folder: Path, found: Validation) -> None:
    try:
        mappings = load_mappings(folder)
    except SpecError as error:
        found.problems.extend(str(error).splitlines())
        return
    problems: list[str] = []
    sample_count = 0
    for source, mapping in mappings.items():
        problems += _check_samples(folder / source, mapping)
        sample_count += len(samples_of(folder / source))
    found.problems.extend(problems)
    if not problems:
        found.right.append(
            f"mappings in {folder}: {len(mappings)} sources, {sample_count} samples become what they must"
        )


def _check_outbound(folder: Path, found: Validation) -> None:
    try:
        mappings = load_outbounds(folder)
    except SpecError as error:
        found.problems.extend(str(error).splitlines())
        return
    problems = [problem for name, one in mappings.items() for problem in check_outbound(folder / name, one)]
    found.problems.extend(problems)
    if not problems:
        sample_count = sum(len(outbound_samples(folder / name)) for name in mappings)
        made = f"{sample_count} samples become what they must"
        found.right.append(f"outbound mappings in {folder}: {len(mappings)} partners, {made}")


def _check_samples(folder: Path, mapping: SourceMapping) -> list[str]:
    if not (folder / MAPPING_FILE).is_file():
        return [f"{folder}: no such folder, expected the mapping of source {mapping.source} in a folder of its name"]
    return check_contract(folder, mapping)


def _check_master_data(folder: Path, found: Validation) -> MasterData | None:
    try:
        master = load_master_data(folder)
    except SpecError as error:
        found.problems.extend(str(error).splitlines())
        return None
    found.right.append(
        f"master data in {folder}: {len(master.items)} items, {len(master.locations)} locations, "
        f"{len(master.channels)} channels, {len(master.boms)} kits"
    )
    return master


def _check_policy(path: Path, master: MasterData, found: Validation) -> None:
    try:
        policy = load_policy(path, master)
    except SpecError as error:
        found.problems.extend(str(error).splitlines())
        return
    found.right.append(f"policy {path}: version {policy.version}, {len(policy.channels)} channels")

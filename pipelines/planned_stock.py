"""Planned stock: a demand planner's safety stock file and the policy in, the policy with its rules out.

    python -m pipelines.planned_stock plan.csv --policy policy.yaml --master_data master --out new_policy.yaml

The file is CSV with the columns item, location, safety_stock and, where it matters, valid_from; a row without a
location is for the item anywhere. A rule of the policy for the same item and place is replaced, others stay
where they are, comments too. The new policy is checked like any other and written beside the old one: a person looks at
`sellable dry-run --policy new_policy.yaml` and promotes it. A plan that is only later valid is refused, since a policy
holds from when it is promoted.
"""

import argparse
import csv
import sys
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation
from io import StringIO
from pathlib import Path
from typing import Any, NamedTuple

from ruamel.yaml import YAML

from schemas.master_data import MasterData, load_master_data
from schemas.policy_spec import load_policy
from schemas.yaml_files import SpecError, load_yaml

COLUMNS = {"item", "location", "safety_stock"}
ROWS_MAX = 100_000
EXIT_OK, EXIT_NOT_DONE = 0, 2


class Planned(NamedTuple):
    """One row of the plan."""

    item: str
    location: str  # "" for anywhere
    quantity: Decimal


def read_plan(path: Path, master: MasterData, today: date) -> list[Planned]:
    """The rows of a plan; SpecError names the line of everything in it that cannot be a rule."""
    try:
        rows = list(csv.DictReader(StringIO(path.read_text(encoding="utf-8-sig")), strict=True))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise SpecError(f"{path}: cannot be read ({error}), expected a CSV file") from None
    missing = COLUMNS - set(rows[0] if rows else ())
    if missing or len(rows) > ROWS_MAX:
        raise SpecError(f"{path}:1: no column {', '.join(sorted(missing))}" if missing else f"{path}: too many rows")
    problems: list[str] = []
    plan: dict[tuple[str, str], Planned] = {}
    for line, row in enumerate(rows, start=2):
        one = Planned((row["item"] or "").strip(), (row["location"] or "").strip(), _quantity(row["safety_stock"]))
        problems += [f"{path}:{line}: {problem}" for problem in _problems(one, row, master, today)]
        if (one.item, one.location) in plan:
            problems.append(f"{path}:{line}: {one.item} at {one.location or 'any place'} twice, expected it once")
        plan[one.item, one.location] = one
    if problems:
        raise SpecError("\n".join(problems))
    return list(plan.values())


def _quantity(text: str | None) -> Decimal:
    try:
        return Decimal((text or "").strip())
    except InvalidOperation:
        return Decimal("NaN")


def _problems(one: Planned, row: dict[str, Any], master: MasterData, today: date) -> Iterator[str]:
    if one.item not in master.items:
        yield f"unknown item {one.item!r}, expected one of {len(master.items)} of master data"
    if one.location and one.location not in master.locations:
        yield f"unknown location {one.location!r}, expected {', '.join(sorted(master.locations))}"
    if not one.quantity.is_finite() or one.quantity < 0:
        yield f"safety_stock is {row['safety_stock']!r}, expected a number, at least 0"
    begins = (row.get("valid_from") or "").strip()
    try:
        if begins and date.fromisoformat(begins) > today:
            yield f"valid only from {begins}, expected a plan that holds today, {today}"
    except ValueError:
        yield f"valid_from is {begins!r}, expected a day such as 2026-03-01"


def policy_with(plan: Sequence[Planned], policy: Path, version: str) -> str:
    """The policy file's text with the plan's rules in it, under a new version."""
    tree = load_yaml(policy)
    tree["version"] = version
    rules = tree.setdefault("safety_stock", [])
    places = {
        (str(rule.get("item", "")), str(rule.get("location", ""))): rule for rule in rules if not rule.get("channel")
    }
    for one in plan:
        number = int(one.quantity) if one.quantity == one.quantity.to_integral_value() else float(one.quantity)
        rule = places.get((one.item, one.location))
        if rule is not None:
            rule["quantity"] = number
        else:
            rules.append({"quantity": number, "item": one.item, **({"location": one.location} if one.location else {})})
    text = StringIO()
    writer = YAML(typ="rt", pure=True)
    writer.width = 120
    writer.dump(tree, text)
    return text.getvalue()


def main(arguments: Sequence[str] | None = None, today: date | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("plan", type=Path)
    parser.add_argument("--policy", type=Path, required=True)
    parser.add_argument("--master_data", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    given = parser.parse_args(arguments)
    today = today or datetime.now(UTC).date()
    try:
        master = load_master_data(given.master_data)
        before = load_policy(given.policy, master)
        plan = read_plan(given.plan, master, today)
        given.out.write_text(policy_with(plan, given.policy, f"{before.version}+plan-{today}"), encoding="utf-8")
        load_policy(given.out, master)
    except SpecError as error:
        print(error, file=sys.stderr)
        return EXIT_NOT_DONE
    print(f"{len(plan)} rules of {given.plan} in {given.out}; look at sellable dry-run --policy {given.out}")
    return EXIT_OK


if __name__ == "__main__":
    sys.exit(main())

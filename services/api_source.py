"""API source: a database of views, master data and a policy in, everything that the API reads from out."""

from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

from pipelines.view_stock import ViewStock, read_options, read_stock
from schemas.master_data import MasterData
from schemas.policy_spec import Policy
from schemas.yaml_files import SpecError
from transforms.governed import LiveSource, Source
from transforms.governed_files import read_governed
from transforms.governed_rules import governed
from transforms.offers.availability_rules import Rules
from transforms.offers.offer_rules import rules_at
from transforms.publication.databases import Database, open_to_read

TOKEN_CHARS_MIN = 16
REFRESH_SECONDS = 30.0  # between two looks at master data and policy
LOOPBACKS = ("127.0.0.1", "::1", "localhost")


class InForce(NamedTuple):
    """What an answer goes by: of rows with dates and of versions of the policy those of its moment."""

    master: MasterData
    rules: Rules


class ApiSource(NamedTuple):
    """Where answers come from. Nothing is ever written."""

    database: Database
    governed_by: Source

    @property
    def policy(self) -> Policy:
        """The policy file in force, with all its versions; while the newest one is wrong, the one before."""
        return self.governed_by.standing().governed.policy

    @contextmanager
    def reading(self) -> Iterator[Any]:
        """A connection that sees one moment of the views while others go on writing."""
        connection = open_to_read(self.database)
        try:
            connection.execute("BEGIN")
            yield connection
        finally:
            connection.close()

    def stock(self, items: Collection[str]) -> ViewStock:
        """The stock of some items."""
        return read_stock(self.database, items)

    def in_force(self) -> InForce:
        """Master data and policy at the moment of the views: the run's own now if it had one, else the clock's."""
        text = read_options(self.database).get("as_of")
        moment = datetime.fromisoformat(text) if text else datetime.now(UTC)
        master, policy, _ = self.governed_by.standing().governed
        return InForce(master.at(moment), rules_at(policy, master.lots, moment))


def load_source(
    database: Database, master_data: Path, policy: Path, refresh_seconds: float = REFRESH_SECONDS
) -> ApiSource:
    """A source, checked: `ViewsError` without views, `SpecError` for files that are not right.

    Newer files are in force within `refresh_seconds`, as in a stream.
    """
    open_to_read(database).close()
    master, rules, _ = read_governed(str(master_data), str(policy))
    first = governed(master, rules)
    return ApiSource(database, LiveSource(str(master_data), str(policy), first, refresh_seconds))


def token_of(host: str, name: str | None, environment: Mapping[str, str]) -> str:
    """The token that callers must send; "" for none, which only this machine's own address may have."""
    if name is None:
        if host not in LOOPBACKS:
            raise SpecError(f"host {host} can be reached by others, expected --token_env with the name of a variable")
        return ""
    token = environment.get(name, "")
    if len(token) < TOKEN_CHARS_MIN or not token.isascii():
        raise SpecError(
            f"environment variable {name[:80]} holds no token, expected {TOKEN_CHARS_MIN} or more ASCII characters"
        )
    return token

"""API source: a database of views, master data and a policy in, everything that the API reads from out."""

from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

from pipelines.view_stock import ViewStock, read_stock
from schemas.master_data import MasterData
from schemas.policy_spec import Policy
from schemas.yaml_files import SpecError
from transforms.governed import LiveSource, Source
from transforms.governed_files import read_governed
from transforms.governed_rules import governed
from transforms.offers.availability_rules import Rules
from transforms.publication.databases import Database, open_to_read

TOKEN_CHARS_MIN = 16
REFRESH_SECONDS = 30.0  # between two looks at master data and policy
LOOPBACKS = ("127.0.0.1", "::1", "localhost")


class ApiSource(NamedTuple):
    """Where answers come from. Nothing is ever written."""

    database: Database
    governed_by: Source

    @property
    def master(self) -> MasterData:
        """The master data in force; while the newest tables are wrong, those before."""
        return self.governed_by.standing().governed.master

    @property
    def policy(self) -> Policy:
        """The policy in force."""
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

    def rules(self, seen: ViewStock) -> Rules:
        """The policy at the moment of the views: the run's own now if it had one, else the clock's."""
        text = seen.options.get("as_of")
        return Rules(self.policy, self.master.lots, datetime.fromisoformat(text) if text else datetime.now(UTC))


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

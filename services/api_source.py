"""API source: a database of views, master data and a policy in, everything that the API reads from out."""

from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

from pipelines.view_stock import ViewStock, read_stock
from schemas.master_data import MasterData, load_master_data
from schemas.policy_spec import Policy, load_policy
from schemas.yaml_files import SpecError
from transforms.offers.availability_rules import Rules
from transforms.publication.databases import Database, open_to_read

TOKEN_CHARS_MIN = 16
LOOPBACKS = ("127.0.0.1", "::1", "localhost")


class ApiSource(NamedTuple):
    """Where answers come from. Nothing is ever written."""

    database: Database
    master: MasterData
    policy: Policy

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


def load_source(database: Database, master_data: Path, policy: Path) -> ApiSource:
    """A source, checked: `ViewsError` without views, `SpecError` for files that are not right."""
    open_to_read(database).close()
    master = load_master_data(master_data)
    return ApiSource(database, master, load_policy(policy, master))


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

"""PostgreSQL views: records of any view in, the newest row of each on a PostgreSQL server."""

from typing import Any

import apache_beam as beam

from transforms.publication.postgres_database import place_of
from transforms.publication.view_upserts import upsert


class WritePostgresViews(beam.PTransform[Any, Any]):
    """Keep the newest row of every view on a server on which `create_views` made the tables before the run.

    In:       records of any view, in any order, with duplicates, see `view_tables`; or several collections of them.
    Out:      nothing: an empty collection, finished when all is committed.
    State:    none in Beam; the tables are the state, and no row of them is replaced by an older one.
    Rejects:  nothing; a server that stays away for more than a minute fails the bundle with `ViewsError`.
    Source:   PostgreSQL's INSERT ... ON CONFLICT, postgresql.org/docs/current/sql-insert.html.
    """

    def __init__(self, url: str, run_id: str = "", schema: str = "") -> None:
        """`url` is postgresql://USER@HOST/NAME; workers take the password from PGPASSWORD or a password file.

        `schema`: of the tables, where it is not the one that the user has anyway.
        """
        super().__init__()
        self.place = place_of(url)._replace(schema=schema)
        self.run_id = run_id

    def expand(self, records: Any) -> Any:
        return upsert(records, self.place, self.run_id)

"""SQLite views: records of any view in, the newest row of each in one SQLite file."""

from pathlib import Path
from typing import Any

import apache_beam as beam

from transforms.publication.view_upserts import upsert


class WriteSqliteViews(beam.PTransform[Any, Any]):
    """Keep the newest row of every view in a SQLite file that `create_views` made before the run.

    In:       records of any view, in any order, with duplicates, see `view_tables`; or several collections of them,
              which are better not flattened before: each is then written where it is made, without being encoded.
    Out:      nothing: an empty collection, finished when all is on disk.
    State:    none in Beam; the file is the state, and no row of it is replaced by an older one.
    Rejects:  nothing; a database that cannot be written ends the run with `ViewsError`.
    Source:   SQLite's UPSERT and write-ahead log, sqlite.org/lang_upsert.html and sqlite.org/wal.html.
    """

    def __init__(self, path: str | Path, run_id: str = "") -> None:
        super().__init__()
        self.path = Path(path)
        self.run_id = run_id

    def expand(self, records: Any) -> Any:
        return upsert(records, self.path.absolute(), self.run_id)

"""Publication: records of every kind enter, rows of views, files and messages leave; none is replaced by an older one.

- `view_columns`   what each column means, said once
- `view_tables`    the table of views: which record, which key, what makes a row newer; all SQL is made from it
- `newest_rows`    the newest record of each row, so that a hot row is written once per flush
- `view_database`  one SQLite file: made, opened, written
- `postgres_database` the same on a PostgreSQL server
- `databases`      which of the two, and one way to use either
- `rebuilding`     views made apart, put in the place of the old ones in one step
- `runs`           when a run began and ended, and by which rules
- `counts`         `CountOutcomes`: how messages and events ended
- `tallies`        `TallyElements`: numbers that move while the work goes on
- `view_document`  docs/views.md, made from the table of views
- `view_upserts`   records into either, flush by flush
- `sqlite_views`   `WriteSqliteViews`: the views in SQLite
- `postgres_views` `WritePostgresViews`: the views on a PostgreSQL server
- `bigquery_views`  `WriteBigQueryViews`: every change of a row, appended; the newest of each key by a view over it
- `bigtable_views`  `WriteBigtableViews`: the views in Bigtable
- `row_documents`  rows as JSON documents and Avro records
- `record_files`   `WriteRecordFiles`: JSON lines or Avro, one folder for each view
- `topics`         `PublishRecords`: rows as Pub/Sub messages
"""

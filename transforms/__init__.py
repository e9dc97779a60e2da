"""The stages of the flow: raw messages enter, views, updates and refusals leave; one package for each, in that order.

- `arrival`      raw files and queue messages as envelopes, and the documents in them
- `canonical`    what sources say as canonical events, checked against master data
- `guard`        complete snapshots, let through or held for a person
- `kits`         events on kits with the components that they really move
- `ledger`       the books of every item: positions, claims, decisions
- `offers`       what each channel may sell, and why
- `publication`  views, files, topics, counts
- `sending`      partners told, and how far each message has come

Beside them: `governed_files`, `governed_rules` and `governed`, which version of master data and policy is in force
while a stream runs; `reasons`, every code by which something can be refused, `rejections`, what is kept of it then;
`record_coders`, how records cross processes; `clocks`, what counts as now; `collector`, Python's search for garbage put
off where there is none; `key_groups`, keys that lie evenly with workers; `round_trips`, state written to another
process in one go.
"""

"""The guard: complete snapshots enter in parts; when all of one is there and nothing is amiss, what changed goes on.

- `part_lines`      the packed lines of parts, read as far as the guard needs it
- `table_rules`     what the last snapshot of a location said, kept small, and the next one beside it
- `whole_rules`     one snapshot: what of it is missing, contradictory, or would move too much
- `guard_state`     what is kept of one source, in pieces that are written apart
- `going_rules`     what of a snapshot that goes on the ledger needs: all of it, or what changed
- `again_rules`     lines of such a one that come again: what it said, or something else
- `held_lines`      what the views show of lines that are held
- `snapshot_rules`  parts of one source in; lines, closed snapshots and what is held for a person out
- `snapshots`       `GuardSnapshots`, the keyed stage around them
- `feed_rules`      when one source was heard in; notices for the books, and alerts of its silence, out
- `feeds`           `WatchFeeds`, the keyed stage around them
"""

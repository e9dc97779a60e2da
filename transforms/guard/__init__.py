"""The guard: complete snapshots enter, part by part; their lines go on when all of it is there and nothing is amiss.

- `whole_rules`     one snapshot: what of it is missing, contradictory, or would move too much
- `snapshot_rules`  parts of one source in; lines, closed snapshots and what is held for a person out
- `snapshots`       `GuardSnapshots`, the keyed stage around them
"""

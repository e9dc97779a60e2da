"""The ledger: canonical events enter, keyed by item; positions, claims, decisions and channel figures leave.

- `grouping`        `GroupByShard`: events of a bundle as one compact element for each shard
- `ledger_rules`    one event into the books of its item: identity, duplicates, conflicts, ownership
- `horizon_rules`   what is older than the retained history goes out of the books
- `item_ledger`     the books of one item, in double entry
- `effects`         what each kind of event does to them
- `position_rules`  on hand from movements and counts in any order
- `claim_rules`     what orders and holds still want; what is expected to arrive
- `bill_rules`      by which bill of materials the events of an order of a kit go
- `confirmation_rules`  what should have been confirmed as shipped by now
- `hold_rules`      holds that give way to requests of a higher priority class
- `decision_rules`  the one answer to each request
- `snapshot_rules`  zero as of its time for what a complete snapshot leaves out
- `changed_rows`    what changed, as records for the views
- `offer_rows`      what each channel is told of it: availability, updates, signals, promises
- `posting_rules`  what partners are to book or do because of a posted event
- `shard_rules`     a group of events into the books of a shard, and everything that follows from it
- `ledger_state`    the books as bytes for keyed state
- `books_files`     the books as files, from one deployment to the next
- `whole_shards`    all events of a shard at once, for bounded input
- `live_shards`     decoded books kept between bundles, proved current by a token
- `streamed_shards` one group of events after the other into keyed state, for unbounded input
- `keeping`         `KeepLedger`, the one keyed stage that hosts all of this
- `positions`       `TrackPositions`, the same where only on hand is wanted
- `duplicate_rules`, `duplicates`  `DropDuplicates`, for flows that do without a ledger
"""

"""Sending: channel updates and postings enter, calls to partners are made, and how far each has come leaves.

- `quota_rules`       a token bucket, kept as one time
- `retry_rules`       pauses that grow and spread; Retry-After
- `waiting_rules`     keys in the order in which something is due with them
- `outbox_state`      messages, calls, answers; what is known of each key, as bytes and back
- `delivery_rules`    which messages of a partner wait, from when and until when
- `settling_rules`    what an answer means for the messages of its call and for the partner
- `forgetting_rules`  which told postings are no longer known
- `outbox_rules`      the outbox of one partner: which call to make next
- `outgoing_rules`    records as messages, and which partners are told them
- `x12_writer`        X12 interchanges
- `payload_formats`   templates that are filled in as JSON, CSV, XML and X12, with hostile values disarmed
- `outbound_rules`    outbound mappings: the requests of a call, the meaning of its answers
- `delivery_samples`  the samples of outbound mappings and what must become of them
- `exchanges`         a call made: over HTTP, into a file, to a topic
- `callers`           one thread for each partner, so that a slow one makes nobody wait
- `outbox_rows`       how far every message has come, as rows; what failed, as dead letters
- `live_outboxes`     outboxes in memory with a journal in state
- `draining`          outboxes of many partners worked off side by side, within a time
- `sending`           `SendToPartners`
"""

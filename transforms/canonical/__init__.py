"""Canonical: decoded documents enter, canonical events in master data's words leave; the rest is refused or ignored.

- `expressions`        a JMESPath expression as a plain function
- `quantities`, `times`, `fields`
                       what sources write as numbers, times and codes; one field of a mapping as a function
- `event_templates`, `failed_lines`, `message_templates`, `message_choice`, `complete_templates`
                       one template of a mapping, lines that failed at a partner, one message, complete snapshots
- `mapping_rules`      `SourceMapping`: a document in, what its source reported out; `load_mappings`
- `contract_rules`     the samples of a mapping against the events that they were promised to become
- `mapping`            `MapDocuments`, the transform around the mapping rules
- `check_kinds`, `check_quantity`
                       what an event of each kind must say; quantities in base units
- `check_rules`        `check_event`: what a source said in its words as a canonical event, or why not
- `reported_events`    a refused event as the payload of its own rejection, and back
- `checking`           `CheckAgainstMaster`, the transform around it
- `parking_rules`, `parking`
                       `ParkUnknown`: what names something unknown waits until master data knows it
- `replay_rules`       a message that is sent again, and what it opens again where it is refused again
- `canonical_rules`    the whole front as one function: decode, map, check, explode
- `canonicalising`     `CanonicaliseMessages`, the transform around that
"""

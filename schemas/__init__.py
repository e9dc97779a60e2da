"""What crosses a boundary: records, contracts, mappings, master data and policies.

Enters: YAML, CSV and Avro files written by people. Leaves: checked, immutable values for `transforms`.

- `records`      the immutable records that pass between stages
- `encoding`     those records as bytes and as JSON, and back
- `avro/`        the published contract of the canonical event
- `yaml_files`   YAML with the line number of every value, for messages that say where
- `mapping_spec` what a mapping file may say
- `mappings/`    one folder for each source: mapping, owner, version, samples
- `master_data`  items, units, locations, partners, listings, bills of materials, ownership
- `policy_spec`  what may be sold where, by which rule
"""

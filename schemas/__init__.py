"""What crosses a boundary: records, contracts, mappings, master data and policies.

Enters: YAML, CSV and Avro files written by people. Leaves: checked, immutable values for `transforms`.

- `records`         the immutable records that pass between stages
- `encoding`        those records as bytes and as JSON, and back
- `avro/`           the published contract of the canonical event
- `avro_contract`   that event as Avro and back; what would break between two versions of a contract
- `yaml_files`      YAML with the line number of every value, for messages that say where
- `expression_syntax`
                    the expressions of mappings: JMESPath with exact numbers, and what each of them reads
- `mapping_values`  what a mapping file may say about one field
- `mapping_spec`    what it may say in all
- `mapping_checks`  what of it cannot work: names that nothing fills, messages that nothing reaches, keys that repeat
- `mappings/`       one folder for each source: mapping, owner, version, samples
- `master_files`    a folder of CSV tables, read with the line number of every row
- `master_changes` a feed of changes to single rows of them, in the order of their versions
- `master_change_files` the files of that feed, and its changes that the tables do not fit with
- `master_records`  one immutable record for each row that people maintain
- `master_tables`   those rows checked against each other
- `effective_dates` rows that hold for a time, and the stretches of time they make up
- `varying_tables`  the tables of one stretch
- `boms`            bills of materials: dates, cycles, depth
- `master_plain`    those tables without our classes, as they are packed, and back
- `carried`         large tables that Beam packs once and a process holds once
- `master_data`     all of it: items, units, locations, partners, listings, bills of materials, ownership
- `policy_parts`    what each section of the policy file may say
- `policy_checks`   what a policy says that master data does not know or that cannot hold
- `policy_spec`     the policy: what may be sold where, by which rule
- `partner_spec`    partners: who is told what, where, how fast
- `outbound_spec`   what an outbound mapping may say, and what of it cannot work
- `outbound/`       one folder for each way to tell partners: mapping, owner, version, samples
"""

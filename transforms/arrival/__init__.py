"""Arrival: files and queue messages enter, envelopes and the documents in them leave; the unreadable is rejected.

- `limits`           what a payload may at most be, and `DecodeError`
- `arrived_files`    files of a folder, found and cut into parts that can be read side by side
- `envelope_rules`   times, ids and correlation ids; archive lines and queue messages as envelopes
- `file_envelopes`   the messages of a part of a file as envelopes
- `lease_rules`      what a queue delivered, until it may be acknowledged
- `pubsub_reader`    pulls a subscription and keeps its leases
- `pubsub_source`    `ReadMessagesFromPubSub`, the same as a source for every runner
- `envelopes`        `ReadEnvelopesFromFiles`, `ReadEnvelopesFromPubSub`, `WrapMessages`
- `packed_payloads`  gzip and zip, unpacked up to a limit
- `json_format`, `debezium_format`, `xml_format`, `soap_format`, `csv_format`, `fixed_format`
- `edi_trees`        what X12 and EDIFACT share: loops, and counts that may be wrong
- `x12_envelope`, `x12_sets`, `x12_format`
- `edifact_envelope`, `edifact_sets`, `edifact_format`
- `avro_format`, `parquet_format`
- `gs1_keys`, `epcis_shapes`, `epcis_format`
- `x12_acknowledgment_rules`, `edifact_acknowledgment_rules`
                     a received interchange as the 997 or CONTRL that answers it
- `acknowledging`    `AcknowledgeInterchanges`, the transform around them
- `acknowledgment_files` `WriteAcknowledgments`, a file for each answer
- `change_feed_rules` changes of master data from a queue as a file beside its tables
- `change_feed`      `KeepChanges`, the transform around them
- `format_table`     every format by name; `decode` is the one way in
- `decoding`         `DecodeMessages`, the transform around it
"""

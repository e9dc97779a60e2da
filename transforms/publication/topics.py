"""Topics: records of some views in, Pub/Sub messages out, each with an id that a retry repeats.

A message is the row as JSON. Its attributes follow the CloudEvents binding: `ce-id` is made of view, key and version,
so a subscriber that keeps the ids it has seen, or the highest version of each key, is not disturbed by a bundle that is
published twice. Rows of one key share an ordering key.
"""

import hashlib
from collections.abc import Callable, Mapping
from typing import Any

import apache_beam as beam
from apache_beam.io.gcp.pubsub import PubsubMessage, WriteToPubSub

from transforms.publication.row_documents import json_line, json_maker
from transforms.publication.view_tables import VIEW_NAMED, View, view_of

ATTRIBUTE_BYTES_MAX = 1_024  # Pub/Sub refuses more, of attributes and of ordering keys
DATA_BYTES_MAX = 9_000_000  # Pub/Sub refuses requests over 10 MB
CORRELATION_COLUMNS = ("correlation_id", "changed_correlation_id")


class PublishRecords(beam.PTransform[Any, Any]):
    """Publish the rows of some views, each view to its own topic.

    In:       records of any view; those of views without a topic are left out.
    Out:      nothing.
    State:    none.
    Rejects:  nothing; a payload too large for Pub/Sub is left out of its message, which says so.
    Source:   CloudEvents 1.0, attributes prefixed `ce-` in binary mode; Google Cloud Pub/Sub quotas.
    """

    def __init__(self, topics: Mapping[str, str], run_id: str = "", *, with_ordering_keys: bool = True) -> None:
        super().__init__()
        unknown = sorted(set(topics) - set(VIEW_NAMED))
        if unknown:
            raise ValueError(f"no view is named {unknown[0]!r}, expected one of {', '.join(VIEW_NAMED)}")
        self.topics = dict(topics)
        self.run_id = run_id
        self.with_ordering_keys = with_ordering_keys

    def expand(self, records: Any) -> None:
        for name, topic in self.topics.items():
            view = VIEW_NAMED[name]
            to_message = message_maker(view, self.run_id, with_ordering_keys=self.with_ordering_keys)
            _ = (
                records
                | f"Pick{view.step_name}" >> beam.Filter(_is_of, name)
                | f"MessageOf{view.step_name}" >> beam.Map(to_message).with_output_types(PubsubMessage)
                | f"Publish{view.step_name}"
                >> WriteToPubSub(topic, with_attributes=True, publish_with_ordering_key=self.with_ordering_keys)
            )


def message_maker(view: View, run_id: str = "", *, with_ordering_keys: bool = True) -> Callable[[Any], PubsubMessage]:
    """A function that gives the message of a record: its row, and attributes that are the same on every retry."""
    to_document = json_maker(view, run_id)

    def message_of(record: Any) -> PubsubMessage:
        document = to_document(record)
        row_key = "/".join([view.name, *(str(document[name]) for name in view.key)])
        row_version = f"@{document[view.grows]}" if view.grows else ""
        attributes = {
            "ce-specversion": "1.0",
            "ce-id": _fitting(row_key + row_version),
            "ce-type": f"sellable.{view.name}",
            "ce-source": "sellable",
            "content-type": "application/json",
        }
        correlation_id = next((document[name] for name in CORRELATION_COLUMNS if document.get(name)), "")
        if correlation_id:
            attributes["correlation-id"] = _fitting(correlation_id)
        data, left_out = _fitting_data(document)
        if left_out:
            attributes["payload-left-out"] = left_out
        return PubsubMessage(data, attributes, ordering_key=_fitting(row_key) if with_ordering_keys else "")

    return message_of


def _fitting(text: str) -> str:
    """The text, or where Pub/Sub would refuse it a digest of it, the same on every retry."""
    encoded = text.encode()
    if len(encoded) <= ATTRIBUTE_BYTES_MAX:
        return text
    return f"blake2b:{hashlib.blake2b(encoded, digest_size=32).hexdigest()}"


def _fitting_data(document: dict[str, Any]) -> tuple[bytes, str]:
    """The document as JSON and what had to be left out of it, if anything."""
    data = json_line(document).encode()
    if len(data) <= DATA_BYTES_MAX:
        return data, ""
    kept = {name: value for name, value in document.items() if name not in ("payload", "payload_base64")}
    return json_line(kept).encode(), f"{len(data)} bytes, more than Pub/Sub takes; see the views"


def _is_of(record: Any, name: str) -> bool:
    return view_of(record).name == name

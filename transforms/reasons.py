"""Reasons: every code by which a message or event can be refused, with what it means and what to do next.

A code is stable: dashboards, alerts and replay filters are built on it. `parked` means that master data may still make
the event good; run again, or wait for the mapping, and it posts by itself. A dead letter needs its source to be mended.
"""

from typing import NamedTuple

from schemas.records import Outcome


class Reason(NamedTuple):
    """One way to be refused."""

    stage: str
    outcome: Outcome
    meaning: str
    next_step: str


def _decode(meaning: str, next_step: str = "ask the source to send the message again, whole and well formed") -> Reason:
    return Reason("decode", "dead_letter", meaning, next_step)


def _map(meaning: str, next_step: str = "mend the source's message or its mapping, then replay") -> Reason:
    return Reason("map", "dead_letter", meaning, next_step)


def _park(what: str, table: str) -> Reason:
    return Reason("check", "parked", f"master data does not know this {what}", f"add it to {table}, then run again")


def _check(meaning: str, next_step: str = "ask the source which is right, then replay or correct it") -> Reason:
    return Reason("check", "dead_letter", meaning, next_step)


REASONS: dict[str, Reason] = {
    "too_large": _decode("the payload, or a field of it, is larger than the limit", "split the file at the source"),
    "too_deep": _decode("the payload is nested more deeply than any real message"),
    "not_text": _decode("the bytes are not text in the expected character set", "name the encoding in the mapping"),
    "malformed_json": _decode("the payload is not JSON"),
    "duplicate_json_key": _decode("a JSON object has a key twice, so nobody can say which value was meant"),
    "not_a_number": _decode("a number is NaN, infinite or too long to be exact"),
    "malformed_xml": _decode("the payload is not well-formed XML"),
    "forbidden_xml": _decode("the XML declares entities or a document type, which can hide a bomb"),
    "malformed_csv": _decode("a row does not fit the header", "look at the line that the message names"),
    "malformed_fixed": _decode("a line does not have the columns that the mapping names", "compare it with the layout"),
    "malformed_archive": _decode("the gzip or zip file is damaged, locked or holds another one"),
    "partner_error": _decode("the partner answered with an error instead of data", "ask again, or ask the partner"),
    "malformed_x12": _decode("the interchange does not follow X12's envelope or segment rules"),
    "malformed_edifact": _decode("the interchange does not follow EDIFACT's envelope or segment rules"),
    "malformed_avro": _decode("the file is no Avro container, or does not follow its own schema"),
    "malformed_parquet": _decode("the file is no Parquet, or is damaged"),
    "malformed_epcis": _decode("the document is not one of EPCIS events, or an event lacks what every event has"),
    "envelope_mismatch": _decode("envelope segments do not match: the file is cut off, or put together wrongly"),
    "unsupported_set": _decode(
        "an EDI document that has no table of loops yet", "add its loops to the table or the mapping"
    ),
    "malformed_change": _decode("the database change has no operation or no row"),
    "unknown_format": _decode("no decoder has this name", "correct `format` in the mapping or the envelope"),
    "unreadable_envelope": _decode("a line of a raw archive is not an envelope"),
    "unknown_source": _map("no mapping exists for this source", "add a folder under schemas/mappings, then replay"),
    "no_mapping_matches": _map("no condition of the mapping holds", "add the message type, or ignore it by name"),
    "missing_field": _map("a field that the event needs is empty"),
    "bad_value": _map("a field holds something of another type or size"),
    "unmapped_value": _map("the source uses a value that the mapping does not list", "add the value, then replay"),
    "bad_quantity": _map("the quantity is not an exact decimal number within the limits"),
    "missing_quantity": _map("a quantity other than a count is null or empty", "ask the source for the figure"),
    "bad_time": _map("the time cannot be read"),
    "missing_key": _map("a part of the transaction key is empty, so a repeat could not be recognised"),
    "too_many_events": _map("one message makes more events than the limit", "split the file at the source"),
    "failed_line": _map(
        "a line of a partner's answer failed there, so it moved nothing; the message says why in the partner's words",
        "have the partner do it after all, which it reports anew; if the goods moved, post them as an adjustment",
    ),
    "unknown_item": _park("item", "items.csv, or its code to item_codes.csv"),
    "unknown_location": _park("location", "locations.csv, or its code to location_codes.csv"),
    "unknown_unit": _park("unit of the item", "item_units.csv, or its code to unit_codes.csv"),
    "unknown_channel": _park("channel", "channels.csv"),
    "unknown_listing": _park("listing of the channel", "listings.csv"),
    "channel_ineligible": _check("the policy does not let the channel sell the item", "tell the channel, or change it"),
    "negative_quantity": _check("a quantity below zero, which only an adjustment may have"),
    "absurd_quantity": _check("a quantity of zero for a movement, or more than any warehouse holds"),
    "fractional_quantity": _check("a part of a base unit that does not divide"),
    "future_time": _check("it occurred later than it was received", "check the source's clock and time zone"),
    "missing_lot": _check("the item is controlled by lot and the event names none"),
    "missing_location": _check("the kind needs a location and the event names none"),
    "missing_order_reference": _check("the kind needs an order reference and the event names none"),
    "unknown_disposition": _check("a disposition that master data does not list", "add it to dispositions.csv"),
    "kit_has_no_stock": _check("a stock movement of a kit that is made to order", "report its components"),
    "no_components": _check("no bill of materials of the kit was in effect", "correct its dates in boms.yaml"),
    "unreadable_change": Reason(
        "change", "dead_letter", "a line of the change feed is no change of a row", "mend whoever writes the feed"
    ),
    "unknown_table": Reason(
        "change", "dead_letter", "a change names no table of master data", "correct it under a higher version"
    ),
    "conflicting_change": Reason(
        "change", "dead_letter", "two changes of one row have one version", "send the right one under a higher version"
    ),
    "not_governor": Reason(
        "change", "dead_letter", "somebody else governs this table", "ask the owner that governance.csv names"
    ),
    "feed_full": Reason(
        "change",
        "dead_letter",
        "a change feed from a queue has more rows than its file may",
        "fold the feed's file into the tables, then send the change again",
    ),
    "unfit_change": Reason(
        "change",
        "dead_letter",
        "with this change the tables do not fit together, so it is left out until they do",
        "send what it names, or a right one under a higher version; it is tried again with every new version",
    ),
    "snapshot_held": Reason(
        "guard",
        "parked",
        "its complete snapshot is cut off, contradicts itself, or would move more than the policy permits",
        "look at the alert; have it sent again whole, or name it in approvals.csv, then run again",
    ),
    "snapshot_superseded": Reason(
        "guard",
        "dead_letter",
        "its complete snapshot was held until many newer ones had come",
        "nothing, if one of the newer ones went on; else have it sent again and approve it",
    ),
    "parked_too_long": Reason(
        "park",
        "dead_letter",
        "master data did not learn in time what it names, or nobody let its snapshot through",
        "add what the message names, or have the snapshot sent again; then replay; or raise parked_hours in the policy",
    ),
    "parking_full": Reason(
        "park",
        "dead_letter",
        "more events wait than the limit allows",
        "add what the message names, or stop the source; then replay",
    ),
    "conflicting_duplicate": Reason(
        "ledger",
        "dead_letter",
        "the key was used before with other content or for another item; the first by receipt stays",
        "ask the source which is right; correct it with an event of its own key",
    ),
    "older_than_horizon": Reason(
        "ledger",
        "dead_letter",
        "it occurred before the history that is still retained",
        "post the net effect as an adjustment, or raise history_days",
    ),
    "not_delivered": Reason(
        "send",
        "dead_letter",
        "a partner did not take it within the limits of attempts and time",
        "see view delivery; once the partner takes calls, send again",
    ),
    "refused_by_partner": Reason(
        "send",
        "dead_letter",
        "a partner refused it, or its format cannot carry a value of it",
        "correct the listing, the mapping or the partner's record of it, then send again",
    ),
}

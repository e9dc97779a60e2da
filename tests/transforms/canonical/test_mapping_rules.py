import pickle
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from ruamel.yaml import YAML

from schemas.mapping_spec import MappingSpec
from schemas.records import Envelope, Ignored, Rejection, ReportedEvent
from schemas.yaml_files import SpecError
from tests.schemas.mapping_texts import SMALL, changed, saved
from transforms.arrival.format_table import decode, format_of_name
from transforms.canonical import mapping_rules
from transforms.canonical.contract_rules import samples_of
from transforms.canonical.mapping_rules import Mapped, SourceMapping, load_mappings
from transforms.reasons import REASONS

MAPPINGS = Path(__file__).parents[3] / "schemas" / "mappings"
COMPANY = load_mappings(MAPPINGS)
RECEIVED_AT = datetime(2026, 3, 2, 13, 15, tzinfo=UTC)
ENVELOPE = Envelope("wms", "json", RECEIVED_AT, "wms/x.jsonl#7", "c-1", {"topic": "moves"}, b"payload")


def mapping(*changes: tuple[str, str]) -> SourceMapping:
    """The small mapping of `mapping_texts`, with texts of it replaced."""
    return SourceMapping(MappingSpec.model_validate(YAML(typ="safe", pure=True).load(changed(*changes))))


def ship(*lines: dict[str, Any], **fields: Any) -> dict[str, Any]:
    said = {"type": "SHIP", "id": "SH-1", "site": "DC1", "at": "2026-03-02T08:00:00", "lines": list(lines)}
    return {**said, **fields}


def line(no: int = 1, **fields: Any) -> dict[str, Any]:
    return {"no": no, "sku": "MUG", "qty": 2, **fields}


def event(no: int = 1, **fields: Any) -> ReportedEvent:
    """What `ship(line(no))` reports."""
    return ReportedEvent(
        transaction_key=f"wms:ship:SH-1:{no}",
        kind="shipment",
        item_code="MUG",
        quantity=Decimal(2),
        unit_code="",
        occurred_at=datetime(2026, 3, 2, 13, 0, tzinfo=UTC),  # 8 o'clock in New York
        source="wms",
        message_id="wms/x.jsonl#7",
        correlation_id="c-1",
        received_at=RECEIVED_AT,
        mapping_version="wms/ship@3",
        event_index=no - 1,
        location_code="DC1",
    )._replace(**fields)


def rejection(reason: str, message: str, **fields: Any) -> Rejection:
    """A refused event 0 of `ship(line())`."""
    return Rejection(
        outcome="dead_letter",
        stage="map",
        reason=reason,
        message=message,
        source="wms",
        message_id="wms/x.jsonl#7",
        event_index=0,
        correlation_id="c-1",
        received_at=RECEIVED_AT,
        mapping_version="wms/ship@3",
        transaction_key="wms:ship:SH-1:1",
        missing_key="",
        format="json",
        payload=b"payload",
    )._replace(**fields)


def test_each_line_becomes_its_event() -> None:
    mapped = mapping().run(ship(line(1), line(2)), ENVELOPE)
    assert mapped == Mapped([event(1), event(2)], [], [])


def test_events_are_counted_over_all_documents_of_a_message() -> None:
    mapped = mapping().run(ship(line(1), line(2, qty=None)), ENVELOPE, first_index=5)
    assert [one.event_index for one in mapped.events] == [5]
    assert [one.event_index for one in mapped.rejections] == [6]


def test_a_bad_line_is_rejected_alone_and_only_the_first_carries_the_payload() -> None:
    mapped = mapping().run(ship(line(1), line(2, qty="twelve"), line(3), line(4, sku=None)), ENVELOPE)
    number = "expected a decimal number with at most 6 decimal places"
    assert mapped == Mapped(
        [event(1), event(3)],
        [
            rejection(
                "bad_quantity",
                f"wms/ship: field quantity (line.qty): got 'twelve', {number}",
                event_index=1,
                transaction_key="wms:ship:SH-1:2",
            ),
            rejection(
                "missing_field",
                "wms/ship: field item (line.sku): got nothing, expected a value",
                event_index=3,
                transaction_key="wms:ship:SH-1:4",
                payload=b"",
            ),
        ],
        [],
    )


@pytest.mark.parametrize(
    ("said", "reason", "message"),
    [
        (
            ship(line(qty=None)),
            "missing_quantity",
            "field quantity (line.qty): got nothing, expected a quantity: unknown is not zero",
        ),
        (ship(line(), at=None), "missing_field", "field occurred_at (message.at): got nothing, expected a time"),
        (ship(line(), at="noon"), "bad_time", "field occurred_at (message.at): got 'noon', expected an ISO 8601 time"),
        (ship(line(), site={"x": 1}), "bad_value", "field location (site): got an object, expected text or a number"),
    ],
)
def test_a_field_that_cannot_be_filled(said: Any, reason: str, message: str) -> None:
    mapped = mapping().run(said, ENVELOPE)
    assert mapped == Mapped([], [rejection(reason, f"wms/ship: {message}")], [])


def test_a_line_that_cannot_be_told_apart_is_refused() -> None:
    mapped = mapping().run(ship({"sku": "MUG", "qty": 2}), ENVELOPE)
    message = "wms/ship: field transaction_key: got nothing at line.no, expected a part of what names the event"
    assert mapped == Mapped([], [rejection("missing_key", message, transaction_key="")], [])


def test_what_the_mapping_ignores_is_counted_with_its_reason() -> None:
    mapped = mapping().run({"type": "PING"}, ENVELOPE)
    assert mapped == Mapped([], [], [Ignored("wms", "wms/x.jsonl#7", "pings carry no stock")])


def test_a_message_of_no_lines_moves_nothing() -> None:
    mapped = mapping().run(ship(), ENVELOPE)
    assert mapped == Mapped([], [], [Ignored("wms", "wms/x.jsonl#7", "no line of it is used by its mapping")])


def test_a_list_that_is_not_there_is_not_an_empty_list() -> None:
    mapped = mapping().run({"type": "SHIP", "positions": [line()]}, ENVELOPE)
    message = "wms/ship: each (message.lines): got nothing, expected a list"
    assert mapped == Mapped([], [rejection("missing_field", message, transaction_key="")], [])


@pytest.mark.parametrize(
    ("document", "seen"),
    [
        ({"type": "SHIPPED"}, "message.type is 'SHIPPED'"),
        ({"type": ["SHIP"]}, "message.type is a list"),
        ([ship(line())], "message.type is None"),
        ("SHIP", "message.type is None"),
    ],
)
def test_a_message_that_nobody_described_is_a_dead_letter(document: Any, seen: str) -> None:
    mapped = mapping().run(document, ENVELOPE)
    message = f"wms: no message matches ({seen}), expected one of ship, ping"
    whole = rejection("no_mapping_matches", message, event_index=-1, mapping_version="wms@3", transaction_key="")
    assert mapped == Mapped([], [whole], [])


def test_a_template_makes_events_only_of_the_lines_it_is_for() -> None:
    only_moves = mapping(("      - kind: shipment\n", '      - when: "line.qty != `0`"\n        kind: shipment\n'))
    mapped = only_moves.run(ship(line(1, qty=0), line(2)), ENVELOPE)
    assert mapped == Mapped([event(2, event_index=0)], [], [])


def test_a_condition_that_cannot_be_computed_rejects_its_line() -> None:
    strict = mapping(("      - kind: shipment\n", "      - when: abs(line.qty) > `0`\n        kind: shipment\n"))
    mapped = strict.run(ship(line(1), line(2, qty="two")), ENVELOPE)
    assert mapped.events == [event(1)]
    assert [(one.reason, one.event_index) for one in mapped.rejections] == [("bad_value", 1)]
    assert mapped.rejections[0].message.startswith("wms/ship: when: abs(line.qty) > `0` cannot be computed: ")


def test_a_name_that_cannot_be_computed_rejects_the_message() -> None:
    strict = mapping(("{site: message.site}", "{site: abs(message.site)}"))
    mapped = strict.run(ship(line()), ENVELOPE)
    assert [(one.reason, one.event_index) for one in mapped.rejections] == [("bad_value", -1)]


@pytest.mark.parametrize(
    ("expression", "trace", "correlation_id"),
    [
        ("message.trace", "t-9", "t-9"),
        ("message.trace", 17, "17"),
        ("message.trace", None, "c-1"),
        ("message.trace", "", "c-1"),
        ("message.trace", {"id": 1}, "c-1"),  # a bad trace is no reason to lose the message
        ("abs(message.trace)", "t-9", "c-1"),
        ("envelope.attributes.topic", "t-9", "moves"),
    ],
)
def test_the_correlation_id_is_the_sources_own_where_it_sent_one(
    expression: str, trace: Any, correlation_id: str
) -> None:
    said = ship(line(1), line(2, qty=None), trace=trace)
    mapped = mapping(("message.trace", expression)).run(said, ENVELOPE)
    assert [one.correlation_id for one in [*mapped.events, *mapped.rejections]] == [correlation_id] * 2


def test_expressions_see_the_envelope() -> None:
    seen = mapping(("location: site", "location: {join: [envelope.source, envelope.message_id, envelope.received_at]}"))
    (found,) = seen.run(ship(line()), ENVELOPE).events
    assert found.location_code == "wmswms/x.jsonl#72026-03-02T13:15:00+00:00"


def test_a_message_of_more_events_than_the_limit_is_refused_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mapping_rules, "EVENTS_PER_MESSAGE_MAX", 2)
    small = mapping()
    assert len(small.run(ship(line(1), line(2)), ENVELOPE).events) == 2
    mapped = small.run(ship(line(1), line(2, qty=None), line(3)), ENVELOPE)
    message = "wms/ship: more events than one message may make, expected at most 2"
    assert mapped == Mapped([], [rejection("too_many_events", message, event_index=-1, transaction_key="")], [])


def test_a_mapping_travels_to_other_processes() -> None:
    travelled = pickle.loads(pickle.dumps(mapping()))
    assert travelled.run(ship(line()), ENVELOPE) == Mapped([event()], [], [])


def test_mappings_are_loaded_by_source(tmp_path: Path) -> None:
    saved(tmp_path, SMALL)
    saved(tmp_path, changed(("source: wms", "source: wms-west")), name="west")
    loaded = load_mappings(tmp_path)
    assert sorted(loaded) == ["wms", "wms-west"]
    assert (loaded["wms"].source, loaded["wms"].format, loaded["wms"].version) == ("wms", "json", 3)


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        (
            [("quantity: line.qty", "quantity: lin.qty")],
            "16: 'lin.qty' reads 'lin', expected one of envelope, index, line, message, site",
        ),
        (
            [("format: json", "format: jsno")],
            (
                "4: unknown format 'jsno', expected one of json, debezium, xml, soap, csv, tsv, fixed, x12, "
                "edifact, epcis, avro, parquet"
            ),
        ),
        (
            [("format: json\n", "format: csv\nformat_options: {delimiter: ';;'}\n")],
            "5: delimiter is ';;', expected one character",
        ),
        (
            [("        location: site\n", "")],
            "13: every shipment would be refused, expected location beside it",
        ),
        (
            [("kind: shipment", "kind: {from: line.t, values: {a: receipt, b: disposition_changed}}")],
            "13: every disposition_changed would be refused, expected disposition and to_disposition beside it",
        ),
        (
            [("kind: shipment", "kind: transfer_received")],
            "13: every transfer_received would be refused, expected order_reference beside it",
        ),
    ],
)
def test_a_mapping_that_cannot_work_is_refused_with_its_line(
    tmp_path: Path, changes: list[tuple[str, str]], problem: str
) -> None:
    path = saved(tmp_path, changed(*changes))
    with pytest.raises(SpecError) as caught:
        load_mappings(tmp_path)
    assert str(caught.value) == f"{path}:{problem}"


def test_the_problems_of_all_files_are_told_at_once(tmp_path: Path) -> None:
    first = saved(tmp_path, SMALL, name="a")
    second = saved(tmp_path, SMALL, name="b")
    third = saved(tmp_path, changed(("owner:", "onwer:")), name="c")
    with pytest.raises(SpecError) as caught:
        load_mappings(tmp_path)
    assert str(caught.value).splitlines() == [
        f"{second}:1: 'wms' is the source of {first} too",
        f"{third}:1: owner: is missing",
        f"{third}:2: onwer: is not known here",
    ]


def test_a_folder_without_mappings_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SpecError) as caught:
        load_mappings(tmp_path)
    assert str(caught.value) == f"{tmp_path}: no mapping.yaml in any folder of it, expected one for each source"


scalars = (
    st.none() | st.booleans() | st.integers() | st.text(max_size=8) | st.decimals(allow_nan=False, allow_infinity=False)
)
words = ["type", "lines", "id", "no", "sku", "qty", "at", "site", "trace"]
trees = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(words), inner, max_size=6),
    max_leaves=15,
)
lines = st.fixed_dictionaries({}, optional=dict.fromkeys(("no", "sku", "qty"), trees))
ships = st.fixed_dictionaries(
    {"type": st.just("SHIP"), "lines": st.lists(lines, max_size=3) | trees},
    optional={"id": trees, "at": trees, "site": trees, "trace": trees},
)


def assert_accounted_for(mapped: Mapped) -> None:
    assert mapped.events or mapped.rejections or mapped.ignored
    indexes = [one.event_index for one in [*mapped.events, *mapped.rejections]]
    assert len(set(indexes)) == len(indexes)
    for one in mapped.rejections:
        assert REASONS[one.reason].stage == "map"
    for made in mapped.events:
        assert made.transaction_key
        assert made.item_code
        assert made.quantity.is_finite()
        assert made.occurred_at.utcoffset() is not None


@settings(max_examples=200)
@given(trees | ships)
def test_whatever_arrives_is_accounted_for(document: Any) -> None:
    assert_accounted_for(mapping().run(document, ENVELOPE))


def damaged(document: Any, data: st.DataObject) -> Any:
    """The document with one place of it replaced by something else."""
    if isinstance(document, dict) and document and data.draw(st.integers(0, 9)):
        place = data.draw(st.sampled_from(sorted(document)))
        return {**document, place: damaged(document[place], data)}
    if isinstance(document, list) and document and data.draw(st.integers(0, 9)):
        index = data.draw(st.integers(0, len(document) - 1))
        return [*document[:index], damaged(document[index], data), *document[index + 1 :]]
    return data.draw(trees)


SAMPLES = [
    (source, document)
    for source, its in COMPANY.items()
    for path in samples_of(MAPPINGS / source)
    for document in decode(format_of_name(path.name, its.format), path.read_bytes(), its.format_options)
]


@settings(max_examples=300)
@given(st.sampled_from(SAMPLES), st.data())
def test_no_mapping_of_the_company_fails_on_a_damaged_message(sample: tuple[str, Any], data: st.DataObject) -> None:
    source, document = sample
    mapped = COMPANY[source].run(damaged(document, data), ENVELOPE._replace(source=source))
    assert_accounted_for(mapped)


def test_a_heartbeat_moves_nothing_and_says_so() -> None:
    document = {"type": "PING"}
    mapped = mapping(("    ignore: pings carry no stock\n", "    heartbeat: it is alive\n")).run(document, ENVELOPE)
    assert mapped == Mapped([], [], [Ignored("wms", "wms/x.jsonl#7", "it is alive")])


@pytest.mark.parametrize("nothing", [None, "", "  "])
@pytest.mark.parametrize("kind", ["count", "snapshot"])
def test_a_count_without_a_figure_is_unknown_not_zero(kind: str, nothing: str | None) -> None:
    counted = mapping(("kind: shipment", f"kind: {kind}"))
    mapped = counted.run(ship(line(1), line(2, qty=nothing)), ENVELOPE)
    assert [(one.kind, one.quantity, one.transaction_key) for one in mapped.events] == [
        (kind, 2, "wms:ship:SH-1:1"),
        ("unknown_count", 0, "wms:ship:SH-1:2"),
    ]
    assert mapped.rejections == []


def test_a_kind_that_the_message_names_may_be_a_count_or_not() -> None:
    both = mapping(("kind: shipment", "kind: {from: line.what, values: {C: count, S: shipment}}"))
    mapped = both.run(ship(line(1, qty=None, what="C"), line(2, qty=None, what="S")), ENVELOPE)
    assert [one.kind for one in mapped.events] == ["unknown_count"]
    assert [one.reason for one in mapped.rejections] == ["missing_quantity"]


def test_a_figure_of_the_whole_message_may_be_unknown_too() -> None:
    counted = mapping(("kind: shipment", "kind: count"), ("quantity: line.qty", "quantity: message.qty"))
    mapped = counted.run({**ship(line(1)), "qty": None}, ENVELOPE)
    assert [one.kind for one in mapped.events] == ["unknown_count"]

"""Canonical rules: one raw message in, the canonical events it stands for out, and every line of it accounted for.

This is the whole front of the flow in one function: decode, map, check, explode. Each step is a rule of its own module;
here they are only put in order, so that a message is taken through all of them without being encoded in between.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from schemas.encoding import pack, unpack
from schemas.master_data import MasterData
from schemas.policy_spec import Policy
from schemas.records import Envelope, Ignored, OutcomeCount, Rejection, SnapshotPart, StockEvent
from transforms.arrival.envelope_rules import rejected
from transforms.arrival.format_table import DecodeError, decode
from transforms.canonical.check_kinds import Problem
from transforms.canonical.check_rules import check_event, refused
from transforms.canonical.complete_templates import Announced
from transforms.canonical.mapping_rules import SourceMapping, unmapped
from transforms.canonical.reported_events import rejection_of
from transforms.kits.kit_rules import exploded
from transforms.rejections import of_document


class Front(NamedTuple):
    """What the front needs to know from outside."""

    mappings: Mapping[str, SourceMapping]
    master: MasterData
    policy: Policy


class Canonical(NamedTuple):
    """What became of one message."""

    events: list[StockEvent]
    rejections: list[Rejection]
    ignored: list[Ignored]
    waiting: list[Rejection]  # those of the rejections that are parked, each with its event as payload

    snapshots: Sequence[SnapshotPart] = ()  # of complete snapshots, with their lines

    def all_events(self) -> list[StockEvent]:
        """The events, the lines of complete snapshots too."""
        lines = (StockEvent.from_row(unpack(line)) for part in self.snapshots for line in part.lines)
        return [*self.events, *lines]


def canonicalise(envelope: Envelope, front: Front) -> Canonical:
    """The canonical events of one message; nothing of it is lost without a rejection or a reason to ignore it."""
    mappings, master, policy = front
    mapping = mappings.get(envelope.source)
    if mapping is None:
        return Canonical([], [unmapped(envelope, mappings)], [], [])
    try:
        documents = decode(envelope.format or mapping.format, envelope.payload, mapping.format_options)
    except DecodeError as error:
        return Canonical([], [rejected(envelope, error)], [], [])
    events: list[StockEvent] = []
    rejections: list[Rejection] = []
    ignored: list[Ignored] = []
    waiting: list[Rejection] = []
    snapshots: list[SnapshotPart] = []
    index = 0
    for number, document in enumerate(documents):
        made, refusals, passed_over, announced = mapping.run(document, envelope, index)
        good: list[StockEvent] = []
        index += len(made)
        if refusals:
            refusals = [of_document(one, number) for one in refusals]
            index += sum(1 for one in refusals if one.event_index >= 0)
            rejections += [one._replace(payload=b"") for one in refusals] if rejections else refusals
        ignored += passed_over
        for reported in made:
            checked = check_event(reported, master, policy.ever_eligible)
            if isinstance(checked, Problem):
                payload = b"" if rejections else envelope.payload
                rejections.append(refused(reported, checked, envelope.format, payload))
                if checked.outcome == "parked":
                    waiting.append(rejection_of(reported, checked))
            else:
                good.append(exploded(checked, master.boms))
        if announced is None:
            events += good
        else:
            snapshots += _parts(envelope, announced, good, len(made) + len(refusals), master)
    return Canonical(events, rejections, ignored, waiting, snapshots)


def _parts(
    envelope: Envelope, announced: Announced, lines: list[StockEvent], made: int, master: MasterData
) -> Iterator[SnapshotPart]:
    """One part of a complete snapshot, with the locations that master data knows."""
    then = master.at(announced.occurred_at)
    found = {then.location_of(envelope.source, code) for code in announced.location_codes}
    if not (found - {None} or lines):
        return
    first = lines[0] if lines else None
    yield SnapshotPart(
        transaction_key=master.key_in_epoch(envelope.source, announced.snapshot, announced.occurred_at),
        source=envelope.source,
        locations=tuple(sorted(one for one in found if one)),
        occurred_at=announced.occurred_at,
        received_at=envelope.received_at,
        message_id=envelope.message_id,
        correlation_id=first.correlation_id if first else envelope.correlation_id,
        mapping_version=first.mapping_version if first else "",
        lines=tuple(pack(line) for line in lines),
        refused=made - len(lines) + sum(one is None for one in found),
        part=announced.part,
        parts_announced=announced.parts,
        lines_announced=announced.lines,
        total_announced=announced.total,
    )


def count_message(source: str, canonical: Canonical) -> list[OutcomeCount]:
    """How one message adds to the balance: in, and either ended whole or made events that end one by one."""
    counts = [OutcomeCount(source, "message", "in", "", 1)]
    lines = [one for one in canonical.rejections if one.event_index >= 0]
    events_made = len(canonical.events) + sum(len(part.lines) for part in canonical.snapshots)
    if not events_made and not lines:
        if canonical.rejections:
            ended = OutcomeCount(source, "message", "dead_letter", canonical.rejections[0].reason, 1)
        else:
            reason = canonical.ignored[0].reason if canonical.ignored else "the message holds no document"
            ended = OutcomeCount(source, "message", "compared", reason, 1)
        return [*counts, ended]
    made = events_made + len(canonical.rejections) + len(canonical.ignored)
    counts += [OutcomeCount(source, "message", "mapped", "", 1), OutcomeCount(source, "message", "events", "", made)]
    counts += [OutcomeCount(source, "event", one.outcome, one.reason, 1) for one in canonical.rejections]
    counts += [OutcomeCount(source, "event", "compared", one.reason, 1) for one in canonical.ignored]
    return counts

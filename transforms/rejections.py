"""Rejections: what was refused and why in, one `Rejection` with all that a replay needs out."""

from typing import NamedTuple

from schemas.records import Envelope, Outcome, Rejection, ReportedEvent, StockEvent


class Why(NamedTuple):
    """Why something was refused: where, by which code, in words, and what master data would have to know."""

    stage: str
    reason: str
    message: str
    outcome: Outcome = "dead_letter"
    missing_key: str = ""


def of_message(envelope: Envelope, why: Why) -> Rejection:
    """A whole message, refused before anything was made of it."""
    return Rejection(
        outcome=why.outcome,
        stage=why.stage,
        reason=why.reason,
        message=why.message,
        source=envelope.source,
        message_id=envelope.message_id,
        event_index=-1,
        correlation_id=envelope.correlation_id,
        received_at=envelope.received_at,
        mapping_version="",
        transaction_key="",
        missing_key=why.missing_key,
        format=envelope.format,
        payload=envelope.payload,
    )


def of_event(event: ReportedEvent | StockEvent, why: Why, payload_format: str, payload: bytes) -> Rejection:
    """One event of a message; the payload is the message it came in, or the event itself where that is not at hand."""
    return Rejection(
        outcome=why.outcome,
        stage=why.stage,
        reason=why.reason,
        message=why.message,
        source=event.source,
        message_id=event.message_id,
        event_index=event.event_index,
        correlation_id=event.correlation_id,
        received_at=event.received_at,
        mapping_version=event.mapping_version,
        transaction_key=event.transaction_key,
        missing_key=why.missing_key,
        format=payload_format,
        payload=payload,
    )


def of_document(rejection: Rejection, number: int) -> Rejection:
    """The rejection of a whole document, told from those of the other documents of its message: -1, -2, -3, ..."""
    return rejection._replace(event_index=-1 - number) if rejection.event_index < 0 else rejection

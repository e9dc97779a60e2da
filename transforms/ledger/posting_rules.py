"""Posting rules: a posted event in, what partners are to book or to do because of it out.

    order_recorded           sales_order for the ERP, order_acknowledgement for who ordered
    receipt, adjustment      the same for the ERP
    reservation_allocated    shipment_order for the warehouse that it is allocated in
    transfer_shipped         transfer_notice for the warehouse that it is on its way to

A posting carries the transaction key of its event, under which a partner books it once, whatever is repeated. Who is
told which of them, and whose own facts are left out, is said in partners.yaml.
"""

from schemas.records import PartnerPosting, StockEvent

TYPES: dict[str, tuple[str, ...]] = {
    "order_recorded": ("sales_order", "order_acknowledgement"),
    "receipt": ("receipt",),
    "adjustment": ("adjustment",),
    "reservation_allocated": ("shipment_order",),
    "transfer_shipped": ("transfer_notice",),
}


def postings_of(event: StockEvent) -> list[PartnerPosting]:
    """The postings of an event that was posted; none for most kinds."""
    return [_posting(event, posting_type) for posting_type in TYPES.get(event.kind, ())]


def _posting(event: StockEvent, posting_type: str) -> PartnerPosting:
    return PartnerPosting(
        posting_type=posting_type,
        transaction_key=event.transaction_key,
        item=event.item,
        quantity=event.quantity,
        location=event.to_location if posting_type == "transfer_notice" else event.location,
        lot=event.lot,
        disposition=event.disposition,
        channel=event.channel,
        document_type=event.document_type,
        document=event.document,
        document_line=event.document_line,
        order_reference=event.order_reference,
        occurred_at=event.occurred_at,
        expected_at=event.expected_at,
        source=event.source,
        correlation_id=event.correlation_id,
    )

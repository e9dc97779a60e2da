"""Item answers: an item in, why channels are told what they are told of it, and what is where, as JSON out."""

from decimal import Decimal
from typing import Any

from pipelines.item_report import ItemReport, read_item, steps_of
from services.api_source import ApiSource
from services.view_pages import document_of
from transforms.kits.kit_rules import ONE, explode
from transforms.offers.allocation_rules import allocate
from transforms.publication.view_tables import plain_decimal

Answer = dict[str, Any]


def explanation(source: ApiSource, name: str, channel: str | None) -> Answer:
    """The chain of each figure with what is left after every step, and what changed it last."""
    report = read_item(source.database, name, channel)
    return {
        "item": report.item,
        "offers": [_offer(offer) for offer in report.offers],
        "positions": [document_of(row) for row in report.positions],
        "claims": [document_of(row) for row in report.claims],
        "inbound": [document_of(row) for row in report.inbound],
        "discrepancies": [document_of(row) for row in report.discrepancies],
        "alerts": [document_of(row) for row in report.alerts],
        "run_id": report.run["run_id"] if report.run else None,
    }


def _offer(offer: Any) -> Answer:
    steps = [
        {
            "step": step.name,
            "quantity": plain_decimal(step.quantity),
            "left": plain_decimal(step.left),
            "rule": step.rule,
        }
        for step in steps_of(offer["chain"])
    ]
    return {**document_of(offer), "chain": steps}


def by_location(source: ApiSource, name: str) -> Answer:
    """What lies where, and what each channel could draw from there before its own limits, in base units.

    Of a kit, its components stand beside it: none of it lies anywhere.
    """
    report = read_item(source.database, name)
    master, rules = source.in_force()
    pools = allocate(source.stock([report.item]).stock_of(report.item), rules)
    needs = explode(master.boms, report.item, ONE, rules.as_of)
    return {
        "item": report.item,
        "locations": _locations(report),
        "channels": [
            {
                "channel": channel,
                "location": location,
                "drawable_quantity": plain_decimal(quantity),
                "pool_quantity": plain_decimal(pool.quantity),
            }
            for channel, pool in pools.items()
            if rules.policy.eligible(channel, report.item) and not needs
            for location, quantity in pool.by_location.items()
        ],
        "components": [{"item": need.item, "quantity": plain_decimal(need.quantity)} for need in needs],
        "policy_version": rules.policy.version,
    }


def _locations(report: ItemReport) -> list[Answer]:
    totals: dict[tuple[str, str], Decimal] = {}
    for row in report.positions:
        place = row["location"], row["disposition"]
        totals[place] = totals.get(place, Decimal(0)) + Decimal(row["on_hand_quantity"])
    return [
        {"location": location, "disposition": disposition, "on_hand_quantity": plain_decimal(quantity)}
        for (location, disposition), quantity in sorted(totals.items())
    ]

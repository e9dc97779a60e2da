"""Offers: the stock of items in, what each channel may sell of them and of kits made of them out."""

from collections.abc import Iterator
from datetime import datetime
from functools import partial
from typing import Any

import apache_beam as beam
from apache_beam.coders import BytesCoder
from apache_beam.transforms.userstate import ReadModifyWriteStateSpec

from schemas.encoding import pack, unpack
from schemas.master_data import MasterData
from schemas.policy_spec import Policy
from schemas.records import AvailabilityRow
from transforms import record_coders as _coders  # noqa: F401 - registers them
from transforms.kits.kit_rules import families, kits_above
from transforms.offers.availability_rules import ItemStock, Supply
from transforms.offers.offer_rules import offers_for, rules_at
from transforms.offers.update_rules import LastEvent, StockState, availability_row


class DeriveAvailability(beam.PTransform[Any, Any]):
    """Work out what every channel may sell, from stock that anything may have counted.

    In:       `(ItemStock, StockState)`: the stock of one item, and which event it is traced back to.
    Out:      `AvailabilityRow` of each listing of the item and of every kit above it.
    State:    the newest stock of each item, by family of items that kits connect.
    Rejects:  nothing; stock older than what is kept is passed over.
    """

    def __init__(self, master: MasterData, policy: Policy, as_of: datetime) -> None:
        super().__init__()
        self.master = master
        self.policy = policy
        self.as_of = as_of

    def expand(self, stocks: Any) -> Any:
        family = partial(_family, families(self.master.boms))
        return (
            stocks
            | "Pack" >> beam.Map(_packed).with_output_types(tuple[str, bytes])
            | "KeyByFamily" >> beam.MapTuple(family).with_output_types(tuple[str, bytes])
            | "Offer" >> beam.ParDo(_OfferFn(self.master, self.policy, self.as_of)).with_output_types(AvailabilityRow)
        )


def _packed(pair: tuple[ItemStock, StockState]) -> tuple[str, bytes]:
    stock, state = pair
    places = list(stock.on_hand.items())
    return stock.item, pack((stock.item, places, stock.soft_claims, stock.hard_claims, stock.supplies, state))


def _unpacked(data: bytes) -> tuple[ItemStock, StockState]:
    item, places, soft, hard, supplies, (version, last) = unpack(data)
    stock = ItemStock(item, dict(places), soft, hard, tuple(Supply(*one) for one in supplies))
    return stock, StockState(version, LastEvent(*last) if last else None)


def _family(family_of: dict[str, str], item: str, data: bytes) -> tuple[str, bytes]:
    return family_of.get(item, item), data


class _OfferFn(beam.DoFn):
    STOCKS = ReadModifyWriteStateSpec("stocks", BytesCoder())

    def __init__(self, master: MasterData, policy: Policy, as_of: datetime) -> None:
        self.master = master
        self.rules = rules_at(policy, master.lots, as_of)
        self.kits_above = kits_above(master.boms)

    def process(
        self, element: tuple[str, bytes], state: Any = beam.DoFn.StateParam(STOCKS)
    ) -> Iterator[AvailabilityRow]:
        _, data = element
        stock, newest = _unpacked(data)
        kept: dict[str, bytes] = unpack(state.read() or pack({}))
        if stock.item in kept and _unpacked(kept[stock.item])[1].version >= newest.version:
            return
        kept[stock.item] = data
        state.write(pack(kept))
        stocks = {item: _unpacked(one) for item, one in kept.items()}
        for item in (stock.item, *self.kits_above.get(stock.item, ())):
            yield from self._rows(item, stocks)

    def _rows(self, item: str, stocks: dict[str, tuple[ItemStock, StockState]]) -> Iterator[AvailabilityRow]:
        def stock_of(part: str) -> ItemStock:
            return stocks[part][0] if part in stocks else ItemStock(part, {}, {}, {})

        for offer in offers_for(item, stock_of, self.master, self.rules):
            states = [stocks[part][1] for part in offer.parts if part in stocks]
            yield availability_row(item, offer, states, self.rules.policy.version)

"""Updates: availability in, what a channel must be told out, only where it differs from what it was told last."""

from collections.abc import Iterator
from typing import Any

import apache_beam as beam
from apache_beam.coders import BytesCoder
from apache_beam.transforms.userstate import ReadModifyWriteStateSpec

from schemas.encoding import pack, unpack
from schemas.records import AvailabilityRow, ChannelUpdate
from transforms import record_coders as _coders  # noqa: F401 - registers them
from transforms.offers.update_rules import update_for


class DetectChanges(beam.PTransform[Any, Any]):
    """Tell a channel a figure only when it is newer than, and not the same as, the last.

    In:       `AvailabilityRow`, in any order, with duplicates.
    Out:      `ChannelUpdate`, one for each change of a listing's figure.
    State:    version and quantity last told, for each channel and listing.
    Rejects:  nothing; an older row than the last is passed over.
    """

    def expand(self, rows: Any) -> Any:
        return (
            rows
            | "KeyByListing" >> beam.Map(_by_listing).with_output_types(tuple[str, AvailabilityRow])
            | "Compare" >> beam.ParDo(_CompareFn()).with_output_types(ChannelUpdate)  # type: ignore[no-untyped-call]
        )


def _by_listing(row: AvailabilityRow) -> tuple[str, AvailabilityRow]:
    return f"{row.channel}/{row.listing}", row


class _CompareFn(beam.DoFn):
    TOLD = ReadModifyWriteStateSpec("told", BytesCoder())

    def process(
        self, element: tuple[str, AvailabilityRow], told: Any = beam.DoFn.StateParam(TOLD)
    ) -> Iterator[ChannelUpdate]:
        _, row = element
        last = told.read()
        version, quantity = unpack(last) if last else (-1, None)
        if row.version <= version:
            return
        told.write(pack((row.version, row.available_quantity)))
        update = update_for(quantity, row)
        if update is not None:
            yield update

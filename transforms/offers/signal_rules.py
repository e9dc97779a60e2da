"""Signal rules: a channel's figure in, what it means for whoever sells there out: in stock, low or out.

A signal is told when the figure crosses a threshold, never in between. On the way up it must rise above the threshold
by the hysteresis too, so that a figure that trembles around a threshold is one signal and not one with every order.

    thresholds low 10, out 0, hysteresis 2
    figure      40        11   10   12   11    0    1     2    3    12   13
    signal   in_stock     -   low   -    -    out   -     -   low    -   in_stock

The first figure of a listing is always told, since before it nobody knew. A signal depends on the figures that were
published on the way, and so on the order in which events arrived; the figures themselves do not.
"""

from schemas.policy_parts import Thresholds
from schemas.records import AvailabilityRow, StockSignal

IN_STOCK, LOW, OUT = "in_stock", "low", "out"


def signal_after(last: str | None, quantity: int, thresholds: Thresholds) -> str:
    """Where a listing stands with a figure, given where it stood; the same again means that nothing is to be told."""
    rising = 0 if last is None else thresholds.hysteresis
    out_until = thresholds.out + (rising if last == OUT else 0)
    low_until = thresholds.low + (rising if last in (OUT, LOW) else 0)
    if quantity <= out_until:
        return OUT
    return LOW if quantity <= low_until else IN_STOCK


def signal_for(last: str | None, row: AvailabilityRow, thresholds: Thresholds | None) -> StockSignal | None:
    """What to tell of a figure; None where the channel has no thresholds or nothing was crossed."""
    if thresholds is None:
        return None
    signal = signal_after(last, row.available_quantity, thresholds)
    if signal == last:
        return None
    return StockSignal(
        item=row.item,
        channel=row.channel,
        listing=row.listing,
        signal=signal,
        quantity=row.available_quantity,
        changed_by=row.changed_by,
        correlation_id=row.changed_correlation_id,
        version=row.version,
    )

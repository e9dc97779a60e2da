"""What one key wrote is not taken back on Prism because another key of its bundle took its time."""

import threading
import time
from collections.abc import Iterator
from typing import Any

import apache_beam as beam
import pytest
from apache_beam.coders import VarIntCoder
from apache_beam.options.pipeline_options import PipelineOptions
from apache_beam.transforms.periodicsequence import PeriodicImpulse
from apache_beam.transforms.userstate import ReadModifyWriteStateSpec

KEYS = 8
EVERY_SECONDS = 0.5
ROUNDS = (0, 1, 2, 3, 8)  # each key comes in these ticks of the clock
SLOW_COUNT = 3  # the first key of the third round is slow, and the fourth round comes meanwhile
SLOW_SECONDS = 2.0  # until nothing else goes on: what Prism writes back then stays

_COUNTED: dict[int, int] = {}  # workers are threads of this process


class _CountFn(beam.DoFn):
    """How often each key came."""

    COUNT = ReadModifyWriteStateSpec("count", VarIntCoder())

    def process(self, element: tuple[int, int], count: Any = beam.DoFn.StateParam(COUNT)) -> None:
        key, _ = element
        seen = (count.read() or 0) + 1
        count.write(seen)
        is_first = max(_COUNTED.values(), default=0) < seen
        _COUNTED[key] = max(_COUNTED.get(key, 0), seen)
        if is_first and seen == SLOW_COUNT:
            threading.Event().wait(SLOW_SECONDS)  # the slow step itself; nothing is waited for


def _of_all_keys(tick: float, start: float) -> Iterator[tuple[int, int]]:
    number = round((tick - start) / EVERY_SECONDS)
    return ((key, number) for key in range(KEYS) if number in ROUNDS)


@pytest.mark.prism
def test_what_a_key_counted_stays_counted_while_another_is_slow(prism_options: list[str]) -> None:
    _COUNTED.clear()
    start = time.time()
    ticks = PeriodicImpulse(start, start + (ROUNDS[-1] + 0.5) * EVERY_SECONDS, EVERY_SECONDS)
    with beam.Pipeline(options=PipelineOptions([*prism_options, "--streaming"])) as pipeline:
        keyed = pipeline | ticks | beam.FlatMap(_of_all_keys, start).with_output_types(tuple[int, int])
        _ = keyed | beam.ParDo(_CountFn())
    assert dict(_COUNTED) == dict.fromkeys(range(KEYS), len(ROUNDS))

"""State of one key is not set back on Prism when another key of the same bundle takes its time."""

import time
from collections.abc import Iterator
from typing import Any

import apache_beam as beam
import pytest
from apache_beam.coders import VarIntCoder
from apache_beam.options.pipeline_options import PipelineOptions
from apache_beam.transforms.periodicsequence import PeriodicImpulse
from apache_beam.transforms.userstate import ReadModifyWriteStateSpec

KEYS, ROUNDS, SLOW_ROUND = 8, 8, 3
EVERY_SECONDS = 0.5
SLOW_SECONDS = 1.75  # Prism looks at a bundle every tenth of a second at first; it ends between two rounds

_COUNTED: dict[int, int] = {}  # workers are threads of this process


class _CountFn(beam.DoFn):
    """How often each key came; one key of one round is slow."""

    COUNT = ReadModifyWriteStateSpec("count", VarIntCoder())

    def process(self, element: tuple[int, bool], count: Any = beam.DoFn.StateParam(COUNT)) -> None:
        key, is_first = element
        seen = (count.read() or 0) + 1
        count.write(seen)
        _COUNTED[key] = max(_COUNTED.get(key, 0), seen)
        if is_first and seen == SLOW_ROUND:
            time.sleep(SLOW_SECONDS)


def _of_all_keys(_: Any) -> Iterator[tuple[int, bool]]:
    return ((key, key == 0) for key in range(KEYS))


@pytest.mark.prism
def test_what_a_key_counted_stays_counted_while_another_is_slow(prism_options: list[str]) -> None:
    _COUNTED.clear()
    start = time.time()
    rounds = PeriodicImpulse(start, start + (ROUNDS - 0.5) * EVERY_SECONDS, EVERY_SECONDS)
    with beam.Pipeline(options=PipelineOptions([*prism_options, "--streaming"])) as pipeline:
        keyed = pipeline | rounds | beam.FlatMap(_of_all_keys).with_output_types(tuple[int, bool])
        _ = keyed | beam.ParDo(_CountFn())
    assert _COUNTED == dict.fromkeys(range(KEYS), ROUNDS)

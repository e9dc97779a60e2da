"""Load plot: answers, memory and phases in, one picture of a run out."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from benchmarks.load_watch import Answer, Memory


def plot(answers: Sequence[Answer], memory: Sequence[Memory], phases: Sequence[Any], path: Path) -> None:
    """Latency of each probe, the rate, and memory over time."""
    if not answers or not phases:
        return
    from matplotlib.figure import Figure  # noqa: PLC0415 - an extra, which takes a second to import

    began = min(one.at for one in answers)
    figure = Figure(figsize=(11, 8), layout="constrained")
    latency, rate, weight = figure.subplots(3, 1, sharex=True)
    latency.plot([one.at - began for one in answers], [max(one.seconds, 0.01) for one in answers], ".", markersize=2)
    latency.set(yscale="log", ylabel="publish to view, s")
    latency.axhline(1, color="grey", linewidth=0.5)
    edges = [phase.began - began for phase in phases]
    rate.step([*edges, phases[-1].began - began + phases[-1].seconds], [*(one.rate for one in phases), 0], where="post")
    rate.set(ylabel="messages/s")
    weight.plot([one.at - began for one in memory], [one.mebibytes for one in memory])
    weight.set(ylabel="MiB", xlabel="s", ylim=(0, None))
    figure.savefig(path, metadata={"Date": None})

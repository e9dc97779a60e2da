"""Collector: Python's search for garbage in cycles, put off where it finds none.

The books of a shard are millions of small objects that stay and have no cycles, and so are events and rows; reference
counts free them. The collector would walk them again and again: a third of the time of a large fold went there. It
still runs, since Beam's own objects do have cycles, only more seldom.
"""

import gc

YOUNG_OBJECTS = 100_000  # made and not freed before the youngest are looked at; Python's own figure is 700
YOUNG_ROUNDS = 20  # of them before the next older ones are
OLD_ROUNDS = 100  # of those before everything is


def put_off_collection() -> None:
    """For this process; a worker says it when it starts."""
    gc.set_threshold(YOUNG_OBJECTS, YOUNG_ROUNDS, OLD_ROUNDS)

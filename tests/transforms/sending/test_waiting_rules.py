"""Keys come out in the order of their times, once each, at their newest time."""

from transforms.sending.waiting_rules import REBUILD_MIN, Waiting


def test_keys_come_out_when_they_are_due_earliest_first() -> None:
    times = {"a": 3.0, "b": 1.0, "c": 2.0}
    waiting = Waiting(lambda key, at: times.get(key) == at)
    for key, at in times.items():
        waiting.put(key, at)
    assert (waiting.next_at(), waiting.take(2.5, 10), waiting.take(2.5, 10), waiting.next_at()) == (
        1.0,
        ["b", "c"],
        [],
        3.0,
    )


def test_a_key_whose_time_changed_comes_out_at_the_new_one_only() -> None:
    times = {"a": 5.0}
    waiting = Waiting(lambda key, at: times.get(key) == at)
    waiting.put("a", 1.0)
    waiting.put("a", 5.0)
    assert (waiting.take(4.0, 10), waiting.take(5.0, 10)) == ([], ["a"])


def test_old_places_do_not_pile_up() -> None:
    times: dict[str, float] = {"a": 0.0}
    waiting = Waiting(lambda key, at: times.get(key) == at)
    for at in range(10 * REBUILD_MIN):
        times["a"] = float(at)
        waiting.put("a", float(at))
    assert len(waiting._heap) <= 2 * REBUILD_MIN + 1
    assert waiting.take(1e9, 10) == ["a"]

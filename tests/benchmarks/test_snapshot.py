from benchmarks.snapshot import compare, judge


def test_every_line_of_the_report_is_compared_and_what_differs_is_found() -> None:
    result = compare(200)
    assert (result["lines"], result["compared"], result["differences"]) == (200, 200, 10)


def test_rows_that_changed_are_counted_apart() -> None:
    result = judge(400)
    assert (result["rows_unchanged"], result["rows_changed"]) == (380, 20)

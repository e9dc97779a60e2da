from benchmarks.snapshot import compare, judge


def test_every_line_of_the_report_is_compared_and_what_differs_is_found() -> None:
    result = compare(200)
    assert (result["lines"], result["compared"], result["differences"]) == (200, 200, 10)


def test_only_rows_that_changed_reach_the_ledger() -> None:
    result = judge(400)
    assert (result["rows"], result["rows_unchanged"], result["rows_that_reached_the_ledger"]) == (400, 380, 20)

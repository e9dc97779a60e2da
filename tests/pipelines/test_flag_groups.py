"""Flags of what few runs need have defaults by which nothing happens."""

from argparse import ArgumentParser

import pytest

from pipelines.flag_groups import add_handoff, add_telling


def test_without_them_nothing_is_handed_over_and_the_runner_decides_when_to_tell() -> None:
    parser = ArgumentParser()
    add_telling(parser)
    add_handoff(parser)
    assert vars(parser.parse_args([])) == {"decisions_told": "auto", "books_from": "", "books_to": ""}
    with pytest.raises(SystemExit):
        parser.parse_args(["--decisions_told", "never"])

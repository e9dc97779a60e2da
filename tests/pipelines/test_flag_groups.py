"""Flags of what few runs need have defaults by which nothing happens."""

from argparse import ArgumentParser

import pytest
from apache_beam.options.pipeline_options import PipelineOptions

from pipelines.flag_groups import add_handoff, add_shards, add_telling
from pipelines.options import settings_of

QUEUE = "--input_subscription=projects/p/subscriptions/s"


def test_without_them_nothing_is_handed_over_and_the_runner_decides_when_to_tell() -> None:
    parser = ArgumentParser()
    add_telling(parser)
    add_handoff(parser)
    assert vars(parser.parse_args([])) == {"decisions_told": "auto", "books_from": "", "books_to": ""}
    with pytest.raises(SystemExit):
        parser.parse_args(["--decisions_told", "never"])


@pytest.mark.parametrize(
    ("arguments", "shards"),
    [
        ([], 64),
        (["--runner=PrismRunner"], 64),
        (["--runner=PortableRunner"], 16),
        (["--runner=apache_beam.runners.FlinkRunner"], 16),
        (["--runner=FlinkRunner", "--ledger_shards=128"], 128),
    ],
)
def test_flink_has_few_cells_unless_told_otherwise(arguments: list[str], shards: int) -> None:
    assert settings_of(PipelineOptions([QUEUE, *arguments])).ledger_shards == shards


@pytest.mark.parametrize("text", ["0", "4097", "-1", "few"])
def test_no_books_without_a_cell(text: str, capsys: pytest.CaptureFixture[str]) -> None:
    parser = ArgumentParser()
    add_shards(parser)
    with pytest.raises(SystemExit):
        parser.parse_args([f"--ledger_shards={text}"])
    assert f"--ledger_shards: '{text}', expected 1 to 4096" in capsys.readouterr().err

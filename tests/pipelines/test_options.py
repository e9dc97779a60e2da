"""Options: what is asked for is checked as a whole before anything starts."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from apache_beam.options.pipeline_options import PipelineOptions

from pipelines.options import OptionsError, settings_of

QUEUE = "--input_subscription=projects/p/subscriptions/s"


def test_paths_topics_and_time_are_read(tmp_path: Path) -> None:
    settings = settings_of(
        PipelineOptions(
            [f"--input_folder={tmp_path}", "--as_of=2026-03-03T01:00:00-05:00", "--alert_topic=projects/p/topics/a"]
        )
    )
    assert (settings.input, settings.input_folder) == (str(tmp_path), tmp_path)
    assert settings.as_of == datetime(2026, 3, 3, 6, tzinfo=UTC)
    assert settings.topics == {"alert": "projects/p/topics/a"}


def test_edi_is_answered_only_where_a_folder_is_named() -> None:
    assert settings_of(PipelineOptions([QUEUE])).acknowledgments_folder == ""
    named = settings_of(PipelineOptions([QUEUE, "--acknowledgments_folder=gs://bucket/acks"]))
    assert named.acknowledgments_folder == "gs://bucket/acks"


def test_a_queue_runs_by_the_clock_on_the_wall_unless_it_is_pinned() -> None:
    assert settings_of(PipelineOptions([QUEUE])).as_of is None
    assert settings_of(PipelineOptions([QUEUE, "--as_of=2026-03-03T06:00:00Z"])).as_of is not None


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ([], "neither of --input_folder and --input_subscription given"),
        ([QUEUE, "--input_folder=."], "both of --input_folder and --input_subscription given"),
        ([QUEUE, "--as_of=yesterday"], "--as_of 'yesterday', expected an ISO time"),
        ([QUEUE, "--as_of=2026-03-03T06:00:00"], "has no zone"),
        ([QUEUE, "--pubsub_readers=0"], "--pubsub_readers 0, expected 1 to 64"),
        (
            [QUEUE, "--runner=PrismRunner", "--decisions_told=when_kept"],
            "when_kept on PrismRunner, expected FlinkRunner",
        ),
        ([QUEUE, "--position_topic=positions"], "expected projects/PROJECT/topics/TOPIC"),
    ],
)
def test_what_does_not_go_together_is_refused(arguments: list[str], said: str) -> None:
    with pytest.raises(OptionsError, match=said):
        settings_of(PipelineOptions(arguments))


@pytest.mark.parametrize(
    ("arguments", "readers"),
    [
        ([], 0),
        (["--runner=DirectRunner"], 0),
        (["--runner=DataflowRunner"], 0),
        (["--runner=PrismRunner"], 2),
        (["--runner=PortableRunner", "--pubsub_readers=5"], 5),
        (["--runner=PrismRunner", "--pubsub_source=beam"], 0),
        (["--runner=DirectRunner", "--pubsub_source=own"], 2),
    ],
)
def test_who_reads_the_queue_depends_on_the_runner_unless_it_is_said(arguments: list[str], readers: int) -> None:
    assert settings_of(PipelineOptions([QUEUE, *arguments])).pubsub_readers == readers


@pytest.mark.parametrize(
    ("arguments", "waits"),
    [
        ([], False),
        (["--runner=PrismRunner"], False),
        (["--runner=DataflowRunner"], False),
        (["--runner=PortableRunner"], True),
        (["--runner=apache_beam.runners.portability.flink_runner.FlinkRunner"], True),
        (["--runner=PortableRunner", "--decisions_told=at_once"], False),
        (["--runner=PortableRunner", "--decisions_told=when_kept"], True),
    ],
)
def test_decisions_wait_where_a_crash_takes_state_back_unless_it_is_said(arguments: list[str], *, waits: bool) -> None:
    assert settings_of(PipelineOptions([QUEUE, *arguments])).tells_when_kept is waits

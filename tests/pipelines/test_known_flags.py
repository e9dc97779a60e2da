"""A misspelt flag is refused, where Beam alone would run on without it."""

import pytest
from apache_beam.options.pipeline_options import DebugOptions, PipelineOptions, PortableOptions, StandardOptions

from pipelines.known_flags import choose_runner, flags_of_runner, help_text, refuse_unknown
from pipelines.options import OptionsError

WHOLE, SHORT = "--finish_bundle_before_checkpointing", "--max_bundle_time_mills=20"
PAUSED = "--min_pause_between_checkpoints=500"


@pytest.mark.parametrize(
    "flag", ["--runner", "--direct_running_mode=multi_processing", "--streaming", "--policy", "--savepoint_path=x"]
)
def test_flags_of_ours_and_of_beam_pass(flag: str) -> None:
    refuse_unknown([flag, "a value"])


def test_an_unknown_flag_is_answered_with_what_is_near() -> None:
    with pytest.raises(OptionsError, match=r"unknown option --polcy, expected .*--policy"):
        refuse_unknown(["--polcy=x"])


def test_the_help_is_ours_and_says_where_beams_is() -> None:
    assert "input, one of" in help_text()
    assert "--runner" in help_text()


@pytest.mark.parametrize(
    ("runner", "given", "added"),
    [
        ("PortableRunner", [], [WHOLE, SHORT, PAUSED]),
        ("FlinkRunner", ["--parallelism=2"], [WHOLE, SHORT, PAUSED]),
        ("FlinkRunner", ["--max_bundle_time_mills=500"], [WHOLE, PAUSED]),
        ("FlinkRunner", [WHOLE, "--max_bundle_time_mills", "500", PAUSED], []),
        ("DataflowRunner", [], []),
        (None, [], []),
    ],
)
def test_a_stream_on_flink_keeps_nothing_back_at_a_checkpoint_and_ends_bundles_soon(
    runner: str | None, given: list[str], added: list[str]
) -> None:
    assert flags_of_runner(runner, given, streaming=True) == added
    assert flags_of_runner(runner, given, streaming=False) == []
    refuse_unknown(added)


@pytest.mark.parametrize("streaming", [True, False])
@pytest.mark.parametrize("given", [[], ["--experiments=other"], ["--experiments=prism_disable_sdf_split"]])
def test_prism_takes_nothing_back_from_a_bundle(given: list[str], streaming: bool) -> None:
    added = flags_of_runner("PrismRunner", given, streaming=streaming)
    named = PipelineOptions([*given, *added]).view_as(DebugOptions).experiments
    assert named == [*dict.fromkeys([*(flag.partition("=")[2] for flag in given), "prism_disable_sdf_split"])]


@pytest.mark.parametrize(
    ("given", "seconds"),
    [([], 31_536_000), (["--job_server_timeout=60"], 60), (["--job_server_timeout", "60"], 60)],
)
def test_a_run_on_prism_is_not_lost_after_five_minutes(given: list[str], seconds: int) -> None:
    added = flags_of_runner("PrismRunner", given, streaming=True)
    assert PipelineOptions([*given, *added]).view_as(PortableOptions).job_server_timeout == seconds


@pytest.mark.parametrize(
    ("given", "streaming", "chosen"),
    [
        ([], False, "FnApiRunner"),
        (["--runner=DirectRunner"], False, "DirectRunner"),
        (["--runner=FlinkRunner"], True, "FlinkRunner"),
        ([], True, None),
    ],
)
def test_a_run_over_files_stays_in_this_process_unless_a_runner_is_named(
    given: list[str], streaming: bool, chosen: str | None
) -> None:
    standard = PipelineOptions(given).view_as(StandardOptions)
    choose_runner(standard, streaming=streaming)
    assert (standard.runner, standard.streaming) == (chosen, streaming)

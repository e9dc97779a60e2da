"""Known flags: what was typed in; refused if nobody knows it, what a runner needs beside it, and the help out."""

from argparse import ArgumentParser
from collections.abc import Sequence
from difflib import get_close_matches

from apache_beam.options.pipeline_options import PipelineOptions, StandardOptions

from pipelines.options import InventoryOptions, OptionsError

# What Beam's Flink job server takes and only it declares: Beam hands on what it does not know.
FLINK_FLAGS = {
    "--allow_non_restored_state",
    "--checkpoint_timeout_millis",
    "--checkpointing_interval",
    "--execution_retry_delay",
    "--externalized_checkpoints_enabled",
    "--finish_bundle_before_checkpointing",
    "--max_bundle_size",
    "--max_bundle_time_mills",
    "--max_parallelism",
    "--min_pause_between_checkpoints",
    "--number_of_execution_retries",
    "--object_reuse",
    "--parallelism",
    "--retain_externalized_checkpoints_on_cancellation",
    "--savepoint_path",
    "--state_backend",
}

# Flink runs pipelines under these names; a job server of another kind passes over a flag that it does not know.
FLINK_RUNNERS = ("FlinkRunner", "PortableRunner")
# What a stream needs there. By default Flink keeps back what a bundle made while a checkpoint was taken, until the
# operator has more to do; the one that starts the readers never has, and the job would read nothing. And it ends a
# bundle, and so hands on what it made, once a second. Between two checkpoints it pauses, so that every task has
# heard of one before the next reaches it: `telling_rules` counts on that.
STREAM_FLAGS = (
    "--finish_bundle_before_checkpointing",
    "--max_bundle_time_mills=20",
    "--min_pause_between_checkpoints=500",
)

# What any run needs on Prism. It takes elements back from a bundle that has not moved for a tenth of a second and gives
# them to another one, also where they are keyed: the first bundle then ends by writing back the state that those keys
# had when it began, and what the other one wrote is gone. And by default whoever started a job loses it after five
# minutes: Beam's bound on each call to a job server, here a year, also bounds the one that tells how the job goes.
PRISM_FLAGS = ("--experiments=prism_disable_sdf_split", "--job_server_timeout=31536000")


def on_prism(binary: str) -> list[str]:
    """The options of a pipeline on Prism, with its workers in the process that starts it."""
    return ["--runner=PrismRunner", f"--prism_location={binary}", "--environment_type=LOOPBACK", *PRISM_FLAGS]


def flags_of_runner(runner: str | None, given: Sequence[str], *, streaming: bool) -> list[str]:
    """The flags that a run needs on its runner, without those given."""
    known = {*given, *(flag.partition("=")[0] for flag in given)} - {"--experiments"}  # there may be several of these
    added = PRISM_FLAGS if runner == "PrismRunner" else STREAM_FLAGS if runner in FLINK_RUNNERS and streaming else ()
    return [flag for flag in added if not {flag, flag.partition("=")[0]} & known]


def refuse_unknown(arguments: list[str]) -> None:
    """`OptionsError` for a flag that neither we nor Beam know; Beam alone would run on without it."""
    parser = _parser()
    for known in PipelineOptions.__subclasses__():
        if known is not InventoryOptions:
            known._add_argparse_args(parser)  # type: ignore[arg-type]  # noqa: SLF001 - the hook that Beam defines
    names = FLINK_FLAGS | {name for action in parser._actions for name in action.option_strings}  # noqa: SLF001
    for flag in (argument.split("=")[0] for argument in arguments if argument.startswith("--")):
        if flag not in names:
            near = get_close_matches(flag, names, n=3)
            raise OptionsError(f"unknown option {flag}, expected {' or '.join(near) or 'one that --help lists'}")


def help_text() -> str:
    """The help of our own options; Beam's are passed through and documented by Beam."""
    return _parser().format_help()


def _parser() -> ArgumentParser:
    parser = ArgumentParser(
        prog="python -m pipelines.inventory_sync",
        description="Raw messages of every source in; positions, availability and channel updates out.",
        epilog="Every option of Apache Beam is passed through, for instance --runner and --direct_running_mode.",
        conflict_handler="resolve",
        allow_abbrev=False,
    )
    InventoryOptions._add_argparse_args(parser)  # noqa: SLF001 - the hook that Beam defines for this
    return parser


def choose_runner(options: StandardOptions, *, streaming: bool) -> None:
    """Say whether input ends, and where nobody chose a runner and it does, stay in this process.

    Beam's own default would first try to download and start another runner, so a run would depend on the network.
    """
    options.streaming = streaming
    if options.runner is None and not streaming:
        options.runner = "FnApiRunner"

"""Commands share their exit codes and usual paths with a run."""

from pipelines import options
from pipelines.command_defaults import DATABASE, EXIT_NO, EXIT_NOT_DONE, EXIT_OK, MAPPINGS, MASTER_DATA, POLICY


def test_exit_codes_are_those_of_the_documentation() -> None:
    assert (EXIT_OK, EXIT_NO, EXIT_NOT_DONE) == (0, 1, 2)


def test_paths_are_those_of_a_run() -> None:
    assert (DATABASE, MAPPINGS) == (options.DATABASE, options.MAPPINGS)
    assert (MASTER_DATA, POLICY) == (options.EXAMPLE / "master", options.EXAMPLE / "policy.yaml")

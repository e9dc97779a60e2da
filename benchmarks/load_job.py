"""Load job: raw messages of the speed company from a subscription in, its views in SQLite out; what is loaded.

It is the main job, with master data made in memory instead of read from files.
"""

import argparse
from collections.abc import Sequence
from pathlib import Path

import apache_beam as beam
from apache_beam.options.pipeline_options import PipelineOptions, StandardOptions

from benchmarks.speed_company import make_front
from pipelines.inventory_sync import Config, build_pipeline
from pipelines.options import settings_of

RUN_ID = "load"


def main(arguments: Sequence[str] | None = None) -> None:
    """Run until it is cancelled."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.load_job", description=__doc__.partition("\n")[0])
    parser.add_argument("--load_subscription", required=True)
    parser.add_argument("--load_database", type=Path, required=True)
    parser.add_argument("--load_items", type=int, required=True)
    given, beams = parser.parse_known_args(arguments)
    options = PipelineOptions([*beams, f"--input_subscription={given.load_subscription}", "--refresh_seconds=0"])
    options.view_as(StandardOptions).streaming = True
    settings = settings_of(options)._replace(database=given.load_database)
    pipeline = beam.Pipeline(options=options)
    build_pipeline(pipeline, Config(settings, make_front(given.load_items), RUN_ID))
    pipeline.run().wait_until_finish()


if __name__ == "__main__":
    from benchmarks import load_job  # by its importable name: workers have another `__main__`

    load_job.main()

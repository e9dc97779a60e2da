"""The description for Dataflow is what the options say, and the pipeline can be built and shipped with its options."""

import json
import subprocess
import sys
from pathlib import Path

from pipelines.flex_template import LEFT_OUT, metadata, text
from pipelines.options import InventoryOptions

ROOT = Path(__file__).parents[2]

BUILD = """
import sys
from pathlib import Path
import apache_beam as beam
from apache_beam.options.pipeline_options import PipelineOptions
from pipelines.inventory_sync import build_pipeline, load_config
from pipelines.options import settings_of

options = PipelineOptions([
    "--runner=DataflowRunner", "--project=a-project", "--region=europe-west4", "--temp_location=gs://a-bucket/temp",
    "--streaming", "--update_compatibility_version=2.77.0",
    "--input_subscription=projects/a-project/subscriptions/raw",
    "--availability_topic=projects/a-project/topics/availability", "--database=postgresql://sellable@db/views",
])
pipeline = beam.Pipeline(runner="FnApiRunner", options=options)
build_pipeline(pipeline, load_config(settings_of(options), "R1"))
Path(sys.argv[1]).write_bytes(pipeline.to_runner_api().SerializeToString())
"""

READ = """
import sys
from pathlib import Path
import apache_beam as beam
from apache_beam.options.pipeline_options import PipelineOptions
from apache_beam.portability.api import beam_runner_api_pb2

proto = beam_runner_api_pb2.Pipeline.FromString(Path(sys.argv[1]).read_bytes())
again = beam.Pipeline.from_runner_api(proto, "FnApiRunner", PipelineOptions()).to_runner_api()
for one in (proto, again):
    print("|".join(sorted(step.unique_name for step in one.components.transforms.values())))
"""


def run(script: str, path: Path) -> str:
    command = [sys.executable, "-c", script, str(path)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stderr[-2_000:]
    return done.stdout


def test_the_file_is_what_the_options_say() -> None:
    assert (ROOT / "deploy/dataflow/metadata.json").read_text() == text(), (
        "run: python -m pipelines.flex_template > deploy/dataflow/metadata.json"
    )


def test_every_option_of_a_stream_is_a_parameter_and_no_other_is() -> None:
    described = {one["name"]: one for one in metadata()["parameters"]}
    own = set(vars(InventoryOptions([])._visible_options))  # Beam's own options need no description
    assert described.keys() == own - LEFT_OUT
    assert [name for name, one in described.items() if not one["isOptional"]] == ["input_subscription"]
    assert described["availability_topic"]["paramType"] == "PUBSUB_TOPIC"
    assert described["records_format"]["regexes"] == ["^(jsonl|avro)$"]


def test_the_whole_pipeline_is_built_for_dataflow_and_read_in_another_process(tmp_path: Path) -> None:
    path = tmp_path / "pipeline.pb"
    run(BUILD, path)
    written, again = run(READ, path).splitlines()
    steps = written.split("|")
    assert again.split("|") == steps
    assert {"ReadEnvelopes/Receive/Read", "KeepLedger/Keep"} & set(steps), steps[:20]
    assert any(step.startswith("WritePostgresViews/") for step in steps)


def test_the_description_is_json_that_names_a_stream() -> None:
    assert json.loads(text())["streaming"] is True

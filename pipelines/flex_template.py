"""Flex template: the options of a run in, Dataflow's description of them out: `python -m pipelines.flex_template`.

What it prints is deploy/dataflow/metadata.json; a test holds the file to the options, so that neither is changed alone.
"""

import json
import re
import sys
from argparse import Action, ArgumentParser
from typing import Any

from pipelines.options import InventoryOptions

NAME = "Sellable inventory sync"
DESCRIPTION = "Raw messages of every source in; positions, availability and channel updates out, as a stream."
LEFT_OUT = frozenset({"input_folder", "quiet", "help"})  # what a job that nobody sits beside has no use for
NEEDED = frozenset({"input_subscription"})
# name -> Dataflow's type for it, where it is more than text
TYPES = {"input_subscription": "PUBSUB_SUBSCRIPTION"}
TOPIC = "PUBSUB_TOPIC"


def metadata() -> dict[str, Any]:
    """The description: one parameter for each option."""
    parser = ArgumentParser(add_help=False)
    InventoryOptions._add_argparse_args(parser)  # noqa: SLF001 - the hook that Beam defines for this
    actions = [action for action in parser._actions if action.dest not in LEFT_OUT]  # noqa: SLF001
    return {
        "name": NAME,
        "description": DESCRIPTION,
        "streaming": True,
        "supportsAtLeastOnce": False,
        "supportsExactlyOnce": True,
        "parameters": [_parameter(action) for action in actions],
    }


def _parameter(action: Action) -> dict[str, Any]:
    name = action.dest
    about = (action.help or "").replace("%(default)s", str(action.default))
    described: dict[str, Any] = {
        "name": name,
        "label": name.replace("_", " ").capitalize(),
        "helpText": about or name,
        "isOptional": name not in NEEDED,
        "paramType": TYPES.get(name, TOPIC if name.endswith("_topic") else "TEXT"),
    }
    if action.default is not None:
        described["defaultValue"] = str(action.default)
    if action.choices:
        described["regexes"] = [f"^({'|'.join(re.escape(str(one)) for one in action.choices)})$"]
    return described


def text() -> str:
    """The description as the file has it."""
    return json.dumps(metadata(), indent=2, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    sys.stdout.write(text())

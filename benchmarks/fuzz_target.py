"""Fuzz target: one decoder under atheris; `benchmarks.fuzz` starts it.

python -m benchmarks.fuzz_target NAME CORPUS [libFuzzer's options]
"""

import sys

import atheris

with atheris.instrument_imports(include=["transforms.arrival"]):
    from benchmarks.fuzz import probe


def main() -> None:
    """Never returns: libFuzzer ends the process."""
    name = sys.argv[1]
    atheris.Setup([sys.argv[0], *sys.argv[2:]], lambda payload: probe(name, payload))
    atheris.Fuzz()


if __name__ == "__main__":
    main()

"""Runner fixes: the classes below `java` and the runner's jars in; a jar of compiled classes that goes before them out.

What is wrong in Beam's runner for Flink, and cannot be put right from outside, is put right here. Each class says why.
"""

import hashlib
import shutil
import subprocess
import tempfile
from pathlib import Path

SOURCES = Path(__file__).parent / "java"
RELEASE = "11"  # the oldest Java that this version of Flink runs on


class FixError(RuntimeError):
    """A compiler that is missing, or what it said."""


def compiled_fixes(jars: Path) -> Path:
    """The jar with the classes, compiled once for each state of their sources."""
    sources = sorted(SOURCES.rglob("*.java"))
    digest = hashlib.sha256(b"".join(one.read_bytes() for one in sources)).hexdigest()[:16]
    made = jars / "fixes" / f"{digest}.jar"
    if made.exists():
        return made
    compiler = shutil.which("javac")
    if compiler is None:
        raise FixError("there is no `javac` on the PATH to compile deploy/flink/java with")
    made.parent.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(dir=made.parent) as scratch:
        command = [compiler, "-proc:none", "--release", RELEASE, "-cp", f"{jars}/*", "-d", f"{scratch}/classes"]
        done = subprocess.run([*command, *map(str, sources)], capture_output=True, text=True, check=False)
        if done.returncode:
            raise FixError(f"deploy/flink/java does not compile: {done.stderr.strip()[-500:]}")
        packed = shutil.make_archive(f"{scratch}/classes", "zip", f"{scratch}/classes")
        Path(packed).rename(made)  # whole or not at all: others may be doing the same
    return made

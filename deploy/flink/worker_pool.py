"""Worker pool: asked by a task manager, starts Python workers of this environment; on 127.0.0.1 alone.

    python -m deploy.flink.worker_pool --port 50000

Beam's own `worker_pool_main` does the same, but listens on every address and starts whatever `python` is first on the
PATH. Here `PATH` begins with the folder of the running Python.
"""

import argparse
import os
import sys
from pathlib import Path

import grpc
from apache_beam.portability.api import beam_fn_api_pb2_grpc
from apache_beam.runners.worker.worker_pool_main import BeamFnExternalWorkerPoolServicer
from apache_beam.utils import thread_pool_executor

# Beam can send on what a worker made before its bundle ends, by a thread that may cut an element in two: the task
# manager then fails with an EOFException. Flink emits nothing before the end of a bundle anyway.
FLUSH_MILLISECONDS = 0


def serve(port: int) -> tuple[grpc.Server, int]:
    """A pool that listens, and on which port."""
    os.environ["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}"
    server = grpc.server(thread_pool_executor.shared_unbounded_instance())
    pool = BeamFnExternalWorkerPoolServicer(use_process=True, data_buffer_time_limit_ms=FLUSH_MILLISECONDS)
    beam_fn_api_pb2_grpc.add_BeamFnExternalWorkerPoolServicer_to_server(pool, server)
    bound = server.add_insecure_port(f"127.0.0.1:{port}")
    server.start()
    return server, bound


def main() -> None:
    """Serve until it is killed."""
    parser = argparse.ArgumentParser(prog="python -m deploy.flink.worker_pool", description=__doc__.partition("\n")[0])
    parser.add_argument("--port", type=int, default=50_000)
    server, _ = serve(parser.parse_args().port)
    server.wait_for_termination()


if __name__ == "__main__":
    main()

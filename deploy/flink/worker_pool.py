"""Worker pool: asked by a task manager, starts Python workers of this environment; on 127.0.0.1 alone.

    python -m deploy.flink.worker_pool --port 50000

Beam's own `worker_pool_main` does the same, but listens on every address, starts whatever `python` is first on the
PATH, and its workers time their steps (`sdk_worker`).
"""

import argparse
import subprocess
import sys
from typing import Any

import grpc
from apache_beam.portability.api import beam_fn_api_pb2, beam_fn_api_pb2_grpc
from apache_beam.runners.worker.worker_pool_main import BeamFnExternalWorkerPoolServicer
from apache_beam.utils import thread_pool_executor


class WorkerPool(BeamFnExternalWorkerPoolServicer):
    """Beam's pool, which ends workers as before, with workers of ours."""

    def StartWorker(self, request: Any, _: Any) -> Any:  # noqa: N802 - named by the service
        """Start one; what it prints goes where the pool's own output goes."""
        control = f"--control={request.control_endpoint.url}"
        command = [sys.executable, "-m", "deploy.flink.sdk_worker", f"--id={request.worker_id}", control]
        try:
            self._worker_processes[request.worker_id] = subprocess.Popen(command)
        except OSError as error:
            return beam_fn_api_pb2.StartWorkerResponse(error=f"no worker could be started: {error}")
        return beam_fn_api_pb2.StartWorkerResponse()


def serve(port: int) -> tuple[grpc.Server, int]:
    """A pool that listens, and on which port."""
    server = grpc.server(thread_pool_executor.shared_unbounded_instance())
    beam_fn_api_pb2_grpc.add_BeamFnExternalWorkerPoolServicer_to_server(WorkerPool(use_process=True), server)
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

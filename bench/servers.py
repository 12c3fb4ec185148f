"""Server processes: started as `overgang serve` starts them, asked by their operating system what they cost."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
_LONGEST_START = 60.0


def _free_port() -> int:
    with socket.socket() as chosen:
        chosen.bind(("127.0.0.1", 0))
        port: int = chosen.getsockname()[1]
        return port


@dataclass(slots=True, kw_only=True)
class Server:
    """One server process. `factory` is None for the service as it is, started by its own command."""

    key: str
    factory: str | None
    environment: Mapping[str, str]
    probe: bytes
    port: int = field(default_factory=_free_port)
    start_seconds: float = 0.0
    _process: "subprocess.Popen[bytes] | None" = None

    def start(self) -> None:
        """Start it and wait for its first answer to `probe`, an HTTP request; notes how long that took."""
        environment = {**os.environ, **self.environment, "OVERGANG_PORT": str(self.port), "PYTHONPATH": str(ROOT)}
        began = time.perf_counter()
        self._process = subprocess.Popen(self._command(), env=environment, cwd=ROOT, stdout=subprocess.DEVNULL)
        while not self._answers():
            if self._process.poll() is not None or time.perf_counter() - began > _LONGEST_START:
                self.stop()
                raise RuntimeError(f"the server `{self.key}` does not answer")
            time.sleep(0.01)
        self.start_seconds = time.perf_counter() - began

    def _command(self) -> list[str]:
        if self.factory is None:
            return [sys.executable, "-m", "app.cli", "serve"]
        settings = "--host 127.0.0.1 --no-access-log --no-server-header --timeout-keep-alive 75 --log-level warning"
        return [
            sys.executable, "-m", "uvicorn", self.factory, "--factory", "--port", str(self.port), *settings.split(),
        ]  # fmt: skip

    def _answers(self) -> bool:
        with suppress(OSError), socket.create_connection(("127.0.0.1", self.port), timeout=5) as connection:
            connection.sendall(self.probe)
            head = connection.recv(64)
            if head.startswith(b"HTTP/1.1 ") and not head.startswith(b"HTTP/1.1 200"):
                raise RuntimeError(f"the server `{self.key}` answers {head[:40]!r}")
            return bool(head)
        return False

    def cpu_seconds(self) -> float:
        """Return the CPU time that the process has used, all threads, user and system."""
        assert self._process is not None
        return cpu_seconds(self._process.pid)

    def resident_bytes(self) -> int:
        """Return the resident memory of the process."""
        assert self._process is not None
        pages = int(Path(f"/proc/{self._process.pid}/statm").read_text().split()[1])
        return pages * os.sysconf("SC_PAGE_SIZE")

    def read_bytes(self) -> int:
        """Return how many bytes the process has read from files."""
        assert self._process is not None
        counts = dict(line.split(": ") for line in Path(f"/proc/{self._process.pid}/io").read_text().splitlines())
        return int(counts["rchar"])

    def ask(self, request: bytes) -> None:
        """Send one request and wait for its whole answer.

        Raises:
            RuntimeError: it is no 200.
        """
        with socket.create_connection(("127.0.0.1", self.port), timeout=30) as connection:
            connection.sendall(request.replace(b"\r\n", b"\r\nConnection: close\r\n", 1))
            answer = b"".join(iter(lambda: connection.recv(1 << 16), b""))
        if not answer.startswith(b"HTTP/1.1 200"):
            raise RuntimeError(f"the server `{self.key}` answers {answer[:40]!r}")

    def stop(self) -> None:
        """End the process."""
        if self._process is None:
            return
        self._process.terminate()
        try:
            self._process.wait(timeout=20)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._process = None


def cpu_seconds(pid: int) -> float:
    """Return the CPU time of another process, to the nanosecond: its CPU clock, see clock_getcpuclockid(3)."""
    return time.clock_gettime(~pid << 3 | 2)

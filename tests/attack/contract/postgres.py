"""A PostgreSQL of our own in a temporary folder, as tests/support/postgres.rs starts one."""

import os
import pwd
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory


def programs() -> Path | None:
    """What `pg_config` says, or the newest version where distributions put them."""
    folders = sorted(
        Path("/usr/lib/postgresql").glob("*/bin"),
        key=lambda folder: int(folder.parent.name),
        reverse=True,
    )
    try:
        told = subprocess.check_output(["pg_config", "--bindir"], text=True)
        folders.insert(0, Path(told.strip()))
    except FileNotFoundError:
        pass
    return next((folder for folder in folders if (folder / "initdb").is_file()), None)


@contextmanager
def server() -> Iterator[str]:
    """The address of an empty database."""
    folder = programs()
    with TemporaryDirectory(prefix="huican-pg-", dir="/tmp") as home:
        owner = {}
        # PostgreSQL refuses to run as root.
        if os.getuid() == 0:
            names = {entry.pw_name: entry for entry in pwd.getpwall()}
            user = names.get("postgres") or names["nobody"]
            os.chown(home, user.pw_uid, user.pw_gid)
            owner = {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}

        def run(program: str, *arguments: str) -> None:
            command = [folder / program, "--pgdata=data", *arguments]
            subprocess.run(command, cwd=home, stdout=subprocess.DEVNULL, check=True, **owner)

        run("initdb", "--username=postgres", "--auth=trust", "--encoding=UTF8", "--locale=C", "--no-sync")
        settings = f"-k {home} -c listen_addresses= -c fsync=off -c max_connections=100"
        run("pg_ctl", "start", "--wait", "--silent", "--log=log", "-o", settings)
        try:
            yield f"postgres://postgres@/postgres?host={home}&port=5432"
        finally:
            run("pg_ctl", "stop", "--silent", "--mode=immediate")

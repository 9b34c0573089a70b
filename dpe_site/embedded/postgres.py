"""Embedded Postgres with pgvector: made once, run directly, never as root."""

import os
import pwd
import shutil
import signal
import stat
import subprocess
import tempfile
import zlib
from dataclasses import dataclass
from pathlib import Path

import psycopg2
from psycopg2 import sql

from dpe_site.embedded.binaries import POSTGRES_MAJOR, postgres_programs
from dpe_site.embedded.errors import ServiceError
from dpe_site.embedded.ports import HOST
from dpe_site.embedded.process import Service
from dpe_site.environment import secret_kept

DATABASE = USER = "dpe"
_UNPRIVILEGED = "nobody"
# Where a directory above DPE_HOME is closed to others (as /root is), the server keeps the one capability that lets it
# pass, also for access(2), which forgets capabilities unless told not to. It is still not root.
_PASSAGE = ["--inh-caps=+dac_override", "--ambient-caps=+dac_override", "--securebits=+no_setuid_fixup"]
_SHARED_MEMORY_NEEDED_BYTES = 512 * 1024 * 1024


@dataclass(frozen=True)
class Postgres:
    """One embedded cluster.

    ``durable=False`` trades safety after a power cut for speed; tests use it.
    """

    home: Path
    port: int
    durable: bool = True

    @property
    def data(self) -> Path:
        """The cluster's directory."""
        return self.home / "postgres" / "data"

    @property
    def password(self) -> str:
        """The superuser's generated password."""
        return secret_kept(self.home / "postgres" / "password")

    @property
    def socket_folder(self) -> Path:
        """Short path for the socket, whatever the length of ``home`` (the limit is 107 bytes)."""
        return Path(tempfile.gettempdir()) / f"dpe-{os.getuid()}-{zlib.crc32(bytes(self.home)):08x}"

    @property
    def owner(self) -> tuple[int, int]:
        """User and group the server runs as: whoever made the cluster; an unprivileged one when root makes it."""
        if self.data.exists():
            made = self.data.stat()
            return made.st_uid, made.st_gid
        if not _is_root():
            return os.getuid(), os.getgid()
        nobody = pwd.getpwnam(_UNPRIVILEGED)
        return nobody.pw_uid, nobody.pw_gid

    @property
    def url(self) -> str:
        """Address for DATABASE_URL."""
        return f"postgresql://{USER}:{self.password}@/{DATABASE}?host={self.socket_folder}&port={self.port}"

    def service(self) -> Service:
        """How the supervisor runs this cluster."""
        return Service(
            name="postgres",
            command=[
                *_run_as(self.owner, self.home),
                str(postgres_programs(self.home) / "postgres"),
                *self._arguments(),
            ],
            prepare=self.prepare,
            ready=self.answers,
            provision=self.provision,
            stop_signal=signal.SIGINT,  # the fast, clean shutdown
        )

    def prepare(self) -> None:
        """Make the cluster if there is none, and clear away what a killed one left.

        Raises:
            ServiceError: if the directory belongs to another major version.
        """
        self._owner_check()
        self._socket_folder_make()
        if not self.data.exists():
            self._initialise()
        self._version_check()
        # Our lock says that nobody lives, and it is right where a process number may mislead.
        for left in (self.data / "postmaster.pid", *self.socket_folder.glob(".s.PGSQL.*")):
            left.unlink(missing_ok=True)

    def answers(self) -> bool:
        """Whether a connection can be made."""
        try:
            self._connect("postgres").close()
        except psycopg2.OperationalError:
            return False
        return True

    def provision(self) -> None:
        """Make the database and its vector extension if they are missing."""
        connection = self._connect("postgres")
        try:
            connection.autocommit = True
            with connection.cursor() as cursor:
                cursor.execute("SELECT 1 FROM pg_database WHERE datname = %s", [DATABASE])
                if cursor.fetchone() is None:
                    cursor.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(DATABASE)))
        finally:
            connection.close()
        connection = self._connect(DATABASE)
        try:
            with connection, connection.cursor() as cursor:
                cursor.execute("CREATE EXTENSION IF NOT EXISTS vector")
                cursor.execute("ALTER EXTENSION vector UPDATE")
        finally:
            connection.close()

    def _connect(self, database: str) -> "psycopg2.extensions.connection":
        return psycopg2.connect(
            dbname=database,
            user=USER,
            password=self.password,
            host=str(self.socket_folder),
            port=self.port,
            connect_timeout=5,
        )

    def _arguments(self) -> list[str]:
        settings = {
            "listen_addresses": HOST,
            "port": self.port,
            "unix_socket_directories": self.socket_folder,
            "max_connections": 100,
            "shared_buffers": f"{_buffers_mb()}MB",
            "maintenance_work_mem": "256MB",
            "max_wal_size": "2GB",
            "wal_level": "minimal",
            "max_wal_senders": 0,
            "random_page_cost": 1.1,
            "jit": "off",
            "timezone": "UTC",
            "log_timezone": "UTC",
            "dynamic_shared_memory_type": _shared_memory(),
        }
        if not self.durable:
            settings |= {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
        return ["-D", str(self.data), *(word for name, value in settings.items() for word in ("-c", f"{name}={value}"))]

    def _initialise(self) -> None:
        fresh = self.data.with_name("data.new")
        shutil.rmtree(fresh, ignore_errors=True)
        fresh.mkdir(mode=0o700, parents=True)
        password_file = self.data.with_name("password.initdb")
        password_file.touch(mode=0o600)
        password_file.write_text(self.password)
        if _is_root():
            for path in (fresh, password_file):
                os.chown(path, *self.owner)
        program = postgres_programs(self.home) / "initdb"
        how = ["--username", USER, "--pwfile", str(password_file), "--auth", "scram-sha-256", "--encoding", "UTF8"]
        language = ["--locale", "C", "--locale-provider", "builtin", "--builtin-locale", "C.UTF-8"]
        haste = [] if self.durable else ["--no-sync"]
        made = subprocess.run(
            [*_run_as(self.owner, self.home), str(program), "-D", str(fresh), *how, *language, *haste],
            capture_output=True,
            text=True,
            check=False,
        )
        password_file.unlink()
        if made.returncode:
            raise ServiceError(f"initdb could not make a cluster in {fresh}:\n{made.stdout}{made.stderr}")
        fresh.rename(self.data)

    def _version_check(self) -> None:
        found = (self.data / "PG_VERSION").read_text().strip()
        if found != str(POSTGRES_MAJOR):
            raise ServiceError(
                f"{self.data} was made by Postgres {found}; this version brings Postgres {POSTGRES_MAJOR} and leaves "
                f"it untouched. Either dump it with Postgres {found} (pg_dump) and restore into a fresh DPE_HOME, "
                "or set DPE_HOME to an empty directory, or set DATABASE_URL to a server of your own."
            )

    def _owner_check(self) -> None:
        if not _is_root() and self.owner[0] != os.getuid():
            raise ServiceError(
                f"{self.data} belongs to user {self.owner[0]} and you are {os.getuid()}. Run as that user (or as root, "
                "which made it), or set DPE_HOME to a directory of your own."
            )

    def _socket_folder_make(self) -> None:
        folder = self.socket_folder
        folder.mkdir(mode=0o755, exist_ok=True)
        found = folder.lstat()
        if not stat.S_ISDIR(found.st_mode) or (found.st_uid != os.getuid() and not _is_root()):
            raise ServiceError(f"{folder} belongs to somebody else. Remove it, or set TMPDIR to a directory of yours.")
        if _is_root():
            os.chown(folder, *self.owner)
            folder.chmod(0o755)


def _is_root() -> bool:
    return os.geteuid() == 0


def _run_as(owner: tuple[int, int], home: Path) -> list[str]:
    """Words in front of a command that make root run it as ``owner`` (user, group)."""
    if not _is_root():
        return []
    program = shutil.which("setpriv")
    if program is None:
        raise ServiceError(
            "Postgres does not run as root and `setpriv` (package util-linux) is missing. "
            "Install it, or run as an ordinary user, or set DATABASE_URL."
        )
    passage = [] if _is_open(home) else _PASSAGE
    return [program, f"--reuid={owner[0]}", f"--regid={owner[1]}", "--clear-groups", *passage, "--pdeathsig=INT"]


def _is_open(folder: Path) -> bool:
    """Whether everybody may walk to ``folder``."""
    return all(path.stat().st_mode & stat.S_IXOTH for path in (folder, *folder.parents))


def _buffers_mb() -> int:
    """An eighth of the machine's memory, 256 MB to 1 GB: the vector index of a million items is searched in there.

    Pages count when they are first used, so a small shop takes no more than it reads.
    """
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return int(min(max(memory // 8 // 2**20, 256), 1024))


def _shared_memory() -> str:
    """``posix``, or ``mmap`` where /dev/shm is small, as in a default container."""
    try:
        space = os.statvfs("/dev/shm")  # noqa: S108 the system's shared memory, not a file of ours
    except OSError:
        return "mmap"
    return "posix" if space.f_bavail * space.f_frsize >= _SHARED_MEMORY_NEEDED_BYTES else "mmap"

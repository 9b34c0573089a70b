"""The peers' own Python environment: their dependencies are not ours (numpy 1.26 beside our 2)."""

import shutil
import subprocess
import sys
from pathlib import Path

PACKAGES = ("torch==2.13.0", "rectools[torch]==0.19.0", "numpy==1.26.4")
"""torch comes first and by its exact version: the machine's index decides whether that is the CPU or the CUDA build."""


def peer_python(home: Path) -> Path:
    """The interpreter of the environment below ``home``; it is made when it is not there or is out of date.

    Raises: subprocess.CalledProcessError if a package cannot be installed; what pip said stands in the terminal.
    """
    folder = home / "benchmarks" / "peers"
    python, stamp = folder / "bin" / "python", folder / "packages.txt"
    wanted = "\n".join(PACKAGES)
    if stamp.exists() and stamp.read_text() == wanted:
        return python
    shutil.rmtree(folder, ignore_errors=True)
    subprocess.run([sys.executable, "-m", "venv", str(folder)], check=True)
    for packages in (PACKAGES[:1], PACKAGES):
        subprocess.run([str(python), "-m", "pip", "install", "--quiet", "--no-input", *packages], check=True)
    stamp.write_text(wanted)
    return python

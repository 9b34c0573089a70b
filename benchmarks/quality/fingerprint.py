"""Whether a stored cell was measured by today's code: a digest of the code that can move its numbers.

Comments, docstrings and layout do not count, so a better explanation does not cost an hour of training.
"""

import ast
import hashlib
import json
from collections.abc import Iterable
from dataclasses import asdict
from functools import cache
from pathlib import Path

from benchmarks.quality.cells import Cell
from dpe_site.environment import REPOSITORY

EVALUATOR = (
    "recommender/data/formats/online_retail.py",
    "recommender/data/formats/recbole.py",
    "recommender/data/sequence_file.py",
    "recommender/data/sequences.py",
    "recommender/data/splits.py",
    "recommender/evaluation/metrics.py",
    "recommender/trials/datasets.py",
    "recommender/trials/lists.py",
    "recommender/trials/measure.py",
    "recommender/trials/problems.py",
)
"""What everybody's numbers depend on."""


def fingerprint(cell: Cell, roots: Iterable[str], repository: Path = REPOSITORY) -> str:
    """Digest of a cell, the evaluator and the files and folders (below the repository) that its model is made of."""
    digest = hashlib.sha256(json.dumps(asdict(cell), sort_keys=True).encode())
    for root in (*EVALUATOR, *sorted(roots)):
        digest.update(_tree(root, repository).encode())
    return digest.hexdigest()[:16]


def changed(roots: Iterable[str], before: Path) -> frozenset[str]:
    """Those of a model's files and the evaluator's that do something else than they did in the folder ``before``."""
    both = [
        {line for root in (*EVALUATOR, *roots) for line in _tree(root, repository).splitlines()}
        for repository in (REPOSITORY, before)
    ]
    return frozenset(line.split()[0] for line in both[0] ^ both[1])


@cache
def _tree(root: str, repository: Path) -> str:
    path = repository / root
    files = sorted(path.rglob("*.py")) if path.is_dir() else [path]
    return "".join(f"{file.relative_to(repository)} {code_digest(file)}\n" for file in files)


def code_digest(file: Path) -> str:
    """Digest of what a Python file does."""
    tree = ast.parse(file.read_text())
    for node in ast.walk(tree):
        body = getattr(node, "body", None)
        if isinstance(body, list):
            node.body = [one for one in body if not _is_text(one)]  # type: ignore[attr-defined]
    return hashlib.sha256(ast.dump(tree).encode()).hexdigest()


def _is_text(node: ast.AST) -> bool:
    """Whether a statement is a bare string: a docstring or what explains a constant."""
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)

"""A peer that learns nothing: what it answers says how it was asked.

python -m tests.benchmarks.decision.echo_peer [fail]
"""

import os
import sys

from benchmarks.decision.asking import Learned, Way, answers_channel, questions_answer

ITEMS = 5
PREPARED = 100


def main(words: list[str]) -> None:
    """Answer with as many items as were asked for, at most five."""
    channel = answers_channel()
    print("chatter that is no answer")  # noqa: T201
    if "fail" in words:
        sys.exit(3)

    def prepared(user: int, n: int) -> list[int]:
        if user < PREPARED:
            raise ValueError("nobody prepared this shopper")
        return list(range(n))

    ways = {
        "short": Way(lambda user, n: list(range(min(n, ITEMS)))),
        "prepared": Way(prepared, lambda user: user + PREPARED),
    }
    versions = {"threads": os.environ["OMP_NUM_THREADS"]}
    questions_answer(ways, Learned(tuple(ways), 0.5, versions), sys.stdin, channel)


if __name__ == "__main__":
    main(sys.argv[1:])

"""How long the stages of a decision take, by a clock that is passed in."""

from collections.abc import Callable

Clock = Callable[[], float]


class Stages:
    """Milliseconds by stage; without a clock nothing is measured."""

    def __init__(self, clock: Clock | None) -> None:
        """Start the first stage."""
        self._clock = clock
        self._began = clock() if clock else 0.0
        self.milliseconds: dict[str, float] = {}

    def end(self, stage: str) -> None:
        """``stage`` is over and the next one begins."""
        if self._clock:
            now = self._clock()
            self.milliseconds[stage] = round(1000 * (now - self._began), 3)
            self._began = now

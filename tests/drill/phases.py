"""Where the time of a drill goes: its phases, one after the other."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Phase:
    """A phase that has ended.

    Attributes:
        began, seconds: in seconds, since the drill began and for how long.
    """

    name: str
    began: float
    seconds: float


@dataclass
class Phases:
    """A drill's clock. A phase begins when it is named, and ends when the next one is or the drill has ended.

    Attributes:
        say: is given a line for people, with the time since the drill began before it.
    """

    say: Callable[[str], None]
    clock: Callable[[], float] = time.monotonic
    ended: list[Phase] = field(default_factory=list)
    _began: float = field(init=False)
    _running: tuple[str, float] | None = None

    def __post_init__(self) -> None:
        self._began = self.clock()

    def elapsed(self) -> float:
        """Returns for how many seconds the drill has been running."""
        return self.clock() - self._began

    def begin(self, name: str) -> None:
        """From now on the drill is in this phase."""
        self.end()
        self._running = (name, self.elapsed())

    def end(self) -> None:
        """The phase has ended; if there is none, nothing has."""
        if self._running is None:
            return
        name, began = self._running
        self.ended.append(Phase(name, began, self.elapsed() - began))
        self._running = None

    def tell(self, line: str) -> None:
        """Tell people, in the midst of a phase."""
        self.say(f"{self.elapsed():6.1f} s  {line}")

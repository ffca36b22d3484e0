"""Stands in for gh, git, aws and skopeo: answers by how a command begins, and keeps what was run."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from deploy.workflows.commands import Done

Answer = Done | Callable[[Sequence[str]], Done]


@dataclass
class Programs:
    """Answers commands; the longest beginning that fits decides. What nobody has answered is a mistake of the test."""

    answers: Mapping[str, Answer]
    ran: list[str] = field(default_factory=list)
    given: list[str | None] = field(default_factory=list)

    def __call__(self, command: Sequence[str], given: str | None = None) -> Done:
        text = " ".join(command)
        self.ran.append(text)
        self.given.append(given)
        fitting = [each for each in self.answers if text.startswith(each)]
        assert fitting, f"nobody has said what this answers: {text}"
        answer = self.answers[max(fitting, key=len)]
        return answer if isinstance(answer, Done) else answer(command)

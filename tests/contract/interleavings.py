"""Every order in which several actors' requests can reach the table, and the death of any of them at any point.

An actor is a use case over the real adapters; a step is one request of it. What an actor does next follows from the
answers it has had: so a state is what the table holds and what each actor was answered, and one that was reached before
is not gone into again. To leave an actor where it is, for good, is to let it die there.
"""

from collections.abc import Awaitable, Callable, Generator, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Generic, TypeAlias, TypeVar

from botocore.exceptions import ClientError

from tests.contract.table_in_process import Items, carried_out

Outcome = TypeVar("Outcome")
Play: TypeAlias = "Callable[[Any], Awaitable[Outcome]]"
"""An actor's work with its own client of the table."""
Alter: TypeAlias = Callable[[str, Mapping[str, Any]], bool]


@dataclass(frozen=True, slots=True)
class Request:
    """A request on its way: awaited, it gives what the scheduler answers."""

    operation: str
    arguments: Mapping[str, Any]

    def __await__(self) -> Generator["Request", Any, Any]:
        return (yield self)


class AskingClient:
    """A client of the table that leaves it to whoever drives the coroutine when a request takes effect.

    Parameters:
        twice: each write is sent a second time, as after its first answer got lost.
    """

    def __init__(self, *, twice: bool = False) -> None:
        self._twice = twice

    def __getattr__(self, operation: str) -> Callable[..., Awaitable[Any]]:
        async def ask(**arguments: Any) -> Any:
            request = Request(operation, arguments)
            if self._twice and operation in {"put_item", "update_item"}:
                await request
            answer = await request
            if isinstance(answer, ClientError):
                raise answer
            return answer

        return ask


@dataclass(frozen=True, slots=True)
class Actor(Generic[Outcome]):
    """Somebody who uses the table.

    Attributes:
        loses: of which of its requests the table never learns, although they are answered as if it had.
        twice: as in ``AskingClient``.
    """

    name: str
    play: "Play[Outcome]"
    twice: bool = False
    loses: Alter = lambda operation, arguments: False

    def after(self, answers: Sequence[Any]) -> "Request | Ended[Outcome]":
        """Its next request when it has been answered so far, or how it ended."""
        part: Any = self.play(AskingClient(twice=self.twice))
        request: Request | None = None
        try:
            for answer in (None, *answers):
                request = part.send(answer)
                while request is None:  # it lets others of its process have their turn, and there are none
                    request = part.send(None)
        except StopIteration as end:
            return Ended(end.value)
        part.close()
        assert request is not None
        return request

    def carried_out(self, items: Items, request: Request) -> tuple[Items, Any]:
        """The items after its request, and the answer."""
        if self.loses(request.operation, request.arguments):
            return items, {}
        return carried_out(items, request.operation, request.arguments)

    def alone(self, items: Items) -> tuple[Items, Outcome]:
        """The items when nobody else does anything until it ends, and how that is."""
        answers: list[Any] = []
        while isinstance(step := self.after(answers), Request):
            items, answer = self.carried_out(items, step)
            answers.append(answer)
        return items, step.outcome


@dataclass(frozen=True, slots=True)
class Ended(Generic[Outcome]):
    """An actor is through."""

    outcome: Outcome


@dataclass(frozen=True, slots=True)
class History:
    """The responses to an actor; ``digest`` is equal for equal responses."""

    answers: tuple[Any, ...] = ()
    digest: int = 0

    def then(self, answer: Any) -> "History":
        """With one answer more."""
        content = answer.response if isinstance(answer, ClientError) else answer
        return History((*self.answers, answer), hash((self.digest, repr(content))))


@dataclass(frozen=True, slots=True)
class State(Generic[Outcome]):
    """The table's items, each actor's responses, the ends of finished actors, and the path to this state.

    ``digest`` is equal for equal items.
    """

    items: Items
    digest: int
    histories: tuple[History, ...]
    ended: Mapping[str, Outcome]
    path: tuple[str, ...]

    @property
    def identity(self) -> tuple[int, ...]:
        """The key that is equal for states with the same future."""
        return (self.digest, *(history.digest for history in self.histories))


@dataclass
class Walk(Generic[Outcome]):
    """All states that actors can bring a table into.

    Attributes:
        check: looks at the items before and after each request.
        steps: how many requests have been made.
    """

    actors: Sequence[Actor[Outcome]]
    check: Callable[[Items, Items], None]
    items: Items = field(default_factory=dict)
    steps: int = 0
    _nexts: dict[tuple[int, int], "Request | Ended[Outcome]"] = field(default_factory=dict)

    def states(self) -> Iterator[State[Outcome]]:
        """Each state once, the first among them."""
        begun: State[Outcome] = State(self.items, _digest(self.items), tuple(History() for _ in self.actors), {}, ())
        waiting, seen = [begun], {begun.identity}
        while waiting:
            state = waiting.pop()
            nexts = list(map(self._next, range(len(self.actors)), state.histories))
            ended = {
                actor.name: step.outcome
                for actor, step in zip(self.actors, nexts, strict=True)
                if isinstance(step, Ended)
            }
            yield State(state.items, state.digest, state.histories, ended, state.path)
            for number, step in enumerate(nexts):
                if isinstance(step, Request):
                    after = self._after(state, number, step)
                    if after.identity not in seen:
                        seen.add(after.identity)
                        waiting.append(after)

    def _next(self, number: int, history: History) -> "Request | Ended[Outcome]":
        known = (number, history.digest)
        if known not in self._nexts:
            self._nexts[known] = self.actors[number].after(history.answers)
        return self._nexts[known]

    def _after(self, state: State[Outcome], number: int, request: Request) -> State[Outcome]:
        self.steps += 1
        actor = self.actors[number]
        items, answer = actor.carried_out(state.items, request)
        digest = state.digest
        if items is not state.items:
            self.check(state.items, items)
            digest = _digest(items)
        histories = list(state.histories)
        histories[number] = histories[number].then(answer)
        refused = " refused" if isinstance(answer, ClientError) else ""
        told = f"{actor.name}: {request.operation}{refused}"
        return State(items, digest, tuple(histories), {}, (*state.path, told))


def _digest(items: Items) -> int:
    return hash(repr(sorted(items.items())))

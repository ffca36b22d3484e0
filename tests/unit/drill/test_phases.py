"""Where a drill's time goes."""

from tests.drill.phases import Phase, Phases


def test_a_phase_ends_where_the_next_begins_and_the_last_with_the_drill() -> None:
    now, said = [100.0], list[str]()
    phases = Phases(said.append, clock=lambda: now[0])
    now[0] = 101.0
    phases.begin("start")
    now[0] = 103.5
    phases.begin("load")
    phases.tell("under load")
    now[0] = 110.0
    phases.end()
    phases.end()
    assert phases.ended == [Phase("start", 1.0, 2.5), Phase("load", 3.5, 6.5)]
    assert said == ["   3.5 s  under load"]

"""W behind an array of its own for R: phases and books counted by hand."""

from __future__ import annotations

from tests.controllers.arrays import (
    CONVERT,
    LOAD,
    LOSS,
    NS,
    ROUND_TIMES,
    SETTLE,
    US,
    WRITE,
    bench,
    books,
)

CASCADE = "board.decorrelation=cascade"


def test_a_cascade_settles_each_layer_twice_and_writes_r_when_it_changes() -> None:
    """2-2-1: R of both layers is 2 x 2, eight weights behind four amplifiers without junctions."""
    made = bench(*ROUND_TIMES, CASCADE, decorrelated=3)
    one = LOAD + 4 * SETTLE + CONVERT + LOSS
    names = [p.name for p in made.board.timeline(10).phases]
    assert names[1:5] == [
        "pass 1: decorrelate layer 1", "pass 1: settle layer 1",
        "pass 1: decorrelate layer 2", "pass 1: settle layer 2",
    ]  # fmt: skip
    assert names[-2:] == ["weight write", "decorrelation write"]
    for batch in range(1, 8):
        before = made.emulator.ledger.window_ps
        grid = made.board.train(5, operations=1024)
        writes = 2 if batch % 3 == 0 else 1
        assert made.emulator.ledger.window_ps - before == 5 * 2 * one + 2 * NS + writes * WRITE
        assert grid.interval_ps == one
        made.board.train(5, operations=0)  # changes no weight, and counts for none
    booked = books(made)
    assert booked["weights", "write"] == (7, 7)
    assert booked["stage", "write"] == (2, 2)
    assert booked["stage", "driven"] == booked["weights", "driven"]
    banks = {e.part: e.bank for e in made.emulator.ledger.entries(made.emulator.now)}
    assert banks["anp_array.stage"] == 2 * 2 + 2 * 2
    assert banks["anp_array.node"] == made.board.nodes + 4
    assert banks["anp_array.smtj"] == made.board.nodes


def test_nodes_of_a_cascade_are_sampled_when_all_stages_have_settled() -> None:
    grid = bench(*ROUND_TIMES, CASCADE, decorrelated=1).board.train(4, operations=10)
    assert grid.times[0] == US + 4 * 3 * NS + LOAD + 4 * SETTLE


def test_a_cascade_leaves_the_same_books_in_one_step_as_in_many() -> None:
    found = []
    for engine in ("event", "compiled"):
        made = bench(CASCADE, layers=(9, 3), inputs=5, engine=engine, decorrelated=2)
        grids = [made.board.train(4, 777) for _ in range(3)] + [made.board.infer(2)]
        ledger, now = made.emulator.ledger, made.emulator.now
        found.append((now, ledger.window_ps, ledger.entries(now), grids))
    assert found[0] == found[1]


def test_without_an_r_there_is_no_cascade_and_the_board_says_so() -> None:
    plain, asked, product = bench(), bench(CASCADE), bench(decorrelated=1)
    for made in (plain, asked, product):
        made.board.train(3, 10)
    assert books(asked) == books(plain) == books(product)
    assert asked.board.cautions() == [
        "board.decorrelation = cascade: this network decorrelates nothing, so no array for R is "
        "built"
    ]
    assert plain.board.cautions() == product.board.cautions() == []
    assert bench(CASCADE, decorrelated=1).board.cautions() == []

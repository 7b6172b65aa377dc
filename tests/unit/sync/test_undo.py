"""The rule of undo and redo, case by case."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync.undo import Past, Path, Place, Touched, UndoLog

X: Path = ("nodes", "a", "posX")
Y: Path = ("nodes", "a", "posY")
NODE: Path = ("nodes", "a")

LOG: Path = ("data", "log")

ANN, BOB = "ann", "bob"


def no_array(path: Path) -> bool:
    """There are no arrays here."""
    return False


def log(*batches: Past, reach: int = 100) -> UndoLog:
    return UndoLog(batches, reach)


def batch(
    seq: int, user: str, *paths: Path, undoes: int | None = None, skipped: tuple[Path, ...] = ()
) -> Past:
    return Past(seq, user, frozenset(map(Place, paths)), undoes, frozenset(skipped))


def met(touched: Touched) -> set[Path]:
    """Which of the two leaves somebody else has touched."""
    return {leaf for leaf in (X, Y) if touched.meets(leaf)}


def undoable(made: UndoLog, user: str = ANN) -> list[tuple[int, set[Path]]]:
    """The seqs that may be undone, with what others have touched since."""
    return [(batch.seq, met(touched)) for batch, touched in made.undoable(user, no_array)]


def redoable(made: UndoLog, user: str = ANN) -> list[tuple[int, set[Path]]]:
    return [(batch.seq, met(touched)) for batch, touched in made.redoable(user, no_array)]


@pytest.mark.parametrize(
    ("theirs", "mine", "meet"),
    [
        (X, X, True),
        (NODE, X, True),
        (X, NODE, True),
        (Y, X, False),
        (("nodes",), X, True),
        (X, ("nodes",), True),
        (("nodes", "ab"), NODE, False),
        (("data", "log"), ("data", "log", "3"), True),
        (("data", "log", "0"), ("data", "log"), True),
        (("data", "log", "0"), ("data", "log", "1"), False),
    ],
    ids=[
        "the same",
        "above",
        "below",
        "beside",
        "far above",
        "far below",
        "a longer key",
        "an array, of an element",
        "an element, of its array",
        "two elements that stay",
    ],
)
def test_a_path_meets_its_own_those_above_and_those_below(
    theirs: Path, mine: Path, meet: bool
) -> None:
    """WS-UNDO-2"""
    touched = Touched()
    touched.add(theirs)
    assert touched.meets(mine) is meet


paths = st.lists(st.sampled_from("abc"), max_size=4).map(tuple)


@given(theirs=st.lists(paths, max_size=5), mine=paths)
def test_meeting_is_that_one_begins_with_the_other(theirs: list[Path], mine: Path) -> None:
    touched = Touched()
    for each in theirs:
        touched.add(each)
    expected = any(each[: len(mine)] == mine[: len(each)] for each in theirs)
    assert touched.meets(mine) is expected


def test_the_newest_of_ones_own_comes_first_with_what_others_touched_after_it() -> None:
    """WS-UNDO-1"""
    made = log(batch(1, ANN, X), batch(2, BOB, X), batch(3, ANN, Y), batch(4, BOB, Y))
    assert undoable(made) == [(3, {Y}), (1, {X, Y})]
    assert undoable(made, BOB) == [(4, set()), (2, {Y})]
    assert undoable(made, "nobody") == []


def test_what_is_undone_is_not_undone_again() -> None:
    """WS-UNDO-1"""
    made = log(batch(1, ANN, X), batch(2, ANN, Y), batch(3, ANN, Y, undoes=2))
    assert undoable(made) == [(1, set())]
    assert redoable(made) == [(3, set())]


def test_what_is_redone_can_be_undone_again_and_is_redone_no_more() -> None:
    made = log(batch(1, ANN, X), batch(2, ANN, X, undoes=1), batch(3, ANN, X, undoes=2))
    assert (undoable(made), redoable(made)) == ([(1, set())], [])
    made.add(batch(4, ANN, X, undoes=1))
    assert (undoable(made), redoable(made)) == ([], [(4, set())])


def test_a_batch_that_was_undone_and_its_undo_count_only_with_what_was_skipped() -> None:
    """WS-UNDO-4"""
    made = log(batch(1, ANN, X, Y), batch(2, BOB, X, Y), batch(3, BOB, Y, undoes=2, skipped=(X,)))
    assert undoable(made) == [(1, {X})]


def test_a_batch_that_was_undone_and_redone_counts_again() -> None:
    """WS-UNDO-4"""
    made = log(batch(1, ANN, X), batch(2, BOB, X))
    made.add(batch(3, BOB, X, undoes=2))
    assert undoable(made) == [(1, set())]
    made.add(batch(4, BOB, X, undoes=3))
    assert undoable(made) == [(1, {X})]


def test_ones_own_batches_never_stand_in_ones_way() -> None:
    made = log(batch(1, ANN, X), batch(2, ANN, X), batch(3, ANN, X, undoes=2))
    assert undoable(made) == [(1, set())]


def test_undos_are_redone_newest_first_with_what_others_touched_after_them() -> None:
    """WS-REDO-1"""
    made = log(
        batch(1, ANN, X),
        batch(2, ANN, Y),
        batch(3, ANN, Y, undoes=2),
        batch(4, BOB, Y),
        batch(5, ANN, X, undoes=1),
    )
    assert redoable(made) == [(5, set()), (3, {Y})]


def test_a_new_batch_of_the_user_empties_what_can_be_redone_one_of_others_does_not() -> None:
    """WS-REDO-2"""
    made = log(batch(1, ANN, X), batch(2, ANN, X, undoes=1), batch(3, BOB, Y))
    assert redoable(made) == [(2, {Y})]
    made.add(batch(4, ANN, Y))
    assert redoable(made) == []


def test_a_redo_does_not_empty_what_can_be_redone() -> None:
    made = log(
        batch(1, ANN, X),
        batch(2, ANN, Y),
        batch(3, ANN, Y, undoes=2),
        batch(4, ANN, X, undoes=1),
        batch(5, ANN, X, undoes=4),
    )
    assert redoable(made) == [(3, set())]


def test_beyond_its_reach_nothing_is_undone() -> None:
    """WS-UNDO-6"""
    made = log(*(batch(seq, ANN, X) for seq in range(1, 8)), reach=3)
    assert [seq for seq, _ in undoable(made)] == [7, 6, 5]
    made.add(batch(8, ANN, X, undoes=7))
    assert [seq for seq, _ in undoable(made)] == [6]


def test_a_redo_stays_a_redo_when_what_it_redid_is_beyond_reach() -> None:
    made = log(batch(1, ANN, X), batch(2, ANN, X, undoes=1), batch(3, ANN, X, undoes=2), reach=3)
    made.add(batch(4, BOB, Y))
    made.add(batch(5, BOB, Y))
    assert redoable(made) == []


@pytest.mark.parametrize(
    ("place", "counted"),
    [
        (Place((*LOG, "3"), taken=True), LOG),
        (Place((*LOG, "3")), (*LOG, "3")),
        (Place(("data", "map", "p"), taken=True), ("data", "map", "p")),
        (Place(LOG, taken=True), LOG),
    ],
    ids=["an element that comes or goes", "one that is set", "a key", "the array itself"],
)
def test_what_takes_or_adds_an_element_counts_with_its_array(place: Place, counted: Path) -> None:
    """WS-UNDO-3"""
    assert place.counted(lambda path: path == LOG) == counted


def test_the_log_is_the_same_however_it_was_filled() -> None:
    batches = [batch(1, ANN, X), batch(2, BOB, Y), batch(3, ANN, X, undoes=1)]
    grown = log()
    for each in batches:
        grown.add(each)
    for user in (ANN, BOB):
        assert undoable(grown, user) == undoable(log(*batches), user)
        assert redoable(grown, user) == redoable(log(*batches), user)

"""What waits between a store and a file is found, however much there is."""

from __future__ import annotations

from backup.staging import Staging


def steps(others: int) -> int:
    """How much SQLite does to find a workflow among so many."""
    staging, count = Staging(), 0
    for number in range(others):
        staging.add("nodes", f"{number}-n", b"{}", f"{number}")
    staging.add("nodes", "w-a", b"[1]", "w")
    staging.add("nodes", "w-b", b"[22]", "w")

    def step() -> None:
        nonlocal count
        count += 1

    staging._database.set_progress_handler(step, 1)
    assert list(staging.parts("w", "nodes")) == [("w-a", b"[1]"), ("w-b", b"[22]")]
    assert staging.size("w", "nodes") == 7
    staging.drop("w")
    assert not staging.size("w", "nodes")
    staging.close()
    return count


def test_the_parts_of_a_workflow_are_found_as_fast_among_many_others() -> None:
    assert steps(2_000) == steps(20)

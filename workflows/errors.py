"""What can go wrong with a workflow; the edges map each to its answer."""

from __future__ import annotations


class WorkflowError(Exception):
    """Base of the errors of this app; the text says what to do next."""


class NotFound(WorkflowError):
    """The workflow, catalog entry or state asked for does not exist."""


class Taken(WorkflowError):
    """A name that must be unique is used already."""


class Invalid(WorkflowError):
    """What was given for a catalog entry cannot be kept; the text says why."""


class Damaged(WorkflowError):
    """What the store holds of a workflow does not fit together; it must not be guessed around."""


class GivenUp(WorkflowError):
    """The live session could not go on; ask again, with the same id."""


class Elsewhere(WorkflowError):
    """Another process, which lives and answers, holds the session: ask `process` at `address`."""

    def __init__(self, process: str, address: str) -> None:
        super().__init__("Another process holds this workflow; ask again.")
        self.process = process
        self.address = address


class Refused(WorkflowError):
    """A batch, or a whole document, that cannot be applied.

    `code` is one of PROTOCOL's error codes: invalid_instruction, path_not_found, type_mismatch,
    index_out_of_range, invalid_graph, too_large. `index` is that of the offending instruction, if
    it is one's fault.
    """

    def __init__(self, code: str, message: str, index: int | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.index = index

"""What can go wrong between processes; none of it is ever more than a missing hint."""

from __future__ import annotations


class ClusterError(Exception):
    """The text is one line that says what to do next."""


class Unfit(ClusterError):
    """A message that cannot be sent: too large, or of things that have no form on the wire."""


class Malformed(ClusterError):
    """Bytes that are no message of ours."""


class UnknownPeer(ClusterError):
    """Nobody of this name can be reached now."""


class Unreachable(ClusterError):
    """No broker answers, or so much waits for it that nothing more is taken."""


class Unanswered(ClusterError):
    """The peer got the request, and gave no answer."""


class Unsafe(ClusterError):
    """Beyond this machine, and without keys."""


class Taken(ClusterError):
    """One cannot listen there."""

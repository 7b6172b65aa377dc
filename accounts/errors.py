"""What can go wrong with accounts; the edges map each to its answer."""

from __future__ import annotations


class AccountsError(Exception):
    """Base of the errors of this app; the text says what to do next."""


class InvalidCredentials(AccountsError):
    """The name and the password do not belong together, or the user may not log in."""

    def __init__(self) -> None:
        super().__init__("The username or the password is wrong. Check both and try again.")


class Unauthorized(AccountsError):
    """There is no token, or it is forged, revoked, or of a user who is gone or disabled."""


class TokenExpired(Unauthorized):
    """The token was good, but its time is over."""


class Forbidden(AccountsError):
    """The role is too low for what was asked."""


class NotFound(AccountsError):
    """What was asked for does not exist, or not for this user."""


class Taken(AccountsError):
    """A name that must be unique is used already, or the change would leave nobody in charge."""


class Invalid(AccountsError):
    """A name, password or role that cannot be accepted; the text says which, and why."""


class Throttled(AccountsError):
    """Too many attempts; `retry_after` says in how many seconds (1 to 60) to try again."""

    def __init__(self, retry_after: int) -> None:
        super().__init__(f"Too many attempts. Try again in {retry_after} seconds.")
        self.retry_after = retry_after

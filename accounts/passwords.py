"""What may be a password."""

from __future__ import annotations

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError

from accounts.errors import Invalid

MAX_BYTES = 1024


def is_acceptable(password: str) -> bool:
    """Whether a password is short enough to be hashed, and holds no NUL nor half a character."""
    # The first test keeps a megabyte from being encoded.
    if len(password) > MAX_BYTES or "\0" in password:
        return False
    try:
        return len(password.encode()) <= MAX_BYTES
    except UnicodeEncodeError:
        return False


def check(password: str, user: object) -> None:
    """Return if this may become the user's password; raises Invalid with every reason why not."""
    try:
        validate_password(password, user)  # type: ignore[arg-type]
    except ValidationError as error:
        raise Invalid(" ".join(error.messages)) from None


class PasswordLimits:
    """The entry in AUTH_PASSWORD_VALIDATORS that keeps out what could not be verified."""

    def validate(self, password: str, user: object = None) -> None:
        """Raise ValidationError for a password that is too long, or holds NUL."""
        if not is_acceptable(password):
            raise ValidationError(self.get_help_text())

    def get_help_text(self) -> str:
        """The rule, as a sentence."""
        return f"A password has at most {MAX_BYTES} bytes and holds no NUL character."

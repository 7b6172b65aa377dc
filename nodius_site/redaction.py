"""Takes secrets out of what is logged: the last defence, behind never logging one."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterable, Mapping
from functools import lru_cache
from urllib.parse import quote

REDACTED = "[redacted]"

#: Characters of one text that are logged; of a longer one the beginning and the end are.
LONGEST = 8 * 1024
#: How much further the search goes, so that a secret at the cut is seen whole.
MARGIN = 512
#: Secrets of fewer characters are replaced only where they stand alone: `a` must not eat every a.
LONG = 8

#: What names a secret: the end of the name of a field, a header, a parameter of an address.
_NAMES = (
    r"(?:password|passwd|passphrase|[_-]pass|token|secret|authorization|cookie|sessionid"
    r"|api[_-]?key|jwt)"
)
_NAME = re.compile(rf"{_NAMES}\Z", re.IGNORECASE)
#: What none of the patterns can do without: most texts have nothing of it, and are done with.
_SUSPECT = re.compile(rf"eyJ|://|bearer|basic|{_NAMES}", re.IGNORECASE)
# None of these may take more than linear time: some of what they look at comes from outside.
_PATTERNS = (
    (re.compile(r"\b(bearer|basic)(\s{1,8})[\w.~+/=-]+", re.IGNORECASE), rf"\1\2{REDACTED}"),
    (re.compile(r"eyJ[\w-]{4,2048}\.[\w.-]*"), REDACTED),
    # postgres://user:password@host
    (re.compile(r"(?<=://)([^\s/:@]{0,128}):\S{0,256}@"), rf"\1:{REDACTED}@"),
    # A name, a sign that a value follows, and that: quoted, perhaps within a list or a call, or up
    # to what cannot be part of it. Of a quoted name a comma is such a sign: pairs of headers.
    (
        re.compile(
            rf"""(?P<name>{_NAMES}(?:\\?["']?\s{{0,8}}[:=]|\\?["'],)\s{{0,8}})"""
            r"""(?:(?:[\w.]{0,32}[\[(]{1,2})?b?(?P<q>\\?["'])(?:(?!(?P=q))(?:\\.|.))*(?:(?P=q)|\Z)"""
            r"""|(?:(?:basic|bearer|digest|token)\s{1,8})?[^\s"'&;,)}\]]+)""",
            re.IGNORECASE | re.DOTALL,
        ),
        rf"\g<name>{REDACTED}",
    ),
)


class Redactor:
    """Replaces `secrets` by a mark, in whatever form they are written, and all that looks like a
    secret: tokens, passwords in addresses, the values of fields that are named for one.
    """

    def __init__(self, secrets: Iterable[str]) -> None:
        forms = {form for secret in secrets if secret for form in _forms(secret)}
        # The longest first: a secret may be a part of another one.
        found = [_found(form) for form in sorted(forms, key=lambda form: (-len(form), form))]
        self._secrets = re.compile("|".join(found)) if found else None

    def text(self, text: str) -> str:
        """This text without secrets, and without its middle if it is too long."""
        if len(text) <= LONGEST:
            return self._cleaned(text)
        half = LONGEST // 2
        start, end = self._cleaned(text[: half + MARGIN]), self._cleaned(text[-half - MARGIN :])
        return f"{start[:half]} … {end[-half:]}"

    def value(self, value: object) -> object:
        """A value as it may be logged: texts, numbers, lists and dicts; all else as it looks."""
        match value:
            case None | bool() | int():
                return value
            case float() if math.isfinite(value):
                return value
            case str():
                return self.text(value)
            case Mapping():
                return {self.text(str(key)): self.field(str(key), value[key]) for key in value}
            case list() | tuple() | set() | frozenset():
                return [self.value(each) for each in value]
        return self.text(repr(value))

    def field(self, name: str, value: object) -> object:
        """The value of a field of this name."""
        return REDACTED if value is not None and _is_telling(name) else self.value(value)

    def _cleaned(self, text: str) -> str:
        if self._secrets is not None:
            text = self._secrets.sub(REDACTED, text)
        if _SUSPECT.search(text):
            for pattern, mark in _PATTERNS:
                text = pattern.sub(mark, text)
        return text


@lru_cache(maxsize=1024)
def _is_telling(name: str) -> bool:
    return _NAME.search(name) is not None


def _forms(secret: str) -> set[str]:
    """How a secret may be written: as it is, in Python, in JSON, in an address."""
    return {secret, repr(secret)[1:-1], json.dumps(secret)[1:-1], quote(secret, safe="")}


def _found(form: str) -> str:
    literal = re.escape(form)
    return literal if len(form) >= LONG else rf"(?<!\w){literal}(?!\w)"

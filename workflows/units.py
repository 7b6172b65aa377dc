"""Texts addressed as JavaScript does it: by UTF-16 code units."""

from __future__ import annotations

from workflows.errors import Refused

_CODEC = "utf-16-le"


def units(text: str) -> int:
    """Length of the text in UTF-16 code units."""
    return len(text) if text.isascii() else len(text.encode(_CODEC)) // 2


class Units:
    """One text to cut: ASCII by direct index, other text by its UTF-16 form, made once."""

    __slots__ = ("_text", "_wide", "length")

    def __init__(self, text: str) -> None:
        self._text = text
        self._wide = b"" if text.isascii() else text.encode(_CODEC)
        self.length = len(self._wide) // 2 or len(text)

    def cut(self, start: int, end: int) -> tuple[str, str, str]:
        """The text before, from and after 0 ≤ start ≤ end ≤ length.

        Raises Refused if one of the two lies within a surrogate pair.
        """
        if not self._wide:
            return self._text[:start], self._text[start:end], self._text[end:]
        if self._within_pair(start) or self._within_pair(end):
            raise Refused(
                "index_out_of_range",
                "this would split a character in two; count UTF-16 units and keep pairs whole",
            )
        wide = self._wide
        parts = wide[: 2 * start], wide[2 * start : 2 * end], wide[2 * end :]
        before, between, after = (part.decode(_CODEC) for part in parts)
        return before, between, after

    def _within_pair(self, position: int) -> bool:
        # The text holds no lone surrogates, so that a low one always has its high one before it.
        return position < self.length and 0xDC <= self._wide[2 * position + 1] <= 0xDF

"""AQL's expressions: words in, something that can be evaluated out."""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol, TypeAlias

from tests.arango_double.errors import ArangoError, parse_error, unknown
from tests.arango_double.functions import FUNCTIONS
from tests.arango_double.lexer import Word
from tests.arango_double.values import Value, equal, member, sort_key, text_of, truth

Path: TypeAlias = tuple[str, ...]


class Data(Protocol):
    """The documents that a query works on; errors of theirs pass through."""

    def documents(self, collection: str, among: Mapping[Path, Sequence[Value]]) -> list[Value]:
        """The documents of a collection; perhaps only those with one of these values there."""

    def document(self, collection: str, key: str) -> Value:
        """One document, or None."""

    def insert(self, collection: str, document: Value, mode: str | None) -> tuple[Value, Value]:
        """The new document, and the one that it takes the place of."""

    def update(
        self, collection: str, key: str, change: Value, *, replace: bool, options: Mapping[str, Any]
    ) -> tuple[Value, Value]:
        """The new document and the old one."""

    def remove(self, collection: str, key: str, revision: str | None) -> Value:
        """The old document."""


@dataclass
class Context:
    """One run of a query."""

    data: Data
    binds: Mapping[str, Value]
    written: set[str] = field(default_factory=set)
    writes: int = 0
    full_count: int | None = None


Variables: TypeAlias = dict[str, Value]
Run: TypeAlias = Callable[[Context, Variables], Value]


@dataclass(frozen=True)
class Expression:
    """`path`: the variable and the attributes it stands for. `among`: it can only be true where
    what stands at a path is one of the values of an expression.
    """

    run: Run
    path: Path | None = None
    among: tuple[tuple[Path, Expression, bool], ...] = ()


class Words:
    """The words of a query, read from left to right."""

    def __init__(self, found: Sequence[Word], text: str) -> None:
        self._words = found
        self._at = 0
        self.text = text
        self.binds: set[str] = set()
        self.subquery: Callable[[], Run] = self._no_subquery

    def _no_subquery(self) -> Run:
        raise unknown(f"this query: {self.text}")

    @property
    def word(self) -> Word:
        """The next one."""
        return self._words[self._at]

    def take(self, text: str) -> bool:
        """Whether the next one is this sign or keyword; then it is behind us."""
        if self.word.kind in ("sign", "keyword") and self.word.text == text:
            self._at += 1
            return True
        return False

    def need(self, text: str) -> None:
        """The next one has to be this."""
        if not self.take(text):
            raise self.unexpected()

    def ahead(self, *texts: str) -> bool:
        """Whether these come next."""
        coming = self._words[self._at : self._at + len(texts)]
        return [each.text for each in coming] == list(texts)

    def kind(self, kind: str) -> str:
        """The text of the next one, which has to be of this kind."""
        if self.word.kind != kind:
            raise self.unexpected()
        self._at += 1
        return self._words[self._at - 1].text

    def unexpected(self) -> ArangoError:
        """The next one does not fit."""
        found = self.word.text or "end of query string"
        return parse_error(f"unexpected {found} near '{self.text[self.word.at :][:40]}'")


_COMPARISONS: Mapping[str, Callable[[Any, Any], bool]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
_ARITHMETIC: Mapping[str, Callable[[Any, Any], Any]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": lambda left, right: left / right if right else None,
    "%": lambda left, right: left % right if right else None,
}


def expression(words: Words) -> Expression:
    """Read an expression."""
    condition = _or(words)
    if not words.take("?"):
        return condition
    first = expression(words).run
    words.need(":")
    second, test = expression(words).run, condition.run
    return Expression(lambda c, v: first(c, v) if truth(test(c, v)) else second(c, v))


def _or(words: Words) -> Expression:
    left = _and(words)
    while words.take("||") or words.take("OR"):
        left = _either(left.run, _and(words).run)
    return left


def _either(left: Run, right: Run) -> Expression:
    def run(context: Context, variables: Variables) -> Value:
        first = left(context, variables)
        return first if truth(first) else right(context, variables)

    return Expression(run)


def _and(words: Words) -> Expression:
    left = _comparison(words)
    while words.take("&&") or words.take("AND"):
        left = _both(left, _comparison(words))
    return left


def _both(left: Expression, right: Expression) -> Expression:
    one, other = left.run, right.run

    def run(context: Context, variables: Variables) -> Value:
        first = one(context, variables)
        return other(context, variables) if truth(first) else first

    return Expression(run, among=left.among + right.among)


def _comparison(words: Words) -> Expression:
    left = _sum(words)
    while True:
        sign = words.word.text
        if words.take("=="):
            left = _equality(left, _sum(words))
        elif words.take("!="):
            one, other = left.run, _sum(words).run
            left = _pair(one, other, lambda a, b: not equal(a, b))
        elif sign in _COMPARISONS and words.take(sign):
            left = _order(left.run, _sum(words).run, _COMPARISONS[sign])
        elif words.ahead("NOT", "IN"):
            words.need("NOT")
            words.need("IN")
            left = _pair(left.run, _sum(words).run, lambda a, b: not _within(a, b))
        elif words.take("IN"):
            right = _sum(words)
            among = ((left.path, right, True),) if left.path else ()
            left = Expression(_pair(left.run, right.run, _within).run, among=among)
        else:
            return left


def _pair(left: Run, right: Run, combined: Callable[[Value, Value], Value]) -> Expression:
    return Expression(lambda c, v: combined(left(c, v), right(c, v)))


def _order(left: Run, right: Run, compared: Callable[[Any, Any], bool]) -> Expression:
    return _pair(left, right, lambda a, b: compared(sort_key(a), sort_key(b)))


def _equality(left: Expression, right: Expression) -> Expression:
    among = ((left.path, right, False),) if left.path else ()
    return Expression(_pair(left.run, right.run, equal).run, among=among)


def _within(value: Value, values: Value) -> bool:
    if not isinstance(values, list):
        return False
    if isinstance(value, str):
        return value in _texts(values)
    # Quickly found out if not; else 1 may have been taken for true.
    return value in values and any(equal(value, each) for each in values)


#: The list that was looked into last, and the texts in it.
_looked_into: list[tuple[list[Value], frozenset[str]]] = []


def _texts(values: list[Value]) -> frozenset[str]:
    if not _looked_into or _looked_into[0][0] is not values:
        _looked_into[:] = [(values, frozenset(e for e in values if isinstance(e, str)))]
    return _looked_into[0][1]


def operand(words: Words) -> Expression:
    """Read an expression without comparisons: behind it an IN may name a collection."""
    return _sum(words)


def _sum(words: Words) -> Expression:
    left = _product(words)
    while (sign := words.word.text) in ("+", "-") and words.take(sign):
        left = _number(left.run, _product(words).run, _ARITHMETIC[sign])
    return left


def _product(words: Words) -> Expression:
    left = _unary(words)
    while (sign := words.word.text) in ("*", "/", "%") and words.take(sign):
        left = _number(left.run, _unary(words).run, _ARITHMETIC[sign])
    return left


def _number(left: Run, right: Run, combined: Callable[[Any, Any], Any]) -> Expression:
    def plain(value: Value) -> int | float:
        if isinstance(value, bool | None):
            return int(bool(value))
        if not isinstance(value, int | float):
            raise unknown("arithmetic with what is no number")
        return value

    return _pair(left, right, lambda a, b: combined(plain(a), plain(b)))


def _unary(words: Words) -> Expression:
    if words.take("!") or words.take("NOT"):
        inner = _unary(words).run
        return Expression(lambda c, v: not truth(inner(c, v)))
    if words.take("-"):
        number = _unary(words).run
        return Expression(lambda c, v: -number(c, v))
    return _accessed(words, _primary(words))


def _accessed(words: Words, value: Expression) -> Expression:
    while True:
        if words.take("."):
            if words.word.kind == "bind":
                value = _member(value, _bind(words).run)
            else:
                value = _attribute(value, words.kind("name"))
        elif words.ahead("[", "*"):
            raise unknown(f"expansions: {words.text}")
        elif words.take("["):
            value = _member(value, expression(words).run)
            words.need("]")
        else:
            return value


def _attribute(value: Expression, name: str) -> Expression:
    run = value.run
    path = (*value.path, name) if value.path else None
    return Expression(lambda c, v: member(run(c, v), name), path)


def _member(value: Expression, name: Run) -> Expression:
    run = value.run
    return Expression(lambda c, v: member(run(c, v), name(c, v)))


def _bind(words: Words) -> Expression:
    name = words.kind("bind")[1:]
    words.binds.add(name)
    return Expression(lambda c, v: c.binds[name])


def _primary(words: Words) -> Expression:
    kind, text = words.word.kind, words.word.text
    if kind == "number":
        words.kind(kind)
        number: int | float = int(text) if text.isdigit() else float(text)
        return Expression(lambda c, v: number)
    if kind == "text":
        words.kind(kind)
        return Expression(lambda c, v: text)
    if kind == "bind":
        return _bind(words)
    if kind == "keyword" and text in ("TRUE", "FALSE", "NULL"):
        words.kind(kind)
        constant = {"TRUE": True, "FALSE": False, "NULL": None}[text]
        return Expression(lambda c, v: constant)
    if words.take("("):
        return _in_brackets(words)
    if words.take("["):
        return _list(words)
    if words.take("{"):
        return _object(words)
    return _variable_or_call(words)


_STATEMENTS = ("FOR", "RETURN", "LET", "INSERT", "UPDATE", "REPLACE", "REMOVE")


def _in_brackets(words: Words) -> Expression:
    if words.word.kind == "keyword" and words.word.text in _STATEMENTS:
        inner = words.subquery()
        words.need(")")
        return Expression(inner)
    value = expression(words)
    words.need(")")
    return value


def _list(words: Words) -> Expression:
    items: list[Run] = []
    while not words.take("]"):
        items.append(expression(words).run)
        if not words.ahead("]"):
            words.need(",")
    return Expression(lambda c, v: [each(c, v) for each in items])


def _object(words: Words) -> Expression:
    items: list[tuple[Run, Run]] = []
    while not words.take("}"):
        items.append(_pair_of(words))
        if not words.ahead("}"):
            words.need(",")
    return Expression(lambda c, v: {text_of(name(c, v)): value(c, v) for name, value in items})


def _pair_of(words: Words) -> tuple[Run, Run]:
    if words.take("["):
        name = expression(words).run
        words.need("]")
    elif words.word.kind == "bind":
        name = _bind(words).run
    else:
        text = words.kind("text" if words.word.kind == "text" else "name")
        if not words.ahead(":"):
            return (lambda c, v: text), (lambda c, v: v[text])
        name = _constant(text)
    words.need(":")
    return name, expression(words).run


def _constant(text: str) -> Run:
    return lambda c, v: text


def _variable_or_call(words: Words) -> Expression:
    if words.word.kind == "keyword" and words.word.text in ("NEW", "OLD"):
        name = words.kind("keyword")
    else:
        name = words.kind("name")
    if not words.take("("):
        return Expression(lambda c, v: v[name], (name,))
    given: list[Run] = []
    while not words.take(")"):
        given.append(expression(words).run)
        if not words.ahead(")"):
            words.need(",")
    function = FUNCTIONS.get(name.upper())
    if function is None:
        raise unknown(f"the function {name}")
    return Expression(lambda c, v: function(*(each(c, v) for each in given)))

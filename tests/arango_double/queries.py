"""AQL's statements: what a query reads, and what it writes."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, TypeAlias

from tests.arango_double.errors import ArangoError, unknown
from tests.arango_double.expressions import (
    Context,
    Data,
    Expression,
    Run,
    Variables,
    Words,
    expression,
    operand,
)
from tests.arango_double.lexer import words as words_of
from tests.arango_double.values import Value, equal, sort_key, truth

#: One clause: rows of variables in, rows out.
Clause: TypeAlias = Callable[[Context, Iterator[Variables]], Iterable[Variables]]
#: The name of a collection, as it is bound.
Name: TypeAlias = Callable[[Context], str]


@dataclass(frozen=True)
class Query:
    """A query that was read; it may be run any number of times."""

    clauses: tuple[Clause, ...]
    returned: Run | None
    binds: frozenset[str]
    reads: tuple[Name, ...]
    writes: tuple[Name, ...]

    def run(self, data: Data, binds: Mapping[str, Value]) -> tuple[list[Value], Context]:
        """The results, and what was counted meanwhile. Raises ArangoError."""
        self.check(binds)
        context = Context(data, binds)
        return _results(self.clauses, self.returned, context, {}), context

    def check(self, binds: Mapping[str, Value]) -> None:
        """Raise ArangoError unless just the declared parameters are bound."""
        for name in sorted(self.binds - binds.keys()):
            raise ArangoError(400, 1551, f"no value specified for declared bind parameter '{name}'")
        for name in sorted(binds.keys() - self.binds):
            raise ArangoError(400, 1552, f"bind parameter '{name}' was not declared in the query")

    def collections(self, binds: Mapping[str, Value]) -> tuple[set[str], set[str]]:
        """The collections that it reads, and those that it writes."""
        self.check(binds)
        context = Context(_NOWHERE, binds)
        return {each(context) for each in self.reads}, {each(context) for each in self.writes}


_NOWHERE: Any = None


@lru_cache(maxsize=1000)
def parse(text: str) -> Query:
    """Read a query. Raises ArangoError: 1501 for what is none, 501 for what is not known."""
    if not text.strip():
        raise ArangoError(400, 1502, "query is empty")
    reader = _Reader(text)
    clauses, returned = reader.block()
    if reader.words.word.kind != "end":
        raise reader.words.unexpected()
    return Query(
        tuple(clauses),
        returned,
        frozenset(reader.words.binds),
        tuple(reader.reads),
        tuple(reader.writes),
    )


def _results(
    clauses: Iterable[Clause], returned: Run | None, context: Context, variables: Variables
) -> list[Value]:
    rows: Iterable[Variables] = iter([variables])
    for clause in clauses:
        rows = clause(context, iter(rows))
    if returned is None:
        for _ in rows:
            pass
        return []
    return [returned(context, row) for row in rows]


class _Reader:
    """Reads the clauses of a query, and of those within it."""

    def __init__(self, text: str) -> None:
        self.words = Words(words_of(text), text)
        self.words.subquery = self._subquery
        self.reads: list[Name] = []
        self.writes: list[Name] = []
        self._depth = 0

    def block(self) -> tuple[list[Clause], Run | None]:
        """The clauses up to RETURN, or to the end of one that writes."""
        words, clauses, wrote = self.words, list[Clause](), False
        while True:
            if words.take("FOR"):
                clauses.append(self._for())
            elif words.take("FILTER"):
                clauses.append(_filter(expression(words)))
            elif words.take("LET"):
                clauses.append(self._let())
            elif words.take("SORT"):
                clauses.append(self._sort())
            elif words.take("LIMIT"):
                clauses.append(self._limit())
            elif words.take("COLLECT"):
                clauses.append(self._collect())
            elif words.word.text in ("INSERT", "UPDATE", "REPLACE", "REMOVE"):
                clauses.append(self._write(words.kind("keyword")))
                wrote = True
            elif words.take("RETURN"):
                distinct = words.take("DISTINCT")
                returned = expression(words).run
                if distinct:
                    clauses.append(_distinct(returned))
                return clauses, returned
            elif wrote and (words.word.kind == "end" or words.ahead(")")):
                return clauses, None
            elif words.word.kind == "keyword":
                raise unknown(f"{words.word.text}: {words.text}")
            else:
                raise words.unexpected()

    def _subquery(self) -> Run:
        self._depth += 1
        clauses, returned = self.block()
        self._depth -= 1
        return lambda context, variables: _results(clauses, returned, context, dict(variables))

    def _collection(self) -> Name:
        words = self.words
        if words.word.kind == "bind" and words.word.text.startswith("@@"):
            name = words.kind("bind")[1:]
            words.binds.add(name)
            return lambda context: str(context.binds[name])
        found = words.kind("name")
        return lambda context: found

    def _for(self) -> Clause:
        words = self.words
        variable = words.kind("name")
        words.need("IN")
        if words.word.text.startswith("@@") or (
            words.word.kind == "name" and not words.ahead(words.word.text, "(")
        ):
            collection = self._collection()
            self.reads.append(collection)
            return _for_collection(variable, collection, self._filters())
        if words.word.text in ("OUTBOUND", "INBOUND", "ANY") or words.word.kind == "number":
            raise unknown(f"graphs: {words.text}")
        return _for_list(variable, expression(words).run)

    def _filters(self) -> list[Expression]:
        found = []
        while self.words.take("FILTER"):
            found.append(expression(self.words))
        return found

    def _let(self) -> Clause:
        name = self.words.kind("name")
        self.words.need("=")
        value = expression(self.words).run
        return lambda context, rows: ({**row, name: value(context, row)} for row in rows)

    def _sort(self) -> Clause:
        terms: list[tuple[Run, bool]] = []
        while True:
            term = expression(self.words).run
            descending = self.words.take("DESC")
            if not descending:
                self.words.take("ASC")
            terms.append((term, descending))
            if not self.words.take(","):
                return _sorted(terms)

    def _limit(self) -> Clause:
        first = expression(self.words).run
        if not self.words.take(","):
            return _limited(lambda c, v: 0, first, self._depth == 0)
        return _limited(first, expression(self.words).run, self._depth == 0)

    def _collect(self) -> Clause:
        words = self.words
        if not words.ahead("WITH", "COUNT", "INTO"):
            raise unknown(f"COLLECT of groups: {words.text}")
        for each in ("WITH", "COUNT", "INTO"):
            words.need(each)
        name = words.kind("name")
        return lambda context, rows: [{name: sum(1 for _ in rows)}]

    def _write(self, what: str) -> Clause:
        words = self.words
        subject = operand(words).run
        change = operand(words).run if words.take("WITH") else subject
        if not (words.take("IN") or words.take("INTO")):
            raise words.unexpected()
        collection = self._collection()
        self.writes.append(collection)
        options = expression(words).run if words.take("OPTIONS") else (lambda c, v: {})
        return _written(what, subject, change, collection, options)


def _filter(condition: Expression) -> Clause:
    run = condition.run
    return lambda context, rows: (row for row in rows if truth(run(context, row)))


def _for_list(variable: str, values: Run) -> Clause:
    def clause(context: Context, rows: Iterator[Variables]) -> Iterator[Variables]:
        for row in rows:
            found = values(context, row)
            if not isinstance(found, list):
                raise ArangoError(400, 1563, "collection or array expected as operand to FOR loop")
            for each in found:
                yield {**row, variable: each}

    return clause


def _for_collection(variable: str, name: Name, filters: list[Expression]) -> Clause:
    def clause(context: Context, rows: Iterator[Variables]) -> Iterator[Variables]:
        collection = name(context)
        if collection in context.written:
            raise ArangoError(
                400, 1579, f"access after data-modification by collection {collection}"
            )
        for row in rows:
            for each in context.data.documents(collection, _among(context, row)):
                made = {**row, variable: each}
                if all(truth(condition.run(context, made)) for condition in filters):
                    yield made

    def _among(context: Context, row: Variables) -> dict[tuple[str, ...], list[Value]]:
        found = {}
        for condition in filters:
            for path, values, many in condition.among:
                if path[0] == variable and len(path) > 1:
                    value = values.run(context, row)
                    found[path[1:]] = value if many and isinstance(value, list) else [value]
        return found

    return clause


def _sorted(terms: list[tuple[Run, bool]]) -> Clause:
    def clause(context: Context, rows: Iterator[Variables]) -> list[Variables]:
        found = list(rows)
        for term, descending in reversed(terms):
            found.sort(key=lambda row: sort_key(term(context, row)), reverse=descending)
        return found

    return clause


def _limited(offset: Run, count: Run, counted: bool) -> Clause:
    def clause(context: Context, rows: Iterator[Variables]) -> list[Variables]:
        start, size = offset(context, {}), count(context, {})
        found = list(rows)
        # As the driver asks for all there is.
        size = len(found) if size is None else size
        for each in (start, size):
            if type(each) is not int or each < 0:
                raise ArangoError(400, 1504, "number out of range in LIMIT")
        if counted:
            context.full_count = len(found)
        return found[start : start + size]

    return clause


def _distinct(returned: Run) -> Clause:
    def clause(context: Context, rows: Iterator[Variables]) -> Iterator[Variables]:
        seen: list[Value] = []
        for row in rows:
            value = returned(context, row)
            if not any(equal(value, each) for each in seen):
                seen.append(value)
                yield row

    return clause


def _written(what: str, subject: Run, change: Run, name: Name, options: Run) -> Clause:
    def one(context: Context, collection: str, row: Variables) -> Variables:
        given = options(context, row)
        if given.get("ignoreErrors"):
            raise unknown("the option ignoreErrors")
        value = subject(context, row)
        data = context.data
        if what == "INSERT":
            new, old = data.insert(collection, value, given.get("overwriteMode"))
        elif what == "REMOVE":
            new, old = None, data.remove(collection, _key(value), _revision(value, given))
        else:
            new, old = data.update(
                collection,
                _key(value),
                change(context, row),
                replace=what == "REPLACE",
                options={**given, "revision": _revision(value, given)},
            )
        context.writes += 1
        return {**row, "NEW": new, "OLD": old}

    def clause(context: Context, rows: Iterator[Variables]) -> list[Variables]:
        collection = name(context)
        found = list(rows)
        context.written.add(collection)
        return [one(context, collection, row) for row in found]

    return clause


def _key(value: Value) -> str:
    key = value.get("_key") if isinstance(value, dict) else value
    if not isinstance(key, str):
        raise ArangoError(400, 1221, "illegal document key")
    return key


def _revision(value: Value, options: Mapping[str, Any]) -> str | None:
    if options.get("ignoreRevs", True) or not isinstance(value, dict):
        return None
    revision: str | None = value.get("_rev")
    return revision

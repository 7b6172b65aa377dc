"""No secret comes through, whatever it is wrapped in, and what is none stays."""

from __future__ import annotations

import json
import time
from urllib.parse import quote

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from nodius_site.redaction import LONGEST, REDACTED, Redactor

TOKEN = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJ1MSJ9.c2lnbmF0dXJlLW9mLWEtdG9rZW4"
NOTHING_KNOWN = Redactor([])

TEXTS = st.text(max_size=40)
SECRETS = st.text(min_size=12, max_size=60)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=8,
)


@given(secret=SECRETS, before=TEXTS, after=TEXTS)
def test_a_known_secret_is_gone_however_it_is_written(secret: str, before: str, after: str) -> None:
    assume(not any(0xD800 <= ord(each) < 0xE000 for each in secret))
    redactor = Redactor(["another-secret", secret])
    for written in (secret, repr(secret)[1:-1], json.dumps(secret)[1:-1], quote(secret, safe="")):
        assert written not in redactor.text(f"{before}{written}{after}")


@given(secret=SECRETS, value=JSON, name=TEXTS)
def test_a_known_secret_is_gone_from_within_values_and_names(
    secret: str, value: object, name: str
) -> None:
    assume(not any(0xD800 <= ord(each) < 0xE000 for each in secret))
    nested = {name: [value, {secret: f"a{secret}b"}, (secret, 1)], "error": ValueError(secret)}
    assert secret not in str(Redactor([secret]).value(nested))


@pytest.mark.parametrize("length", range(4, 30))
def test_a_short_secret_is_gone_where_it_stands_alone_and_words_that_hold_it_stay(
    length: int,
) -> None:
    secret = "s3cretive-and-long-enough-for-all"[:length].strip("-")
    redactor = Redactor([secret])
    assert secret not in redactor.text(f"wrong: {secret}, again: '{secret}'")
    if len(secret) < 8:
        assert redactor.text(f"un{secret}d") == f"un{secret}d"


@pytest.mark.parametrize(
    "text",
    [
        f"Authorization: Bearer {TOKEN}",
        f"{{'authorization': 'Bearer {TOKEN}'}}",
        f"(b'authorization', b'Bearer {TOKEN}')",
        f"GET /api/workflow?token={TOKEN}&limit=1",
        f"GET /api/workflow/{TOKEN}",
        f"GET /a%20{TOKEN}",
        f'{{"type":"connect","workflowKey":"k","token":"{TOKEN}"}}',
        f"bearer   {TOKEN}",
        TOKEN,
        TOKEN.rpartition(".")[0],
    ],
)
def test_a_token_is_gone_wherever_it_stands(text: str) -> None:
    cleaned = NOTHING_KNOWN.text(text)
    assert REDACTED in cleaned
    assert not any(part in cleaned for part in TOKEN.split("."))


@pytest.mark.parametrize(
    "text",
    [
        '{"username": "ada", "password": "hunter2"}',
        '{"username": "ada", "password": "hunter2 \\" hunter2"}',
        "{'currentPassword': 'hunter2', 'newPassword': 'hunter2 and more'}",
        'body: "{\\"password\\": \\"hunter2\\"}"',
        "username=ada&password=hunter2",
        "password = hunter2",
        "cannot connect to postgres://nodius:hunter2@db.example:5432/nodius",
        "postgres://nodius:of/hunter2@db.example/nodius",
        "redis://:hunter2@127.0.0.1",
        "Authorization: Basic hunter2",
        "X-Api-Key: hunter2",
        "Cookie: hunter2",
        "JWT_SECRET=hunter2",
        "metrics_token=hunter2",
        "arangodb_pass=hunter2",
        "<QueryDict: {'password': ['hunter2'], 'csrfmiddlewaretoken': ['hunter2']}>",
        "{'password': b'hunter2'}",
        "password=SecretStr('hunter2')",
        "(b'x-api-key', b'hunter2')",
        "[(b'authorization', b'Token hunter2'), (b'cookie', b'hunter2')]",
        "a=b; sessionid=hunter2",
        "postgres://nodius:a@hunter2@db.example/nodius",
    ],
)
def test_a_password_is_gone_where_its_name_or_its_address_gives_it_away(text: str) -> None:
    assert "hunter2" not in NOTHING_KNOWN.text(text)


def test_a_field_that_is_named_for_a_secret_is_gone_whatever_it_holds() -> None:
    value = {"password": 12345678, "newToken": ["hunter2"], "inner": [{"jwt_secret": "hunter2"}]}
    cleaned = str(NOTHING_KNOWN.value(value))
    assert "hunter2" not in cleaned and "12345678" not in cleaned
    assert NOTHING_KNOWN.field("token", None) is None


@pytest.mark.parametrize(
    "text",
    [
        "the session of workflow eefef70391a2402d10acab5541698f2b is given up: struck",
        "a page of 'https://a.example:8443' wanted a socket and was refused",
        "see http://localhost:8426/api/docs",
        "send fewer tokens: 5 is the most",
        "u5p3r3ctwaash2q2dlus has set a new password",
    ],
)
def test_what_is_no_secret_stays(text: str) -> None:
    assert Redactor(["a-long-known-secret", "", "key"]).text(text) == text


@given(at=st.integers(min_value=0, max_value=3 * LONGEST))
def test_a_secret_is_gone_also_where_a_long_text_is_cut(at: int) -> None:
    secret = "a-known-secret-of-some-length-0123456789"
    long = "x" * (3 * LONGEST)
    cleaned = Redactor([secret]).text(f"{long[:at]} {secret} {long[at:]}")
    assert len(cleaned) < 2 * LONGEST
    assert not any(secret[start : start + 12] in cleaned for start in range(len(secret) - 12))


@pytest.mark.parametrize(
    "part", ["eyJ", "eyJaaaa", "a_", "://a:", "token=", 'password="', "Bearer ", "x-", "\\", "\\'"]
)
def test_nothing_that_somebody_may_send_takes_long(part: str) -> None:
    began = time.perf_counter()
    NOTHING_KNOWN.text(part * (LONGEST // len(part)))
    assert time.perf_counter() - began < 2, "it takes a few milliseconds"

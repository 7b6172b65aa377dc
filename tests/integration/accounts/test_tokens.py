"""Access tokens: who gets one, what is refused, how long it lasts."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from datetime import timedelta
from functools import partial

import pytest
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries, Settings

from accounts import tokens
from accounts.errors import TokenExpired, Unauthorized
from accounts.models import LoginSession, User

from .wire import OTHER_PASSWORD, Api, claims_of, encode, resigned, sign

DAY = 86400
CLAIMS = ("exp", "iat", "sub", "jti", "iss", "aud")
PEM = "-----BEGIN PUBLIC KEY-----\nMCowBQYDK2VwAyEAGb9ECWmEzf6FQbrBZ9w7lshQhqowtrbLDFw4rXAxZuE=\n"


def with_header(token: str, header: object, signature: str | None = None) -> str:
    text = f"{encode(json.dumps(header).encode())}.{token.split('.')[1]}"
    return sign(text) if signature is None else f"{text}.{signature}"


def nested(depth: int) -> str:
    return encode(b"[" * depth + b"]" * depth)


FORGERIES: dict[str, Callable[[str], str]] = {
    "alg none": lambda t: with_header(t, {"alg": "none", "typ": "JWT"}, ""),
    "alg nOnE": lambda t: with_header(t, {"alg": "nOnE"}, ""),
    "alg none, but signed": lambda t: with_header(t, {"alg": "none"}),
    "alg HS384, signed so": lambda t: sign(
        f"{encode(json.dumps({'alg': 'HS384'}).encode())}.{t.split('.')[1]}", hash="sha384"
    ),
    "alg HS384, signed with HS256": lambda t: with_header(t, {"alg": "HS384"}),
    "alg RS256, HMAC with a public key": lambda t: sign(
        f"{encode(json.dumps({'alg': 'RS256'}).encode())}.{t.split('.')[1]}", PEM
    ),
    "alg of another kind": lambda t: with_header(t, {"alg": ["HS256"]}),
    "no alg": lambda t: with_header(t, {"typ": "JWT"}),
    "header is a list": lambda t: with_header(t, ["HS256"]),
    "deep header": lambda t: f"{nested(700)}.{t.split('.')[1]}.{t.split('.')[2]}",
    "deep claims": lambda t: sign(f"{t.split('.')[0]}.{nested(700)}"),
    "claims are a list": lambda t: sign(f"{t.split('.')[0]}.{encode(b'[1]')}"),
    "claims are not UTF-8": lambda t: sign(f"{t.split('.')[0]}.{encode(bytes([255, 254]))}"),
    "detached": lambda t: with_header(t, {"alg": "HS256", "b64": False, "crit": ["b64"]}),
    "unknown critical header": lambda t: with_header(t, {"alg": "HS256", "crit": ["x"]}),
    "empty signature": lambda t: t.rsplit(".", 1)[0] + ".",
    "no signature": lambda t: t.rsplit(".", 1)[0],
    "other key": lambda t: sign(t.rsplit(".", 1)[0], "x" * 64),
    "empty key": lambda t: sign(t.rsplit(".", 1)[0], ""),
    "claims changed": lambda t: ".".join((*resigned(t, exp=2**40).split(".")[:2], t.split(".")[2])),
    "empty": lambda t: "",
    "a space": lambda t: " ",
    "NUL": lambda t: f"{t}\0",
    "not ASCII": lambda t: "é" * 50,
    "half a character": lambda t: "\ud800" + t,
    "dots": lambda t: "." * 10_000,
    "a megabyte": lambda t: "a" * 2**20,
    "twice": lambda t: f"{t} {t}",
    # Signed with the right key, so that only the claim is at fault.
    **{f"without {claim}": partial(resigned, without=claim) for claim in CLAIMS},
    **{f"{claim} is null": partial(resigned, nulls=(claim,)) for claim in CLAIMS},
    "exp is text": lambda t: resigned(t, exp=str(claims_of(t)["exp"])),
    "exp is a fraction": lambda t: resigned(t, exp=claims_of(t)["exp"] - 0.5),
    "exp is true": lambda t: resigned(t, exp=True),
    "exp is beyond what we gave": lambda t: resigned(t, exp=claims_of(t)["exp"] + 1),
    "exp in ten years": lambda t: resigned(t, exp=int(time.time()) + 3650 * DAY),
    "exp beyond all clocks": lambda t: resigned(t, exp=2**62),
    "exp is no 64 bit number": lambda t: resigned(t, exp=2**200),
    "iat is text": lambda t: resigned(t, iat="now"),
    "iat in two minutes": lambda t: resigned(t, iat=int(time.time()) + 120),
    "nbf in two minutes": lambda t: resigned(t, nbf=int(time.time()) + 120),
    "nbf is text": lambda t: resigned(t, nbf="now"),
    "sub of nobody": lambda t: resigned(t, sub="a" * 20),
    "sub is a number": lambda t: resigned(t, sub=1),
    "sub holds NUL": lambda t: resigned(t, sub="a\0"),
    "jti of no session": lambda t: resigned(t, jti="a" * 20),
    "jti is empty": lambda t: resigned(t, jti=""),
    "jti is a list": lambda t: resigned(t, jti=[claims_of(t)["jti"]]),
    "jti holds NUL": lambda t: resigned(t, jti=claims_of(t)["jti"] + "\0"),
    "iss of another": lambda t: resigned(t, iss="evil"),
    "iss is a list": lambda t: resigned(t, iss=["nodius"]),
    "aud of another": lambda t: resigned(t, aud="evil"),
    "aud is a list": lambda t: resigned(t, aud=["nodius"]),
}


@pytest.mark.parametrize("forge", FORGERIES.values(), ids=FORGERIES.keys())
def test_a_forged_or_mangled_token_is_unauthorized_for_reading_and_for_refreshing(
    api: Api, forge: Callable[[str], str]
) -> None:
    """AUTH-TOKEN-1, AUTH-TOKEN-2, AUTH-REFRESH-2"""
    assert api.token is not None
    assert tokens.authenticate(resigned(api.token)).username == "ann", "resigning is no forgery"
    forged = forge(api.token)
    for use in (tokens.authenticate, tokens.refresh):
        with pytest.raises(Unauthorized) as refused:
            use(forged)
        assert not isinstance(refused.value, TokenExpired)


@pytest.mark.parametrize("forge", FORGERIES.values(), ids=FORGERIES.keys())
def test_rest_refuses_a_forged_token_with_401_and_says_how_to_log_in(
    api: Api, forge: Callable[[str], str]
) -> None:
    """REST-AUTH-1, AUTH-TOKEN-2"""
    assert api.token is not None
    forged = forge(api.token)
    stranger = Api(forged.replace("\0", "%00").encode("utf-8", "replace").decode("latin-1"))
    response = stranger.raw("GET", "auth/me")
    assert response.status_code == 401
    assert response.headers["WWW-Authenticate"] == "Bearer"
    status, answer = Api().call("POST", "auth/refresh", {"token": forged})
    # Half a character is no JSON text to begin with.
    assert (status, answer["error"]) in {(401, "unauthorized"), (400, "invalid_json")}


@pytest.mark.parametrize("header", ["", "Basic YTpi", "Token x", "Bearer", "bearer  ", "\xff\xfe"])
def test_without_a_bearer_token_there_is_nobody(db: None, header: str) -> None:
    assert Api().call("GET", "auth/me", Authorization=header)[0] == 401


def test_a_token_of_bytes_is_judged_like_text(api: Api) -> None:
    assert api.token is not None
    with pytest.raises(Unauthorized):
        tokens.authenticate(b"\xff.\xff.\xff")  # type: ignore[arg-type]


def test_kid_jku_and_jwk_in_the_header_change_nothing(api: Api) -> None:
    assert api.token is not None
    header = {"kid": "../../dev/null", "jku": "https://evil.example", "jwk": {"kty": "oct"}}
    assert tokens.authenticate(resigned(api.token, header=header)).username == "ann"


@pytest.mark.parametrize("skew", [-60, 0, 55])
def test_a_clock_that_differs_by_less_than_a_minute_does_no_harm(api: Api, skew: int) -> None:
    assert api.token is not None
    signed_elsewhere = resigned(api.token, iat=int(time.time()) + skew)
    assert tokens.authenticate(signed_elsewhere).username == "ann"


def test_a_token_ends_exactly_when_it_says(api: Api) -> None:
    """AUTH-TOKEN-2"""
    assert api.token is not None
    now = int(time.time())
    assert tokens.authenticate(resigned(api.token, exp=now + 30)).expires_at == (now + 30) * 1000
    for late in (0, 1, 60):
        with pytest.raises(TokenExpired):
            tokens.authenticate(resigned(api.token, exp=now - late))
    assert Api(resigned(api.token, exp=now)).call("GET", "auth/me")[1]["error"] == "unauthorized"


def test_a_login_tells_who_and_until_when(ann: User) -> None:
    """AUTH-TOKEN-1, AUTH-LOGIN-1"""
    before = int(time.time())
    answer = Api().log_in("ann")
    assert answer["user"] == {"id": ann.pk, "username": "ann", "roles": ["user"]}
    assert 0 <= answer["expiresAt"] - (before + DAY) * 1000 <= 5000
    principal = tokens.authenticate(answer["token"])
    assert principal.expires_at == answer["expiresAt"]
    assert (principal.user_id, principal.is_admin) == (ann.pk, False)


def test_an_expired_token_is_refreshed_for_seven_days_and_as_often_as_it_is_shown(api: Api) -> None:
    """AUTH-REFRESH-1"""
    assert api.token is not None
    for age in (-3600, 1, DAY // 10, 7 * DAY - 60):
        old = resigned(api.token, exp=int(time.time()) - age)
        status, fresh = Api().call("POST", "auth/refresh", {"token": old})
        assert status == 200
        assert Api(fresh["token"]).is_in()
        assert claims_of(fresh["token"])["jti"] == claims_of(api.token)["jti"]
    for age in (7 * DAY, 7 * DAY + 60, 3650 * DAY):
        old = resigned(api.token, exp=int(time.time()) - age)
        assert Api().call("POST", "auth/refresh", {"token": old})[0] == 401


def test_refreshing_never_makes_a_token_that_the_session_does_not_cover(api: Api) -> None:
    assert api.token is not None
    later = timezone.now() + timedelta(days=1, seconds=30)
    LoginSession.objects.update(expires=later)  # as a process does whose clock is ahead
    assert Api(tokens.refresh(api.token).token).is_in()
    assert LoginSession.objects.get().expires == later


def test_after_logout_every_token_of_that_login_is_dead_and_no_other(api: Api, ann: User) -> None:
    """AUTH-LOGOUT-1, AUTH-REFRESH-2"""
    other = Api(address="192.0.2.2")
    other.log_in("ann")
    assert api.token is not None
    fresh = tokens.refresh(api.token).token
    assert Api(fresh).call("POST", "auth/logout")[0] == 204
    now = int(time.time())
    for dead in (api.token, fresh, resigned(fresh, exp=now + 3600), resigned(fresh, exp=now - 60)):
        assert not Api(dead).is_in()
        assert Api().call("POST", "auth/refresh", {"token": dead})[0] == 401
    assert other.is_in()


def test_a_disabled_user_has_no_session_and_gets_none(api: Api, ann: User) -> None:
    """AUTH-TOKEN-2, AUTH-REFRESH-2"""
    assert api.token is not None
    ann.is_active = False
    ann.save()
    assert not api.is_in()
    assert Api().call("POST", "auth/refresh", {"token": api.token})[0] == 401
    body = {"username": "ann", "password": "Correct-horse-7-battery"}
    assert Api().call("POST", "auth/login", body)[0] == 401
    ann.is_active = True
    ann.save()
    assert not api.is_in(), "what ended stays ended"


def test_a_disabled_user_is_out_even_if_its_sessions_were_left_alone(api: Api, ann: User) -> None:
    assert api.token is not None
    User.objects.update(is_active=False)
    session = claims_of(api.token)["jti"]
    assert not api.is_in()
    assert tokens.ended([session]) == {session}


def test_a_new_password_ends_the_other_sessions_only(api: Api, ann: User) -> None:
    """AUTH-PASSWORD-1"""
    other = Api(address="192.0.2.2")
    other.log_in("ann")
    body = {"currentPassword": "Correct-horse-7-battery", "newPassword": OTHER_PASSWORD}
    assert api.call("POST", "auth/password", body)[0] == 204
    assert api.is_in()
    assert not other.is_in()
    assert Api().call("POST", "auth/login", {"username": "ann", "password": "x"})[0] == 401
    assert Api().log_in("ann", OTHER_PASSWORD)


def test_a_password_set_by_whatever_road_ends_all_sessions(api: Api, ann: User) -> None:
    ann.set_password(OTHER_PASSWORD)
    ann.save()
    assert not api.is_in()


def test_a_login_that_overlaps_with_a_new_password_or_a_disabling_gets_no_session(
    ann: User,
) -> None:
    stale = User.objects.get(pk=ann.pk)
    ann.set_password(OTHER_PASSWORD)
    ann.save()
    with pytest.raises(Unauthorized):
        tokens.issue(stale)
    stale.refresh_from_db()
    User.objects.update(is_active=False)
    with pytest.raises(Unauthorized):
        tokens.issue(stale)


def test_ended_names_the_revoked_the_gone_and_nobody_else_in_one_query(
    ann: User, root: User, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    alive, revoked, of_disabled = (
        claims_of(tokens.issue(user).token)["jti"] for user in (ann, ann, root)
    )
    tokens.revoke(revoked)
    User.objects.filter(pk=root.pk).update(is_active=False)
    with django_assert_num_queries(1):
        assert tokens.ended([alive, revoked, of_disabled, "gone"]) == {revoked, of_disabled, "gone"}


def test_end_sessions_spares_the_one_that_is_named(ann: User) -> None:
    first, second = (claims_of(tokens.issue(ann).token)["jti"] for _ in range(2))
    tokens.end_sessions(ann, except_for=first)
    assert tokens.ended([first, second]) == {second}
    tokens.end_sessions(ann)
    assert tokens.ended([first, second]) == {first, second}


def test_a_login_removes_a_bounded_number_of_sessions_that_nobody_can_refresh(ann: User) -> None:
    def begun(days: float) -> LoginSession:
        return LoginSession(user=ann, expires=timezone.now() - timedelta(days=days))

    LoginSession.objects.bulk_create([begun(8) for _ in range(150)] + [begun(6.9)])
    tokens.issue(ann)
    assert LoginSession.objects.count() == 150 - 100 + 1 + 1
    tokens.issue(ann)
    assert LoginSession.objects.count() == 1 + 2


def test_authenticating_is_one_query(
    api: Api, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    assert api.token is not None
    with django_assert_num_queries(1):
        tokens.authenticate(api.token)


def test_tokens_of_another_secret_are_worth_nothing(api: Api, settings: Settings) -> None:
    settings.JWT_SECRET = "another secret of more than thirty-two bytes"
    assert not api.is_in()

"""Options: where they come from, what they may be, and what is said of a wrong one."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nodius_site.command_help import describe
from nodius_site.commands import COMMANDS
from nodius_site.kinds import TEXT, Database
from nodius_site.options import OPTIONS, ROOT, Values, Wrong, read

SECRETS = [option.name for option in OPTIONS if option.secret and option.kind is not TEXT]


def values(
    *words: str, command: str | None = "serve", dot_env: str = "", **environment: str
) -> Values:
    """The options in force with these words, this environment, and this content of `.env`."""
    return read(words, command=command, environment=environment, dot_env=dot_env)[0]


def refused(*words: str, **environment: str) -> str:
    """The line that says why these cannot be used."""
    with pytest.raises(Wrong) as wrong:
        values(*words, **environment)
    assert "\n" not in str(wrong.value)
    return str(wrong.value)


def test_each_source_outweighs_those_below_it() -> None:
    """OPT-WEIGHT-1"""
    sources = [
        ((), {}, "", 8426, "default"),
        ((), {}, "PORT=1", 1, ".env"),
        ((), {"PORT": "2"}, "PORT=1", 2, "environment"),
        (("--port", "3"), {"PORT": "2"}, "PORT=1", 3, "--key"),
        (("port=4", "--port", "3"), {"PORT": "2"}, "PORT=1", 4, "key=value"),
        (("--port=3", "port=4"), {"PORT": "2"}, "PORT=1", 4, "key=value"),
    ]
    for words, environment, dot_env, port, source in sources:
        found = values(*words, dot_env=dot_env, **environment)
        assert (found.number("port"), found.settings["port"].source) == (port, source)


def test_an_empty_variable_is_none_and_hides_the_one_of_the_file() -> None:
    assert values(PORT="", dot_env="PORT=1").number("port") == 8426


def test_a_path_starts_from_where_it_was_written() -> None:
    assert values().data_dir == ROOT / "data"
    assert values(dot_env="NODIUS_DATA_DIR=kept").data_dir == ROOT / "kept"
    assert values("data_dir=kept").data_dir == Path.cwd() / "kept"
    assert values("data_dir=/kept").data_dir == Path("/kept")


@pytest.mark.parametrize(
    ("line", "host"),
    [
        ("HOST=a.example", "a.example"),
        ("  HOST = a.example  ", "a.example"),
        ("export HOST=a.example", "a.example"),
        ("HOST=a.example # ours", "a.example"),
        ("HOST='a # b'", "a # b"),
        ('HOST="a" # b', "a"),
        ("HOST=a#b", "a#b"),
        ("HOST=a=b", "a=b"),
        ("# HOST=a.example", "localhost"),
        ("#HOST=a.example", "localhost"),
        ("HOST=# nothing", "localhost"),
        ("HOST", "localhost"),
        ("HOST=a\nHOST=b", "b"),
    ],
)
def test_lines_of_dot_env(line: str, host: str) -> None:
    assert values(dot_env=line).text("host") == host


@given(st.text(st.characters(exclude_categories=["C", "Z"], exclude_characters="\"'"), min_size=1))
def test_what_stands_in_quotes_in_dot_env_is_taken_as_it_is(text: str) -> None:
    assert values(dot_env=f"HOST='{text}'").text("host") == text


@pytest.mark.parametrize(
    ("command", "word", "nearest"),
    [
        ("serve", "prot=1", "port"),
        ("serve", "--prot=1", "port"),
        ("serve", "--prot", "port"),
        ("serve", "databse=x", "database"),
        ("createadmin", "usrname=x", "username"),
    ],
)
def test_an_unknown_option_is_refused_with_the_nearest(
    command: str, word: str, nearest: str
) -> None:
    """OPT-WRONG-1"""
    with pytest.raises(Wrong, match=f"the nearest is {nearest},"):
        values(word, command=command)


def test_an_option_of_another_command_is_unknown() -> None:
    assert "no option" in refused("username=ann")


@pytest.mark.parametrize(
    ("word", "allowed"),
    [
        ("port=eighty", "0 to 65535"),
        ("port=70000", "0 to 65535"),
        ("port=-1", "0 to 65535"),
        ("port=8_426", "0 to 65535"),
        ("port=", "0 to 65535"),
        ("https=maybe", "true or false"),
        ("store=paper", "sql or arango"),
        ("autosave=nan", "number of seconds"),
        ("autosave=0", "number of seconds"),
        ("database=mysql://u@h/n", "postgres://"),
        ("database=postgres://u@h:port/n", "postgres://"),
        ("database=postgres://u@h", "postgres://"),
        ("database=postgres://u@h/n?sslmod=require", "postgres://"),
        ("port", "needs a value"),
        ("--port", "needs a value"),
    ],
)
def test_a_wrong_value_is_refused_with_what_is_allowed(word: str, allowed: str) -> None:
    """OPT-WRONG-1"""
    assert allowed in refused(word)


def test_dashes_may_stand_for_underscores_and_take_the_next_word_as_value() -> None:
    assert values("--data-dir", "/a", "--port", "1").data_dir == Path("/a")
    assert "needs a value" in refused("--data_dir", "--port", "1")


@given(secret=st.text(min_size=1).filter(lambda text: len(text.encode(errors="replace")) < 32))
def test_a_short_key_is_refused_unless_it_is_empty(secret: str) -> None:
    assert "32 bytes" in refused(f"jwt_secret={secret}")


def test_a_key_counts_in_bytes_and_is_no_pem() -> None:
    assert values("jwt_secret=" + "é" * 16).text("jwt_secret") == "é" * 16
    for prefix in ("-----BEGIN PUBLIC KEY-----\n", "ssh-rsa "):
        assert "PEM" in refused(f"jwt_secret={prefix}{'x' * 64}")


@pytest.mark.parametrize("name", SECRETS)
@given(secret=st.uuids())
def test_a_refusal_does_not_repeat_a_secret(name: str, secret: object) -> None:
    assert str(secret)[:31] not in refused(f"{name}={str(secret)[:31]}")


@given(
    user=st.text(st.characters(exclude_categories=["Cs"]), min_size=1),
    password=st.text(st.characters(exclude_categories=["Cs"])),
    port=st.integers(1, 65535),
)
def test_a_database_url_is_taken_apart(user: str, password: str, port: int) -> None:
    given_url = (
        f"postgres://{quote(user, safe='')}:{quote(password, safe='')}@h:{port}/n?sslmode=require"
    )
    expected = Database("h", port, "n", user, password, {"sslmode": "require"})
    assert values(f"database={given_url}").database == expected


def test_a_database_shows_no_password_by_its_repr() -> None:
    assert "azerty" not in repr(values("database=postgres://u:azerty@h/n").database)


def test_a_commands_own_options_are_checked_and_handed_on() -> None:
    _, own = read(["username=ann", "--password=x"], command="createadmin", environment={})
    assert own == {"username": "ann", "password": "x"}
    with pytest.raises(Wrong, match="username"):
        read(["username="], command="createadmin", environment={})


def test_a_command_is_handed_the_defaults_of_its_own_options() -> None:
    assert read([], command="prunehistory", environment={})[1] == {"keep": "10000"}
    _, own = read(["keep=5", "days=30"], command="prunehistory", environment={})
    assert own == {"keep": "5", "days": "30"}


def test_the_getters_refuse_another_kind() -> None:
    with pytest.raises(TypeError):
        values().number("host")
    assert values().flag("https") is False
    assert values().names("cors") == ()
    assert values("cors=https://a.example, https://b.example").names("cors") == (
        "https://a.example",
        "https://b.example",
    )


def test_the_table_is_complete_and_each_name_stands_once() -> None:
    names = [option.name for option in OPTIONS]
    variables = [option.env for option in OPTIONS]
    assert len(set(names)) == len(names) and len(set(variables)) == len(variables)


@pytest.mark.parametrize("command", COMMANDS)
def test_help_names_every_option(command: str) -> None:
    text = describe(command)
    assert all(f"  {each.name} " in text for each in (*OPTIONS, *COMMANDS[command].options))


@pytest.mark.parametrize(
    ("words", "there"),
    [
        ([], False),
        (["arangodb=http://db:8529"], True),
        (["arangodb_name=flows"], True),
        (["store=arango"], True),
        (["store=sql", "arangodb=http://db:8529"], False),
        (["database=postgres://h/n", "arangodb_pass=x"], True),
    ],
)
def test_an_option_of_arangodb_says_that_it_keeps_the_documents(
    words: list[str], there: bool
) -> None:
    assert values(*words).keeps_in_arango is there


@pytest.mark.parametrize(
    "url", ["db:8529", "http://user:pass@db:8529", "http://db:8529/path", "tcp://db:8529", "x"]
)
def test_the_address_of_arangodb_is_one_without_a_password_or_a_path(url: str) -> None:
    assert "without a path" in refused(f"arangodb={url}")

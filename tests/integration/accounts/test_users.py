"""Users: names that collide, what a new one joins, who is none."""

from __future__ import annotations

import pytest
from django.core.management import call_command
from django.db import IntegrityError, transaction

from accounts.admins import create_admin
from accounts.errors import Invalid, Taken
from accounts.models import Membership, User, Workspace

from .wire import PASSWORD, Api


@pytest.mark.parametrize("variant", ["JOSÉ", "jose\u0301", "ｊosé"])
def test_the_database_itself_refuses_a_name_in_another_case_or_unicode_form(
    db: None, variant: str
) -> None:
    User.objects.create_user("José", PASSWORD)
    with pytest.raises(IntegrityError), transaction.atomic():
        User(username=variant).save()
    with pytest.raises(Taken):
        User.objects.create_user(variant, PASSWORD)
    with pytest.raises(Taken):
        create_admin(variant, PASSWORD)
    assert User.objects.count() == 1


@pytest.mark.parametrize("variant", ["José", "JOSÉ", "jose\u0301", "ｊosé"])
def test_one_logs_in_by_any_form_of_ones_name_and_is_told_it_as_it_was_typed(
    db: None, variant: str
) -> None:
    """AUTH-LOGIN-1"""
    User.objects.create_user("José", PASSWORD)
    assert Api().log_in(variant)["user"]["username"] == "José"


def test_renaming_moves_what_the_name_collides_with(ann: User) -> None:
    ann.username = "Anna"
    ann.save(update_fields=["username"])
    assert User.objects.by_name("ANNA") == ann
    assert User.objects.create_user("ann", PASSWORD) != ann


def test_ids_are_opaque_and_say_nothing_of_the_order(db: None) -> None:
    ids = [User.objects.create_user(f"user-{n}").pk for n in range(20)]
    assert all(len(id) == 20 and id.isalnum() and id.islower() for id in ids)
    assert ids != sorted(ids)


def test_a_new_user_edits_in_the_default_workspace_unless_told_otherwise(db: None) -> None:
    """SPACE-DEFAULT-1"""
    assert Workspace.objects.filter(key="default").exists()
    User.objects.create_user("one", PASSWORD)
    User.objects.create_user("two", PASSWORD, joins={})
    create_admin("three", PASSWORD)
    joined = Membership.objects.values_list("user__username", "workspace_id", "role")
    assert set(joined) == {("one", "default", "editor"), ("three", "default", "editor")}


def test_the_default_workspace_comes_back_after_a_flush(transactional_db: None) -> None:
    call_command("flush", interactive=False, verbosity=0)
    assert Workspace.objects.get().key == "default"


def test_an_admin_is_told_both_roles(ann: User, root: User) -> None:
    """AUTH-LOGIN-1"""
    assert (ann.roles, root.roles) == (["user"], ["admin", "user"])


@pytest.mark.parametrize(
    ("username", "password", "email"),
    [
        ("", PASSWORD, ""),
        ("a/b", PASSWORD, ""),
        ("ann", "", ""),
        ("ann", "short7!", ""),
        ("annabella", "annabella1", ""),
        ("ann", "x" * 1025, ""),
        ("ann", "é" * 513, ""),
        ("ann", "with\0NUL-in-it", ""),
        ("ann", PASSWORD, "no address"),
    ],
)
def test_a_name_password_or_address_that_cannot_be_accepted_makes_nobody(
    db: None, username: str, password: str, email: str
) -> None:
    """AUTH-PASSWORD-2"""
    with pytest.raises(Invalid) as refused:
        create_admin(username, password, email)
    assert str(refused.value).endswith(".")
    assert not (password and password in str(refused.value))
    assert not User.objects.exists()

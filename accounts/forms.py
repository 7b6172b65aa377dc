"""The forms of the admin site and of the set-up page."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib.admin.forms import AdminAuthenticationForm
from django.contrib.auth.forms import (
    AdminPasswordChangeForm,
    AdminUserCreationForm,
    SetPasswordMixin,
    UserChangeForm,
)
from django.core.exceptions import ValidationError

from accounts import names
from accounts.errors import InvalidCredentials
from accounts.login import log_in
from accounts.models import LoginSession, User, validate_username

if TYPE_CHECKING:
    _UserForm = forms.ModelForm[User]
    _AddForm = AdminUserCreationForm[User]
    _ChangeForm = UserChangeForm[User]
    _ResetForm = AdminPasswordChangeForm[User]
    _PasswordFields = SetPasswordMixin[User]
else:
    _UserForm, _PasswordFields = forms.ModelForm, SetPasswordMixin
    _AddForm, _ChangeForm = AdminUserCreationForm, UserChangeForm
    _ResetForm = AdminPasswordChangeForm


class LoginForm(AdminAuthenticationForm):
    """The admin site's login; counts attempts as REST does, and raises Throttled."""

    def clean(self) -> dict[str, Any]:
        """The name and the password, if they belong to somebody of the staff."""
        username, password = (self.cleaned_data.get(key) for key in ("username", "password"))
        if username and password and self.request is not None:
            try:
                self.user_cache = log_in(self.request, username, password)
            except InvalidCredentials:
                raise self.get_invalid_login_error() from None
            self.confirm_login_allowed(self.user_cache)
        return self.cleaned_data


class _FreeName(_UserForm):
    """Refuses a name that somebody else has in another case or Unicode form."""

    def clean_username(self) -> str:
        """The name as typed."""
        username: str = self.cleaned_data["username"]
        same = User.objects.filter(canonical=names.canonical(username))
        if same.exclude(pk=self.instance.pk).exists():
            raise ValidationError("A user with that name exists already.", code="unique")
        return username


class AddUserForm(_FreeName, _AddForm):
    """A new user: name, and password or none."""

    class Meta:
        model = User
        fields = ("username", "email")


class ChangeUserForm(_FreeName, _ChangeForm):
    """A user's particulars."""

    class Meta:
        model = User
        fields = ("username", "email", "is_active", "is_staff", "is_superuser")


class ResetPasswordForm(_ResetForm):
    """A new password for somebody else, or none; either way the user's login sessions end."""

    def save(self, commit: bool = True) -> User:
        """The user, saved."""
        user: User = super().save(commit)
        LoginSession.objects.end(user)
        return user


class SetupForm(_PasswordFields, forms.Form):
    """The set-up secret, and the first admin's name and password."""

    secret = forms.CharField(
        label="Set-up secret",
        max_length=200,
        help_text="It is in the link that the server printed; paste it here if this is empty.",
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )
    username = forms.CharField(
        max_length=names.MAX_USERNAME,
        validators=[validate_username],
        widget=forms.TextInput(attrs={"autocomplete": "username", "autocapitalize": "none"}),
    )
    password1, password2 = SetPasswordMixin.create_password_fields()

    def clean(self) -> dict[str, Any]:
        """The data, if both passwords are the same and good enough."""
        self.validate_passwords()
        self.validate_password_for_user(User(username=self.cleaned_data.get("username", "")))
        return self.cleaned_data

    def clean_secret(self) -> str:
        """The secret, also where the whole link was pasted."""
        secret: str = self.cleaned_data["secret"]
        return secret.rpartition("#")[2]

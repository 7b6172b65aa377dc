"""The admin site's pages for users, workspaces and login sessions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import admin
from django.contrib.auth.admin import UserAdmin
from django.contrib.auth.models import Group
from django.db.models import QuerySet
from django.forms import ModelForm
from django.http import HttpRequest

from accounts.forms import AddUserForm, ChangeUserForm, LoginForm, ResetPasswordForm
from accounts.models import LoginSession, Membership, User, Workspace

if TYPE_CHECKING:
    _UserAdmin = UserAdmin[User]
    _Inline = admin.TabularInline[Membership, Workspace]
    _WorkspaceAdmin = admin.ModelAdmin[Workspace]
    _LoginSessionAdmin = admin.ModelAdmin[LoginSession]
else:
    _UserAdmin, _Inline = UserAdmin, admin.TabularInline
    _WorkspaceAdmin = _LoginSessionAdmin = admin.ModelAdmin

admin.site.login_form = LoginForm
# Roles in workspaces say who may do what; Django's groups would say nothing.
admin.site.unregister(Group)


@admin.register(User)
class AccountAdmin(_UserAdmin):
    """Users: add, rename, disable, give a new password."""

    form = ChangeUserForm
    add_form = AddUserForm
    change_password_form = ResetPasswordForm
    list_display = ("username", "email", "is_active", "is_superuser", "created")
    list_filter = ("is_active", "is_superuser")
    search_fields = ("username", "canonical", "email")
    ordering = ("canonical",)
    filter_horizontal = ()
    readonly_fields = ("id", "provider_id", "created", "last_login")
    fieldsets = (
        (None, {"fields": ("username", "password", "email")}),
        ("May", {"fields": ("is_active", "is_staff", "is_superuser")}),
        ("Known as", {"fields": ("id", "provider_id", "created", "last_login")}),
    )
    add_fieldsets = (
        (None, {"fields": ("username", "email", "usable_password", "password1", "password2")}),
    )

    def save_model(
        self, request: HttpRequest, obj: User, form: ModelForm[User], change: bool
    ) -> None:
        """Save; a new user joins the default workspace."""
        if change:
            obj.save()
        else:
            User.objects.enroll(obj)


class MembershipInline(_Inline):
    """The members, within a workspace."""

    model = Membership
    extra = 1
    autocomplete_fields = ("user",)


@admin.register(Workspace)
class WorkspaceAdmin(_WorkspaceAdmin):
    """Workspaces and their members."""

    list_display = ("name", "key", "created")
    search_fields = ("name", "key")
    readonly_fields = ("key", "created")
    inlines = (MembershipInline,)

    def has_delete_permission(self, request: HttpRequest, obj: Workspace | None = None) -> bool:
        """Never: its workflows would belong nowhere."""
        return False


@admin.register(LoginSession)
class LoginSessionAdmin(_LoginSessionAdmin):
    """Who is logged in, where; sessions are revoked here, and begin by logging in only."""

    list_display = ("user", "created", "expires", "revoked_at", "address", "user_agent")
    list_filter = (("revoked_at", admin.EmptyFieldListFilter),)
    list_select_related = ("user",)
    search_fields = ("user__username", "user__canonical", "address")
    ordering = ("-created",)
    actions = ("revoke",)

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Never."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: LoginSession | None = None) -> bool:
        """Never; revoking is an action of its own."""
        return False

    @admin.action(description="Revoke: log these out", permissions=["view"])
    def revoke(self, request: HttpRequest, queryset: QuerySet[LoginSession]) -> None:
        """End the chosen sessions; sockets that are open under them close within seconds."""
        keys: list[Any] = list(queryset.values_list("pk", flat=True))
        count = LoginSession.objects.revoke(keys)
        self.message_user(request, f"{count} login session(s) revoked.")

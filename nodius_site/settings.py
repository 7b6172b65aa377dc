"""Django's settings, made from the options: the same whatever starts the process."""

from __future__ import annotations

import hashlib
import hmac
from datetime import timedelta
from typing import Any

from django.conf import global_settings

from cluster.endpoints import Endpoint, Ports
from nodius_site import data_folder, logs, options
from nodius_site.kinds import ChannelLayer, Database

_values = options.in_force()

BASE_DIR = options.ROOT
DATA_DIR = _values.data_dir
DEBUG = False
# No link, redirect or e-mail is ever built from the Host header, and no cookie opens the API.
ALLOWED_HOSTS = ["*"]

data_folder.make(DATA_DIR)
JWT_SECRET = data_folder.signing_key(_values)
METRICS_TOKEN = _values.text("metrics_token") if _values["metrics_token"] else ""
JWT_ISSUER = "nodius"
JWT_AUDIENCE = "nodius"
TOKEN_LIFETIME = timedelta(hours=24)
REFRESH_WINDOW = timedelta(days=7)
# Sessions of the admin site: a key of their own, so that neither signature can stand for the other.
SECRET_KEY = hmac.digest(JWT_SECRET.encode(), b"django", hashlib.sha256).hex()

MAX_MESSAGE = _values.number("max_message")
MAX_TEXT = _values.number("max_text")
MAX_WORKFLOW = _values.number("max_workflow")
MAX_DEPTH = _values.number("max_depth")
MAX_OUTBOX = _values.number("max_outbox")
INSTRUCTION_RATE = _values.number("instruction_rate")
AUTOSAVE = _values.seconds("autosave")
CORS_ORIGINS = _values.names("cors")
RATE_LIMIT = _values.number("rate_limit")
CONNECTIONS = _values.number("connections")
TRUSTED_PROXIES = _values.names("trusted_proxies")
STATIC_FOLDER = _values.path("static")
_editor = _values.path("editor") or BASE_DIR / "web" / "dist"
#: Where the editor is, if it was built; what `static` names is served in its place.
EDITOR_FOLDER = _editor if (_editor / "index.html").is_file() else None
HTTPS = _values.flag("https")
#: For a process that works on a copy of the data: the same limits, and none of the databases.
SCRATCH_ENVIRONMENT = options.environment_with(
    {
        each.env: str(_values[each.name]) if each.name.startswith("max_") else ""
        for each in options.OPTIONS
        if each.env
    }
)

INSTALLED_APPS = [
    "nodius_site.admin.site.AdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "corsheaders",
    "ninja",  # the scripts of /api/docs come from here, not from somebody else's server
    "accounts",
    "store",
    "workflows",
    "media_store",
    "sync",
    "backup",
    "cluster",
    "nodius_site",
    "nodius_site.admin",
]
MIDDLEWARE = [
    "nodius_site.request_log.SeenMiddleware",
    "nodius_site.security_headers.SecurityHeaders",
    "django.middleware.security.SecurityMiddleware",
    "corsheaders.middleware.CorsMiddleware",
    "nodius_site.middleware.ApiMiddleware",
    "nodius_site.static_folder.StaticFiles",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]
ROOT_URLCONF = "nodius_site.urls"
ASGI_APPLICATION = "nodius_site.asgi.application"
# A path works with and without a trailing slash: by its route, never by a redirect.
APPEND_SLASH = False
DATA_UPLOAD_MAX_MEMORY_SIZE = MAX_WORKFLOW + MAX_MESSAGE

CORS_ALLOWED_ORIGINS = CORS_ORIGINS
CORS_URLS_REGEX = r"^/api/"
CORS_ALLOW_METHODS = ("GET", "POST", "PUT", "DELETE")
CORS_ALLOW_HEADERS = ("authorization", "content-type", "if-none-match", "range", "x-request-id")
CORS_EXPOSE_HEADERS = (
    "etag",
    "ratelimit-limit",
    "ratelimit-remaining",
    "ratelimit-reset",
    "retry-after",
    "x-request-id",
)

SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = HTTPS
CSRF_COOKIE_HTTPONLY = True
SECURE_HSTS_SECONDS = 365 * 24 * 3600 if HTTPS else 0
#: What `check --deploy` would have us do; docs/http.md says of each why it is not done.
SILENCED_SYSTEM_CHECKS = ["security.W005", "security.W008", "security.W021"]

AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = ["accounts.backends.LocalBackend"]
PASSWORD_HASHERS = ["accounts.hashers.PasswordHasher", "accounts.hashers.OriginalHasher"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "accounts.passwords.PasswordLimits"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator"},
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]


def _sqlite(name: str, more: str = "") -> dict[str, Any]:
    return {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": DATA_DIR / name,
        "OPTIONS": {
            "transaction_mode": "IMMEDIATE",
            "timeout": 10,
            "init_command": f"PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; {more}",
        },
    }


def _postgres(database: Database) -> dict[str, Any]:
    limits = "-c statement_timeout=10000 -c idle_in_transaction_session_timeout=60000"
    return {
        "ENGINE": "django.db.backends.postgresql",
        # Else each pooled connection fails once after the server was restarted.
        "CONN_HEALTH_CHECKS": True,
        "NAME": database.name,
        "USER": database.user,
        "PASSWORD": database.password,
        "HOST": database.host,
        "PORT": database.port,
        "OPTIONS": {
            "pool": {"min_size": 0, "max_size": 20, "timeout": 10},
            "connect_timeout": 5,
            # A server that is gone without a word is noticed within these milliseconds.
            "tcp_user_timeout": 10000,
            "options": limits,
            **database.parameters,
        },
    }


#: Where the documents are if no SQL database keeps them: what store.arango.Place takes.
ARANGO = (
    {
        "url": _values.text("arangodb"),
        "user": _values.text("arangodb_user"),
        "password": _values.text("arangodb_pass"),
        "name": _values.text("arangodb_name"),
    }
    if _values.keeps_in_arango
    else None
)
DATABASES = {
    "default": _postgres(_values.database) if _values.database else _sqlite("accounts.sqlite3")
}
if _values.database or ARANGO:
    DOCUMENTS_DATABASE = "default"
else:
    DOCUMENTS_DATABASE = "documents"
    # The store moves its log on by itself; SQLite does from 64 MiB on, within a commit.
    DATABASES["documents"] = _sqlite("documents.sqlite3", "PRAGMA wal_autocheckpoint=16000;")
DATABASE_ROUTERS = ["store.router.DocumentsRouter"]
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

#: By what the processes of a cluster know each other: made from the key that they share.
PASS_KEY = hmac.digest(JWT_SECRET.encode(), b"pass", hashlib.sha256)
LEASE_TTL = _values.seconds("lease_ttl")
#: What tells this cluster from others: made from the key that its processes share, not the key.
CLUSTER_ID = hmac.digest(JWT_SECRET.encode(), b"cluster", hashlib.sha256).hex()[:32]
CLUSTER_KEYS = DATA_DIR / "cluster_keys"
CLUSTER_PORTS = Ports(
    *(_values.number(name) for name in ("pubPort", "subPort", "routerPort", "dealerPort"))
)
CLUSTER_BROKER = Endpoint(
    "127.0.0.1" if _values.runs_broker else _values.text("host"), CLUSTER_PORTS
)


def _channel_layer(layer: ChannelLayer) -> dict[str, Any]:
    if layer.scheme == "memory":
        return {"BACKEND": "channels.layers.InMemoryChannelLayer"}
    if layer.scheme == "zmq":
        config = {
            "brokers": layer.brokers,
            "pub_port": CLUSTER_PORTS.pub,
            "sub_port": CLUSTER_PORTS.sub,
            "router_port": CLUSTER_PORTS.router,
            "dealer_port": CLUSTER_PORTS.dealer,
        }
        return {"BACKEND": "cluster.channel_layer.ZmqChannelLayer", "CONFIG": config}
    # The driver's own patience, 5 s, is for how long the layer has Redis wait for a message.
    host = {"address": layer.url, "socket_timeout": 15}
    # Several clusters may share one Redis.
    config = {"hosts": [host], "prefix": f"nodius-{CLUSTER_ID}"}
    return {"BACKEND": "channels_redis.core.RedisChannelLayer", "CONFIG": config}


LAYER = _values.channel_layer.scheme
CHANNEL_LAYERS = {"default": _channel_layer(_values.channel_layer)}

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ]
        },
    }
]
#: What keeps the bytes of images, by option; settings of one's own may say more.
STORAGES = {
    **global_settings.STORAGES,
    "images": {
        "BACKEND": "media_store.storage.FolderStorage",
        "OPTIONS": {"location": DATA_DIR / "images"},
    }
    if _values.text("media") == "file"
    else {"BACKEND": _values.text("media")},
}
STATIC_URL = "/static/"
# The admin site's own files are served from where they are installed; nothing is collected.
SERVESTATIC_USE_FINDERS = True
SERVESTATIC_INDEX_FILE = "index.html"
# Who may read from another origin is said by `cors` alone.
SERVESTATIC_ALLOW_ALL_ORIGINS = False

LANGUAGE_CODE = "en-us"
USE_TZ = True
TIME_ZONE = "UTC"

LOGGING_CONFIG = "nodius_site.logs.configure"
LOGGING = logs.settings(_values.text("log_format"), [*_values.secrets, JWT_SECRET, SECRET_KEY])

"""Settings that every way of running the project shares."""

from pathlib import Path
from typing import Any

from django.utils.translation import gettext_lazy as _

from dpe_site import environment
from dpe_site.embedded.addresses import addresses_read
from dpe_site.settings.unfold import UNFOLD  # noqa: F401 (a setting)

BASE_DIR = environment.REPOSITORY
DPE_HOME = environment.home()
DPE_ROLE = environment.role()
DPE_DEVICE = environment.text("DPE_DEVICE", "auto")
DPE_RECIPE = environment.text("DPE_RECIPE")  # JSON file of what trainings do otherwise than by default
DPE_SHOP = environment.text("DPE_SHOP")  # code of the shop these pages are about; empty: the first one
DPE_BUNDLES = DPE_HOME / "bundles"
DPE_PROXIES = environment.number("DPE_PROXIES", 0)  # how many in front of us add to X-Forwarded-For
DPE_KEEP_IMPRESSIONS_DAYS = environment.number("DPE_KEEP_IMPRESSIONS_DAYS", 400)
DPE_KEEP_SEARCHES_DAYS = environment.number("DPE_KEEP_SEARCHES_DAYS", 400)
DPE_KEEP_REQUESTS_DAYS = environment.number("DPE_KEEP_REQUESTS_DAYS", 14)  # so long a page can be decided again
DPE_TRACE_PERCENT = environment.number("DPE_TRACE_PERCENT", 0)  # of pages whose whole trace is kept with their log

INSTALLED_APPS = [
    "unfold",
    "unfold.contrib.filters",
    "unfold.contrib.forms",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.postgres",
    "django.contrib.humanize",
    "rest_framework",
    "rest_framework.authtoken",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "pgvector.django",
    "catalog",
    "users",
    "recommender",
    "workers",
    "dpe_site",
    "dpe_site.shop",
]

MIDDLEWARE = [
    "dpe_site.middleware.health.HealthMiddleware",
    "dpe_site.middleware.outage.OutageMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "dpe_site.middleware.content_security.ContentSecurityMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "dpe_site.shop.visitor.VisitorMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "dpe_site.guessing.TooManyFailuresMiddleware",
]

ROOT_URLCONF = "dpe_site.urls"
WSGI_APPLICATION = "dpe_site.wsgi.application"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.i18n",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "dpe_site.shop.frame.frame",
            ],
        },
    },
]

# --- Where the services answer: given URLs win, else what the embedded supervisor wrote down.

_embedded = addresses_read(DPE_HOME)
_nowhere = f"postgresql://dpe@/dpe?host={DPE_HOME}"
_database_url = environment.text("DATABASE_URL")
DPE_EMBEDDED = not _database_url
DPE_NOWHERE = "redis://127.0.0.1:1/0"  # nothing answers there
REDIS_URL = environment.text("REDIS_URL") or (_embedded.redis_url if _embedded else DPE_NOWHERE)
CACHE_URL = environment.text("CACHE_URL") or (_embedded.cache_url if _embedded else DPE_NOWHERE)

# A page must fail fast; an import or a training may take its time.
_STATEMENT_TIMEOUT_MS = 5_000
_database_options: dict[str, Any] = {"application_name": f"dpe-{DPE_ROLE}", "connect_timeout": 10}
if DPE_ROLE == "web":
    _database_options |= {"connect_timeout": 1, "options": f"-c statement_timeout={_STATEMENT_TIMEOUT_MS}"}

DATABASES = {
    "default": environment.database(
        _database_url or (_embedded.database_url if _embedded else _nowhere), _database_options
    )
}

CACHES = {
    "default": {
        "BACKEND": "dpe_site.cache.ForgivingRedisCache",
        "LOCATION": CACHE_URL,
        "KEY_PREFIX": "dpe",
        "TIMEOUT": 300,
    },
    # What is the same for everybody and on every page: each process keeps it itself, for a minute.
    "process": {
        "BACKEND": "django.core.cache.backends.locmem.LocMemCache",
        "LOCATION": "dpe",
        "TIMEOUT": 60,
        "OPTIONS": {"MAX_ENTRIES": 256},
    },
}

# --- Accounts and sessions

AUTH_USER_MODEL = "users.User"
AUTHENTICATION_BACKENDS = ["dpe_site.guessing.GuessLimit", "django.contrib.auth.backends.ModelBackend"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator"},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]
LOGIN_URL = "/login/"
LOGIN_REDIRECT_URL = "/"
LOGOUT_REDIRECT_URL = "/"
SESSION_ENGINE = "django.contrib.sessions.backends.cached_db"
SESSION_COOKIE_AGE = 60 * 60 * 24 * 180
SESSION_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_SAMESITE = "Lax"

# --- Languages and time

LANGUAGE_CODE = "en"
LANGUAGES = [("en", _("English")), ("zh-hans", _("Simplified Chinese"))]
LOCALE_PATHS = [BASE_DIR / "locale"]
USE_I18N = True
USE_TZ = True
TIME_ZONE = "UTC"

# --- Files

STATIC_URL = "/static/"
MEDIA_URL = "/media/"
MEDIA_ROOT = Path(environment.text("DPE_MEDIA_ROOT") or DPE_HOME / "media")
FILE_UPLOAD_PERMISSIONS = 0o644

# --- Security headers; the content security policy is a middleware of our own

SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
DATA_UPLOAD_MAX_MEMORY_SIZE = 5 * 1024 * 1024

# --- REST

REST_FRAMEWORK = {
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["dpe_site.json_body.JSONBodyParser"],
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "rest_framework.authentication.TokenAuthentication",
        "rest_framework.authentication.SessionAuthentication",
    ],
    "DEFAULT_THROTTLE_CLASSES": ["dpe_site.throttling.MinuteThrottle"],
    "NUM_PROXIES": DPE_PROXIES,
    "EXCEPTION_HANDLER": "dpe_site.problems.exception_handler",
    "TEST_REQUEST_DEFAULT_FORMAT": "json",
}
DPE_REQUESTS_PER_MINUTE = {"page": 3_000, "events": 3_000, "login": 20}
SPECTACULAR_SETTINGS = {
    "OAS_VERSION": "3.1.0",
    "TITLE": "Desire Personalization Engine",
    "DESCRIPTION": "Homepages that learn what each shopper wants, and the events they learn from.",
    "VERSION": "1",
    "SERVE_INCLUDE_SCHEMA": False,
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "SCHEMA_PATH_PREFIX": r"/api/v[0-9]+",
    "ENUM_NAME_OVERRIDES": {
        "DeedEnum": "recommender.serializers.DEEDS",
        "EventKindEnum": "recommender.serializers.EVENT_KINDS",
        "SlotChangeEnum": "recommender.serializers.SLOT_CHANGES",
    },
}

# --- Celery: two queues; what trains never shares a process with what serves

CELERY_BROKER_URL = REDIS_URL
CELERY_TASK_DEFAULT_QUEUE = "default"
CELERY_TASK_ROUTES = {"workers.tasks_train.*": {"queue": "train"}}
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_TASK_SERIALIZER = "json"
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_TRANSPORT_OPTIONS = {"visibility_timeout": 4 * 3600, "socket_timeout": 10, "socket_connect_timeout": 2}
CELERY_BEAT_SCHEDULER = "celery.beat:Scheduler"
CELERY_TIMEZONE = "UTC"

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "{asctime} {levelname} {name}: {message}", "style": "{"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["console"], "level": environment.text("DPE_LOG_LEVEL", "INFO")},
    "loggers": {
        "django": {"handlers": ["console"], "level": "INFO", "propagate": False},
        "celery.worker.strategy": {"level": "WARNING"},  # a line for each of a day's 86,400 relays
        "celery.app.trace": {"level": "WARNING"},  # and another
        "onnxscript": {"level": "WARNING"},
        "onnx_ir": {"level": "WARNING"},  # tells of every pass over a graph
        "torch.onnx": {"level": "ERROR"},  # warns of packages that are not needed
    },
}

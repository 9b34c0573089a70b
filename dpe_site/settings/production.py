"""Behind TLS with services of one's own; refuses to start on defaults."""

import hashlib
import hmac

from dpe_site import environment

SECRET_KEY = environment.required("DPE_SECRET_KEY", "it signs sessions; 50 random characters")
environment.required("DATABASE_URL", "where Postgres with pgvector answers, postgresql://user:password@host/name")
environment.required("REDIS_URL", "the broker, a Valkey or Redis that never evicts")
environment.required("CACHE_URL", "the cache, a Valkey or Redis that may evict")
environment.required("DPE_ALLOWED_HOSTS", "the host names this shop answers to, separated by commas")

from dpe_site.settings.base import *  # noqa: E402, F403

DEBUG = False
ALLOWED_HOSTS = environment.words("DPE_ALLOWED_HOSTS")
CSRF_TRUSTED_ORIGINS = [f"https://{host.replace('.', '*.', 1) if host[0] == '.' else host}" for host in ALLOWED_HOSTS]

# Seeds of pages outlive a rotated signing key only if they are given a secret of their own.
DPE_SECRET = environment.text("DPE_SECRET") or hmac.new(SECRET_KEY.encode(), b"page seeds", hashlib.sha256).hexdigest()

SECURE_SSL_REDIRECT = True
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
SECURE_HSTS_SECONDS = 60 * 60 * 24 * 365
SECURE_HSTS_INCLUDE_SUBDOMAINS = True
SECURE_HSTS_PRELOAD = True
SESSION_COOKIE_SECURE = True
CSRF_COOKIE_SECURE = True

STATIC_ROOT = environment.text("DPE_STATIC_ROOT") or environment.REPOSITORY / "staticfiles"
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}

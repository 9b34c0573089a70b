"""What the test suite runs under; the services' URLs come from the suite's own fixtures."""

from dpe_site.settings.base import *  # noqa: F403

DEBUG = False
SECRET_KEY = "test-key-that-signs-nothing-of-value-0123456789"
DPE_SECRET = "test-seed"
ALLOWED_HOSTS = ["localhost", "127.0.0.1", "testserver"]
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
STATIC_ROOT = None
WHITENOISE_USE_FINDERS = True

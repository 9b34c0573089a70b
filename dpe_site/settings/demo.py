"""The shop on one's own machine: ``make demo`` and everything ``manage.py`` does by default."""

from dpe_site import environment
from dpe_site.settings.base import *  # noqa: F403
from dpe_site.settings.base import DPE_HOME

DEBUG = False
SECRET_KEY = environment.secret("DPE_SECRET_KEY", DPE_HOME / "secret_key")
DPE_SECRET = environment.secret("DPE_SECRET", DPE_HOME / "secret")
ALLOWED_HOSTS = environment.words("DPE_ALLOWED_HOSTS", "localhost,.localhost,127.0.0.1,[::1]")

# The pages are plain http on this machine, and static files come straight from the source tree.
STATIC_ROOT = None
WHITENOISE_USE_FINDERS = True

"""The web application, as gunicorn loads it."""

import os

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "dpe_site.settings.production")
os.environ.setdefault("DPE_ROLE", "web")

from django.core.wsgi import get_wsgi_application

application = get_wsgi_application()

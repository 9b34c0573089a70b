from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class UsersConfig(AppConfig):
    """Facts about people as a Django app."""

    name = "users"
    verbose_name = _("Users")

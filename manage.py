#!/usr/bin/env python
"""Command line of the Desire Personalization Engine."""

import os
import sys


def main() -> None:
    """Run one management command, under the demo settings unless told otherwise."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "dpe_site.settings.demo")
    from django.core.management import execute_from_command_line
    from django.db import OperationalError

    try:
        execute_from_command_line(sys.argv)
    except OperationalError as error:
        if type(error.__cause__).__name__ != "PostgresAwayError":
            raise
        sys.exit(str(error))


if __name__ == "__main__":
    main()

"""Fixtures of the whole suite, one file per subject in ``tests/fixtures``."""

pytest_plugins = [
    "tests.fixtures.services",
    "tests.fixtures.databases",
    "tests.fixtures.demo",
    "tests.fixtures.bundle",
    "tests.fixtures.people",
    "tests.fixtures.tiny_text",
    "tests.fixtures.web",
    "tests.fixtures.languages",
    "tests.fixtures.patience",
    "tests.fixtures.threads",
    "tests.fixtures.browser",
]

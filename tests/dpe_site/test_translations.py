import gettext
import io
from pathlib import Path

import pytest
from django.conf import settings

from dpe_site.translations import compiled, stale

PO = r"""
# a translator's remark
msgid ""
msgstr ""
"Content-Type: text/plain; charset=UTF-8\n"
"Plural-Forms: nplurals=2; plural=(n != 1);\n"

#: shop/home.html:3
msgid "Basket"
msgstr "购物篮"

msgctxt "verb"
msgid "Basket"
msgstr "放入\n篮子"
msgid "long "
"text"
msgstr ""
"in "
"two parts"

#, python-format
msgid "%(n)s item"
msgid_plural "%(n)s items"
msgstr[0] "eins"
msgstr[1] "viele"

#, fuzzy
msgid "Doubtful"
msgstr "never shown"

msgid "Untranslated"
msgstr ""

#~ msgid "Gone"
#~ msgstr "weg"
"""


def test_what_is_compiled_reads_back_with_the_standard_library() -> None:
    read = gettext.GNUTranslations(io.BytesIO(compiled(PO)))
    assert read.gettext("Basket") == "购物篮"
    assert read.pgettext("verb", "Basket") == "放入\n篮子"
    assert read.gettext("long text") == "in two parts"
    assert [read.ngettext("%(n)s item", "%(n)s items", n) for n in (1, 2)] == ["eins", "viele"]
    assert read.gettext("Doubtful") == "Doubtful"
    assert read.gettext("Untranslated") == "Untranslated"
    assert read.gettext("Gone") == "Gone"


def test_a_line_that_makes_no_sense_is_named() -> None:
    with pytest.raises(ValueError, match="line 2"):
        compiled('msgid "a"\nmsgstr unquoted\n')


def test_a_changed_catalogue_is_stale_until_compiled(tmp_path: Path) -> None:
    source = tmp_path / "de" / "LC_MESSAGES" / "django.po"
    source.parent.mkdir(parents=True)
    source.write_text(PO, "utf-8")
    assert stale(tmp_path) == [source]
    source.with_suffix(".mo").write_bytes(compiled(PO))
    assert stale(tmp_path) == []
    source.write_text(PO.replace("购物篮", "篮"), "utf-8")
    assert stale(tmp_path) == [source]


def test_our_own_catalogues_are_compiled() -> None:
    assert [source for folder in settings.LOCALE_PATHS for source in stale(folder)] == []

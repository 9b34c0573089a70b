"""Kinds of things that a shopper wants to see fewer of."""

import django.contrib.postgres.fields
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("users", "0005_adult_shoppers")]

    operations = [
        migrations.AddField(
            model_name="shopperstate",
            name="fewer_kinds",
            field=django.contrib.postgres.fields.ArrayField(
                base_field=models.BigIntegerField(),
                blank=True,
                default=list,
                help_text="Categories, as the shopper asked.",
                size=None,
                verbose_name="kinds to show fewer of",
            ),
        )
    ]

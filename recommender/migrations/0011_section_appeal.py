"""Clicks by section, and their say in the order of rows."""

import django.core.validators
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("recommender", "0010_replenish_dial"),
    ]

    operations = [
        migrations.AddField(
            model_name="knobs",
            name="section_appeal",
            field=models.FloatField(
                default=0.5,
                help_text="How much it counts how often a row's cards are clicked when they are seen.",
                validators=[
                    django.core.validators.MinValueValidator(0.0),
                    django.core.validators.MaxValueValidator(3.0),
                ],
                verbose_name="say of clicks in the order of rows",
            ),
        ),
        migrations.AddField(
            model_name="trendsnapshot",
            name="sections",
            field=models.JSONField(
                default=dict, help_text="Section to cards of it that were seen, and clicked.", verbose_name="by section"
            ),
        ),
    ]

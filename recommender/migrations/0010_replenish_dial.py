"""When what is used up may be shown again."""

import django.core.validators
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('recommender', '0009_foreign_texts'),
    ]

    operations = [
        migrations.AddField(
            model_name='knobs',
            name='replenish',
            field=models.FloatField(default=0.8, help_text='Share of the usual interval between purchases after which it is shown again; 0: never.', validators=[django.core.validators.MinValueValidator(0.0), django.core.validators.MaxValueValidator(2.0)], verbose_name='return of what is used up'),
        ),
    ]

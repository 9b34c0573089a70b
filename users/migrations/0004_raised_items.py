"""What shoppers asked for more of."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('users', '0003_words_of_relations'),
    ]

    operations = [
        migrations.AddField(
            model_name='shopperstate',
            name='raised_items',
            field=models.JSONField(blank=True, default=dict, help_text='Item id to when the shopper asked for more like it, in microseconds since 1970.', verbose_name='raised items'),
        ),
    ]

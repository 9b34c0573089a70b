"""A rule may have no name of its own: it is then told by what it does."""

from django.db import migrations, models


class Migration(migrations.Migration):
    """The name may stay empty."""

    dependencies = [
        ("recommender", "0015_live_change"),
    ]

    operations = [
        migrations.AlterField(
            model_name="rule",
            name="name",
            field=models.CharField(blank=True, max_length=120, verbose_name="name"),
        ),
    ]

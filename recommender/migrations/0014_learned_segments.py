from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ("recommender", "0013_segments"),
    ]

    operations = [
        migrations.AddField(
            model_name="segment",
            name="learned",
            field=models.CharField(
                blank=True,
                default="",
                help_text="Its key in the bundles that know it; empty where staff defined the segment.",
                max_length=24,
                verbose_name="learned segment",
            ),
            preserve_default=False,
        ),
        migrations.AddConstraint(
            model_name="segment",
            constraint=models.UniqueConstraint(
                condition=models.Q(("learned", ""), _negated=True),
                fields=("shop", "learned"),
                name="segment_unique_learned",
            ),
        ),
    ]

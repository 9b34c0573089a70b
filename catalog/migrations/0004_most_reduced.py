"""The most reduced items, in order."""

import django.db.models.expressions
import django.db.models.functions.comparison
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ("catalog", "0003_words_of_relations"),
    ]

    operations = [
        migrations.AddIndex(
            model_name='item',
            index=models.Index(models.F('shop'), models.ExpressionWrapper(django.db.models.expressions.CombinedExpression(django.db.models.functions.comparison.Cast('price_minor', models.FloatField()), '/', models.F('list_price_minor')), models.FloatField()), models.F('id'), condition=models.Q(('list_price_minor__gt', models.F('price_minor')), ('price_minor__gte', 0)), name='item_most_reduced'),
        ),
    ]

"""Relations and lists get names that pages can say in any language; no table changes."""

import django.contrib.postgres.fields
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('catalog', '0003_words_of_relations'),
        ('recommender', '0004_knobs_event_weights'),
        ('users', '0003_words_of_relations'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AlterField(
            model_name='bundleversion',
            name='shop',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='bundles', to='catalog.shop', verbose_name='shop'),
        ),
        migrations.AlterField(
            model_name='experiment',
            name='shop',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='experiments', to='catalog.shop', verbose_name='shop'),
        ),
        migrations.AlterField(
            model_name='gateattempt',
            name='against',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='recommender.bundleversion', verbose_name='against'),
        ),
        migrations.AlterField(
            model_name='gateattempt',
            name='bundle',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='gate_attempts', to='recommender.bundleversion', verbose_name='bundle'),
        ),
        migrations.AlterField(
            model_name='gateattempt',
            name='shop',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='catalog.shop', verbose_name='shop'),
        ),
        migrations.AlterField(
            model_name='homepagelayout',
            name='shop',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='catalog.shop', verbose_name='shop'),
        ),
        migrations.AlterField(
            model_name='impression',
            name='dropped',
            field=django.contrib.postgres.fields.ArrayField(base_field=models.BooleanField(), default=list, size=None, verbose_name='dropped'),
        ),
        migrations.AlterField(
            model_name='impression',
            name='forced',
            field=django.contrib.postgres.fields.ArrayField(base_field=models.BooleanField(), default=list, size=None, verbose_name='forced'),
        ),
        migrations.AlterField(
            model_name='impression',
            name='item_ids',
            field=django.contrib.postgres.fields.ArrayField(base_field=models.BigIntegerField(), default=list, size=None, verbose_name='items'),
        ),
        migrations.AlterField(
            model_name='impression',
            name='pool_ids',
            field=django.contrib.postgres.fields.ArrayField(base_field=models.BigIntegerField(), blank=True, default=list, help_text='Allowed set of the first slot where it was logged.', size=None, verbose_name='pool'),
        ),
        migrations.AlterField(
            model_name='impression',
            name='propensities',
            field=django.contrib.postgres.fields.ArrayField(base_field=models.FloatField(), default=list, help_text='NaN: a filled hole, kept out of learning.', size=None, verbose_name='propensities'),
        ),
        migrations.AlterField(
            model_name='impression',
            name='scores',
            field=django.contrib.postgres.fields.ArrayField(base_field=models.FloatField(), default=list, size=None, verbose_name='scores'),
        ),
        migrations.AlterField(
            model_name='impression',
            name='section_of',
            field=django.contrib.postgres.fields.ArrayField(base_field=models.PositiveSmallIntegerField(), default=list, help_text='Index into the sections.', size=None, verbose_name='section of'),
        ),
        migrations.AlterField(
            model_name='impression',
            name='seen',
            field=django.contrib.postgres.fields.ArrayField(base_field=models.BooleanField(), default=list, help_text='Reported visible by the browser.', size=None, verbose_name='seen'),
        ),
        migrations.AlterField(
            model_name='impression',
            name='shop',
            field=models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='catalog.shop', verbose_name='shop'),
        ),
        migrations.AlterField(
            model_name='impression',
            name='shopper',
            field=models.ForeignKey(blank=True, db_index=False, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='users.shopper', verbose_name='shopper'),
        ),
        migrations.AlterField(
            model_name='itemvector',
            name='bundle',
            field=models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='recommender.bundleversion', verbose_name='bundle'),
        ),
        migrations.AlterField(
            model_name='itemvector',
            name='item',
            field=models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='catalog.item', verbose_name='item'),
        ),
        migrations.AlterField(
            model_name='jobrun',
            name='asked_by',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='asked by'),
        ),
        migrations.AlterField(
            model_name='jobrun',
            name='shop',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='jobs', to='catalog.shop', verbose_name='shop'),
        ),
        migrations.AlterField(
            model_name='knobs',
            name='shop',
            field=models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, primary_key=True, related_name='knobs', serialize=False, to='catalog.shop', verbose_name='shop'),
        ),
        migrations.AlterField(
            model_name='live',
            name='bundle',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='recommender.bundleversion', verbose_name='bundle'),
        ),
        migrations.AlterField(
            model_name='live',
            name='previous_bundle',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='recommender.bundleversion', verbose_name='previous bundle'),
        ),
        migrations.AlterField(
            model_name='live',
            name='ruleset',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='recommender.ruleset', verbose_name='ruleset'),
        ),
        migrations.AlterField(
            model_name='live',
            name='shop',
            field=models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, primary_key=True, related_name='live', serialize=False, to='catalog.shop', verbose_name='shop'),
        ),
        migrations.AlterField(
            model_name='live',
            name='trend',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='recommender.trendsnapshot', verbose_name='trend'),
        ),
        migrations.AlterField(
            model_name='precomputedlist',
            name='item_ids',
            field=django.contrib.postgres.fields.ArrayField(base_field=models.BigIntegerField(), default=list, size=None, verbose_name='items'),
        ),
        migrations.AlterField(
            model_name='precomputedlist',
            name='scores',
            field=django.contrib.postgres.fields.ArrayField(base_field=models.FloatField(), default=list, size=None, verbose_name='scores'),
        ),
        migrations.AlterField(
            model_name='precomputedlist',
            name='shop',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='catalog.shop', verbose_name='shop'),
        ),
        migrations.AlterField(
            model_name='precomputedlist',
            name='shopper',
            field=models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, primary_key=True, related_name='+', serialize=False, to='users.shopper', verbose_name='shopper'),
        ),
        migrations.AlterField(
            model_name='requestlog',
            name='shop',
            field=models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='catalog.shop', verbose_name='shop'),
        ),
        migrations.AlterField(
            model_name='requestlog',
            name='shopper',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='users.shopper', verbose_name='shopper'),
        ),
        migrations.AlterField(
            model_name='rule',
            name='created_by',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='created by'),
        ),
        migrations.AlterField(
            model_name='rule',
            name='shop',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='rules', to='catalog.shop', verbose_name='shop'),
        ),
        migrations.AlterField(
            model_name='ruleset',
            name='published_by',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='published by'),
        ),
        migrations.AlterField(
            model_name='ruleset',
            name='shop',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='rulesets', to='catalog.shop', verbose_name='shop'),
        ),
        migrations.AlterField(
            model_name='textvector',
            name='item',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='text_vectors', to='catalog.item', verbose_name='item'),
        ),
        migrations.AlterField(
            model_name='textvector',
            name='shop',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='catalog.shop', verbose_name='shop'),
        ),
        migrations.AlterField(
            model_name='trendsnapshot',
            name='counts',
            field=django.contrib.postgres.fields.ArrayField(base_field=models.FloatField(), default=list, help_text='Decayed count, same order as the items.', size=None, verbose_name='counts'),
        ),
        migrations.AlterField(
            model_name='trendsnapshot',
            name='item_ids',
            field=django.contrib.postgres.fields.ArrayField(base_field=models.BigIntegerField(), default=list, size=None, verbose_name='items'),
        ),
        migrations.AlterField(
            model_name='trendsnapshot',
            name='shop',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='catalog.shop', verbose_name='shop'),
        ),
    ]

"""The admin's look and its way through the house."""

from typing import Any

from django.templatetags.static import static
from django.urls import reverse_lazy
from django.utils.translation import gettext_lazy as _


def _link(title: Any, icon: str, model: str) -> dict[str, Any]:
    return {"title": title, "icon": icon, "link": reverse_lazy(f"admin:{model}_changelist")}


def _group(title: Any, *items: dict[str, Any], folded: bool = False) -> dict[str, Any]:
    return {"title": title, "separator": True, "collapsible": folded, "items": list(items)}


UNFOLD = {
    "SITE_TITLE": _("DPE staff"),
    "SITE_HEADER": _("Desire Personalization Engine"),
    "SITE_SYMBOL": "storefront",
    "SHOW_VIEW_ON_SITE": True,
    "SHOW_LANGUAGES": True,
    "SITE_FAVICONS": [{"rel": "icon", "type": "image/svg+xml", "href": lambda request: static("shop/img/favicon.svg")}],
    "STYLES": [lambda request: static("operator/operator.css")],
    "SCRIPTS": [lambda request: static("operator/operator.js")],
    "DASHBOARD_CALLBACK": "recommender.admin.today.today_context",
    "COLORS": {
        "primary": {
            "50": "oklch(97% .02 40)",
            "100": "oklch(94% .04 40)",
            "200": "oklch(88% .07 40)",
            "300": "oklch(80% .10 40)",
            "400": "oklch(70% .13 40)",
            "500": "oklch(61% .15 40)",
            "600": "oklch(53% .15 40)",
            "700": "oklch(46% .13 40)",
            "800": "oklch(39% .11 40)",
            "900": "oklch(33% .09 40)",
            "950": "oklch(24% .06 40)",
        }
    },
    "SIDEBAR": {
        "show_search": True,
        "show_all_applications": False,
        "navigation": [
            {
                "items": [
                    {"title": _("Today"), "icon": "today", "link": reverse_lazy("admin:index")},
                    {"title": _("Inspector"), "icon": "frame_inspect", "link": reverse_lazy("admin:inspector")},
                ]
            },
            _group(
                _("Steering"),
                _link(_("Knobs"), "tune", "recommender_knobs"),
                _link(_("Rules"), "rule", "recommender_rule"),
                _link(_("Homepage layout"), "view_agenda", "recommender_homepagelayout"),
                _link(_("Segments"), "groups", "recommender_segment"),
                _link(_("Experiments"), "science", "recommender_experiment"),
                _link(_("Rulesets"), "history", "recommender_ruleset"),
            ),
            _group(
                _("Learning"),
                _link(_("Bundles"), "model_training", "recommender_bundleversion"),
                _link(_("What served when"), "manage_history", "recommender_livechange"),
                _link(_("Jobs"), "work_history", "recommender_jobrun"),
                _link(_("Gate ledger"), "gavel", "recommender_gateattempt"),
            ),
            _group(
                _("Catalogue"),
                _link(_("Items"), "inventory_2", "catalog_item"),
                _link(_("Categories"), "category", "catalog_category"),
                _link(_("Brands"), "sell", "catalog_brand"),
                _link(_("Tags"), "label", "catalog_tag"),
                _link(_("Relations"), "share", "catalog_relation"),
                _link(_("Texts"), "translate", "catalog_itemtext"),
                _link(_("Pictures"), "image", "catalog_media"),
            ),
            _group(
                _("Shoppers"),
                _link(_("Shoppers"), "group", "users_shopper"),
                _link(_("Orders"), "receipt_long", "users_order"),
                _link(_("Baskets"), "shopping_basket", "users_basket"),
                _link(_("Reviews"), "reviews", "users_review"),
                _link(_("Favourites"), "favorite", "users_favourite"),
                _link(_("Consents"), "verified_user", "users_consent"),
                _link(_("Suspicions"), "report", "users_suspicion"),
            ),
            _group(
                _("Facts"),
                _link(_("Interactions"), "touch_app", "users_interaction"),
                _link(_("Impressions"), "visibility", "recommender_impression"),
                _link(_("Request logs"), "receipt", "recommender_requestlog"),
                _link(_("Searches"), "search", "users_search"),
                _link(_("Shopper states"), "psychology", "users_shopperstate"),
                _link(_("Devices"), "smartphone", "users_device"),
                _link(_("Precomputed lists"), "list_alt", "recommender_precomputedlist"),
                _link(_("Trends"), "trending_up", "recommender_trendsnapshot"),
                _link(_("Text vectors"), "scatter_plot", "recommender_textvector"),
                folded=True,
            ),
            _group(
                _("House"),
                _link(_("Shops"), "store", "catalog_shop"),
                _link(_("Live pointers"), "sensors", "recommender_live"),
                _link(_("Outbox"), "outbox", "catalog_outbox"),
                _link(_("Logins"), "badge", "users_user"),
                _link(_("Roles"), "shield_person", "auth_group"),
                folded=True,
            ),
        ],
    },
}

"""What a first start does before the pages are worth looking at: tables, a shop, two logins."""

from dataclasses import dataclass
from pathlib import Path

from django.core.management import call_command
from django.db import connection
from django.db.models import Count
from django.utils import timezone
from rich.console import Console

from catalog.models import Shop
from dpe_site import environment
from dpe_site.embedded.addresses import Addresses
from recommender.imports.dataset import dataset_check
from recommender.jobs import job_ask
from recommender.models import JobRun, Live
from users.models import Shopper, User

DEMO_SHOP = "demo"
_LOADED = "load_demo"
_TRAIN = "train"


@dataclass(frozen=True)
class Source:
    """Where the shop's facts come from: a data set at ``path`` in ``format``, or without a path the generated shop."""

    path: Path | None = None
    format: str = ""

    @property
    def shop_code(self) -> str:
        """Code of the shop that holds it; each format has a shop of its own."""
        return self.format if self.path else DEMO_SHOP

    def check(self) -> None:
        """Look at the data set before anything is started for it.

        Raises: DataError if nothing of that format is there.
        """
        if self.path is not None:
            dataset_check(path=self.path, format_name=self.format)


@dataclass(frozen=True)
class Login:
    """A login of the demo, printed for whoever tries it."""

    name: str
    password: str


SHOPPER = Login("shopper", "shopper-demo")
STAFF = Login("staff", "staff-demo")


def database_use(addresses: Addresses) -> None:
    """Point this process at services that were not running when its settings were read."""
    connection.close()
    fresh = environment.database(addresses.database_url, connection.settings_dict["OPTIONS"])
    connection.settings_dict.update(fresh)


def tables_prepare(console: Console) -> None:
    """Apply the migrations that are missing."""
    console.print("Preparing the database …")
    call_command("migrate", verbosity=0, interactive=False)


def shop_load(source: Source, console: Console) -> Shop:
    """The shop of ``source``; loading goes on where it was interrupted and does nothing when it is complete."""
    if source.path is not None:
        console.print(f"Loading {source.path} …")
        call_command("import_dataset", str(source.path), format=source.format, shop=source.shop_code)
    elif not JobRun.objects.filter(shop__code=DEMO_SHOP, kind=_LOADED, status=JobRun.Status.SUCCEEDED).exists():
        console.print("Making the demo shop …")
        call_command("load_demo")
        now = timezone.now()
        JobRun.objects.create(
            shop=Shop.objects.get(code=DEMO_SHOP),
            kind=_LOADED,
            status=JobRun.Status.SUCCEEDED,
            done=1.0,
            started_at=now,
            finished_at=now,
        )
    return Shop.objects.get(code=source.shop_code)


def logins_make(shop: Shop) -> None:
    """One login for staff, and one that is the shopper with the most to go by."""
    if not User.objects.filter(username=STAFF.name).exists():
        User.objects.create_superuser(STAFF.name, "staff@example.com", STAFF.password)
    user = User.objects.filter(username=SHOPPER.name).first()
    if user is None:
        user = User.objects.create_user(SHOPPER.name, "shopper@example.com", SHOPPER.password)
    if not Shopper.objects.filter(shop=shop, user=user).exists():
        known = Shopper.objects.filter(shop=shop, user=None, merged_into=None)
        busiest = known.annotate(facts=Count("interactions")).order_by("-facts", "pk").first()
        if busiest is not None:
            Shopper.objects.filter(pk=busiest.pk).update(user=user)


def training_ask(shop: Shop, console: Console) -> None:
    """Ask the training worker for the first bundle, unless there is one or somebody asked before."""
    if Live.objects.filter(shop=shop, bundle__isnull=False).exists():
        return
    under_way = [JobRun.Status.QUEUED, JobRun.Status.RUNNING]
    if not JobRun.objects.filter(shop=shop, kind=_TRAIN, status__in=under_way).exists():
        job_ask(shop=shop, kind=_TRAIN)
    console.print("The first training has been asked for; until it is done the pages show what is popular.")

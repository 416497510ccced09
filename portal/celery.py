import os
import sys
from typing import Any

from celery import Celery
from celery.signals import worker_init
from django.core.exceptions import ImproperlyConfigured

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")
app = Celery("portal")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks(["portal.base", "accounts", "disclosures", "messaging", "phi_records"])


@worker_init.connect
def refuse_unsafe_role(**kwargs: Any) -> None:
    from portal.base.apps import check_role

    try:
        check_role()
    except ImproperlyConfigured as error:
        # Celery logs any other exception of a signal's receiver and starts all the same.
        sys.exit(str(error))

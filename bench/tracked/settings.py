"""A bare Django whose rows are tracked by django-pghistory, in a schema of its own."""

import os

from portal.settings import database

SECRET_KEY = os.environ["SECRET_KEY"]
INSTALLED_APPS = ["django.contrib.contenttypes", "pgtrigger", "pghistory", "bench.tracked"]
DATABASES = {
    "default": {
        **database(os.environ["DATABASE_OWNER_URL"]),
        "CONN_MAX_AGE": None,
        "OPTIONS": {"options": "-c search_path=tracked"},
    }
}
PGTRIGGER_INSTALL_ON_MIGRATE = True
PGTRIGGER_MIGRATIONS = False
USE_TZ = True
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

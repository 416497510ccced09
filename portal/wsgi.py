import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")
# Longer than this no page waits for the database, as where another program holds a lock.
os.environ.setdefault("PAGE_SECONDS", "30")
application = get_wsgi_application()

from portal.base.apps import check_role  # noqa: E402  needs Django to be set up

check_role()

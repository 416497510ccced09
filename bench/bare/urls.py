"""The portal's addresses by their names, since its templates link to them; one leads somewhere."""

import json
import os
from collections import defaultdict

from django.urls import URLPattern, URLResolver, include, path

from bench.bare.views import elsewhere, kind


def _patterns() -> list[URLPattern | URLResolver]:
    by_space: dict[str, list[URLPattern | URLResolver]] = defaultdict(list)
    for space, name, route in json.loads(os.environ["BENCH_ROUTES"]):
        view = kind if (space, name) == ("records", "kind") else elsewhere
        by_space[space].append(path(route, view, name=name))
    plain = by_space.pop("")
    return plain + [path("", include((inner, space))) for space, inner in by_space.items()]


urlpatterns = _patterns()

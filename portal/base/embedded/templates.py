"""Every template through Django's own compiler: a page that nobody opened yet is checked too."""

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import django
from django.template import Engine, Origin, Template, TemplateSyntaxError, engines

from portal.base.embedded.place import CHECKOUT


def problem(path: Path, folder: Path) -> str:
    name = str(path.relative_to(folder))
    try:
        Template(path.read_text(), Origin(str(path), name), name, Engine.get_default())
    except TemplateSyntaxError as error:
        # Django notes the innermost tag that it stumbled over.
        token = getattr(error, "token", None)
        return f"{path}:{token.lineno if token else 1}: {error}"
    return ""


def problems(folders: list[Path]) -> Iterator[str]:
    for folder in folders:
        for path in sorted(folder.rglob("*")):
            if path.is_file() and (found := problem(path, folder)):
                yield found


def own_folders() -> list[Path]:
    """Ours, and not those of the packages below .venv."""
    named = [Path(folder) for folder in engines["django"].template_dirs]
    return [folder for folder in named if folder.is_relative_to(CHECKOUT) and _ours(folder)]


def _ours(folder: Path) -> bool:
    return ".venv" not in folder.relative_to(CHECKOUT).parts


def main() -> int:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")
    django.setup()
    found = list(problems(own_folders()))
    print("\n".join(found) or "Every template compiles.")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())

import sys

from portal.base.embedded import checks, supervisor
from portal.base.embedded.problems import Problem, sentence_for
from portal.base.embedded.signals import Stop

COMMANDS = {
    "run": supervisor.run,
    "reset": supervisor.reset,
    "test": checks.test,
    "check": checks.check,
    "bench": checks.bench,
}


def main() -> int:
    if len(sys.argv) != 2 or sys.argv[1] not in COMMANDS:
        raise Problem(f"Say one of: {', '.join(COMMANDS)}.")
    return COMMANDS[sys.argv[1]]()


if __name__ == "__main__":
    try:
        sys.exit(main())
    except Stop:
        sys.exit(130)
    except Problem as problem:
        sys.exit(str(problem))
    except OSError as error:
        sys.exit(sentence_for(error))

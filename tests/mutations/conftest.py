"""The table that a mutation run ends with, and what it fails under."""

from typing import Any

import pytest

# Of all that are taken out. What is not caught is a test that is missing.
AT_LEAST = 0.95


def told(reporter: Any) -> list[tuple[str, str]]:
    """Each mutant that was tried, and the test that noticed."""
    reports = [one for one in reporter.getreports("passed") if one.when == "call"]
    return sorted(dict(one.user_properties)["mutant"] for one in reports if one.user_properties)


def pytest_terminal_summary(terminalreporter: Any) -> None:
    found = told(terminalreporter)
    if not found:
        return
    terminalreporter.section("mutations")
    for name, by in found:
        state = "caught" if by else "NOT CAUGHT"
        terminalreporter.write_line(f"{state:11} {name:80} {by.removeprefix('tests/')}")
    caught = sum(1 for _, by in found if by)
    share = f"{caught} of {len(found)} mutations were caught ({caught / len(found):.1%})"
    terminalreporter.write_line(f"{share}; at least {AT_LEAST:.0%} must be.")


@pytest.hookimpl(tryfirst=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    found = told(reporter) if reporter else []
    if sum(1 for _, by in found if by) < AT_LEAST * len(found):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED

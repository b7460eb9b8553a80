"""Shows the figures that service tests recorded, also where nothing failed and output is hidden."""

import pytest

FIGURES = "figures"


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """One block for each test that recorded figures."""
    reports = terminalreporter.stats.get("passed", []) + terminalreporter.stats.get("failed", [])
    for report in reports:
        for name, text in getattr(report, "user_properties", ()):
            if name == FIGURES:
                terminalreporter.section(report.nodeid)
                terminalreporter.write_line(str(text))

from anchorkeep.model.finding import Severity


def test_severities_are_in_order() -> None:
    """An error is worse than a warning, a warning than a note, and each has its word."""
    assert sorted(Severity, reverse=True) == [Severity.ERROR, Severity.WARNING, Severity.NOTE]
    assert [item.label for item in Severity] == ["note", "warning", "error"]

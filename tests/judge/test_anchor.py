from anchorkeep.judge.anchor import Role, Strategy


def test_strategies_are_those_of_the_command_line() -> None:
    """The words are stable: they stand in settings and in JSON."""
    assert [str(item) for item in Strategy] == ["root", "root-set", "issuing", "chain", "leaf"]


def test_roles_are_stable() -> None:
    """The words stand in JSON."""
    assert [str(item) for item in Role] == ["root", "cross-sign", "operator-root", "named", "intermediate", "issuing", "leaf"]

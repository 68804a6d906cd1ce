import asyncio
import os
from pathlib import Path

import pytest

from anchorkeep.errors import FileError
from anchorkeep.host import jvm
from anchorkeep.host.jre import Jre
from anchorkeep.host.jvm import Answer, Opened, Question, Verdict

SECRET = "not for other eyes"
STORE = Opened(type="PKCS12", data=b"store", password=SECRET)
QUESTION = Question(address="127.0.0.1", port=443, name="service.test")


def runtime(home: Path, version: str | None = "17.0.2", script: str = "", *, has_compiler: bool = True) -> Jre:
    """Lay out a runtime whose `java` is a shell script."""
    (home / "bin").mkdir(parents=True)
    for name in ("java", "javac") if has_compiler else ("java",):
        program = home / "bin" / name
        program.write_text(f"#!/bin/sh\n{script}\n")
        program.chmod(0o700)
    return Jre(home=home, version=version, vendor=None, cacerts=home / "cacerts")


def ask(jdk: Jre, *questions: Question) -> tuple[Answer, ...]:
    """Ask a runtime about the store."""
    return asyncio.run(jvm.ask(jdk, STORE, questions or (QUESTION,), seconds=1.0))


def test_jdk_is_a_runtime_that_compiles(tmp_path: Path) -> None:
    """A JDK is a runtime of release 11 or later with a compiler; without one there is none to ask."""
    assert jvm.find_jdk(()) is None
    without = runtime(tmp_path / "jre", has_compiler=False)
    old = runtime(tmp_path / "old", "1.8.0_402")
    silent = runtime(tmp_path / "silent", None)
    assert jvm.find_jdk((without, old, silent)) is None
    able = runtime(tmp_path / "jdk", "11.0.2")
    assert jvm.find_jdk((without, old, able)) == able


def test_jdk_of_the_wanted_release_is_preferred(tmp_path: Path) -> None:
    """Of several JDKs the wanted release is asked; where it is not there, the first."""
    first, second = runtime(tmp_path / "17"), runtime(tmp_path / "25", "25.0.3")
    assert jvm.find_jdk((first, second), wanted=25) == second
    assert jvm.find_jdk((first, second), wanted=21) == first


def test_answers_are_read_in_order(tmp_path: Path) -> None:
    """An answer a question comes back in the order of the questions."""
    jdk = runtime(tmp_path / "jdk", script="cat >/dev/null; printf 'trusted\\t\\nrefused\\twhy\\n'")
    first, second = ask(jdk, QUESTION, QUESTION)
    assert first == Answer(verdict=Verdict.TRUSTED, reason="")
    assert second == Answer(verdict=Verdict.REFUSED, reason="why")


def test_what_java_says_is_escaped(tmp_path: Path) -> None:
    """A reason is text of a hostile server: nothing of it is raw, and a line separator makes no second answer."""
    jdk = runtime(tmp_path / "jdk", script="cat >/dev/null; printf 'refused\\ta\\033[31m\\342\\200\\250trusted\\t\\377\\n'")
    (answer,) = ask(jdk)
    assert answer.verdict is Verdict.REFUSED
    assert answer.reason.isprintable()


def test_secrets_go_over_stdin_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither arguments nor environment hold the password or what the caller's environment says; stdin does."""
    monkeypatch.setenv("JAVA_TOOL_OPTIONS", "-Dcaller=1")
    said = tmp_path / "said"
    script = (
        f'cat >{said}.input; echo "$@" >{said}.arguments; env >{said}.environment; pwd >{said}.folder; printf "trusted\\t\\n"'
    )
    ask(runtime(tmp_path / "jdk", script=script))
    arguments, environment = ((said.with_name(f"said.{name}")).read_text() for name in ("arguments", "environment"))
    assert SECRET not in arguments + environment
    assert "JAVA_TOOL_OPTIONS" not in environment
    assert SECRET.encode() in said.with_name("said.input").read_bytes()
    assert SECRET not in repr(STORE)
    assert not Path(said.with_name("said.folder").read_text().strip()).exists()


@pytest.mark.parametrize(
    ("script", "said"),
    [
        ("exit 1", "ended with status 1"),
        ("cat >/dev/null", "ended with status 0"),
        ("cat >/dev/null; printf 'trusted\\t\\ntrusted\\t\\n'", "answered more than it was asked"),
        ("cat >/dev/null; printf 'trusted'", "ended with status 0"),
        ("cat >/dev/null; printf 'maybe\\t\\n'", "ended with status 0"),
        ("cat >/dev/null; exec yes trusted", "wrote more than its answers"),
    ],
    ids=["dies", "silent", "too-much", "cut", "unknown-word", "flood"],
)
def test_program_that_fails_is_no_verdict(script: str, said: str, tmp_path: Path) -> None:
    """A program that ends early, answers too little, too much or something else comes to no verdict, and how is told."""
    (answer,) = ask(runtime(tmp_path / "jdk", script=script))
    assert (answer.verdict, said in answer.reason) == (Verdict.UNKNOWN, True), answer


@pytest.mark.parametrize("end", ["exit 3", "kill -9 $$", "exec yes trusted", "exec sleep 600"])
def test_answers_before_the_end_are_kept(end: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What was said before a program failed counts, however it failed; of the other services there is no verdict."""
    monkeypatch.setattr(jvm, "_START_SECONDS", -4.0)
    answered = "dd bs=1 count=30 >/dev/null 2>&1; printf 'refused\\twhy\\ntrusted\\t\\n'"
    first, second, third = ask(runtime(tmp_path / "jdk", script=f"{answered}; {end}"), QUESTION, QUESTION, QUESTION)
    assert first == Answer(verdict=Verdict.REFUSED, reason="why")
    assert (second.verdict, third.verdict) == (Verdict.TRUSTED, Verdict.UNKNOWN)


def test_failure_tells_what_was_said(tmp_path: Path) -> None:
    """The end of what a failing program wrote on stderr is told, escaped."""
    script = "cat >/dev/null; printf 'no memory\\033[31m\\n' >&2; exit 1"
    (answer,) = ask(runtime(tmp_path / "jdk", script=script))
    assert "It said: no memory" in answer.reason
    assert answer.reason.isprintable()


def test_program_without_end_is_ended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A program that is not done in time is ended, and does not live on."""
    monkeypatch.setattr(jvm, "_START_SECONDS", -1.5)
    number = tmp_path / "number"
    jdk = runtime(tmp_path / "jdk", script=f"echo $$ >{number}.new; mv {number}.new {number}; exec sleep 600")
    (answer,) = ask(jdk)
    assert (answer.verdict, "not done within" in answer.reason) == (Verdict.UNKNOWN, True)
    if number.exists():
        with pytest.raises(ProcessLookupError):
            os.kill(int(number.read_text()), 0)


def test_runtime_that_is_gone_cannot_be_started(tmp_path: Path) -> None:
    """A runtime that is no longer there cannot be started, which is said."""
    jdk = Jre(home=tmp_path / "none", version="17", vendor=None, cacerts=tmp_path)
    with pytest.raises(FileError, match="cannot be started: no such file"):
        ask(jdk)

"""
From two environments to a store that trusts them: `anchorkeep trust` beside the recipe that is passed around, as whole processes.

    python -m bench.trust ARGUMENT ...

runs the program as on a machine without a JDK, so that it proves with OpenSSL alone; the recipe proves nothing.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from anchorkeep import formats
from anchorkeep.host import jvm
from bench import program

if TYPE_CHECKING:
    from anchorkeep.model.endpoint import Endpoint
    from bench.program import Cost

PASSWORD = "changeit"  # noqa: S105 (public, and protects nothing)
_BOURNE_SHELL = "/bin/sh"
_ENVIRONMENTS = ("uat", "production")
#: For each service: its certificates by s_client, one file each by csplit, and each into the store by keytool. What HOST and
#: ADDRESS are is put in.
_RECIPE = """
openssl s_client -showcerts -servername {host} -connect {address} </dev/null 2>/dev/null >chain.pem
csplit -s -z -f part- -b %02d.pem chain.pem '/-----BEGIN CERTIFICATE-----/' '{{*}}'
for part in part-*.pem; do
    grep -q 'BEGIN CERTIFICATE' "$part" || continue
    keytool -importcert -noprompt -alias "{host}-$part" -file "$part" \\
        -keystore recipe.p12 -storetype PKCS12 -storepass {password} || exit 1
done
rm -f part-*.pem
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Trusted:
    """
    What it costs to make a store that trusts two environments.

    Attributes:
        services: how many are in them.
        ours: with OpenSSL's proof.
        proved: with the proof of a JVM too, None where there is no JDK.
        recipe: by openssl, csplit and keytool, without any proof.
        imported: certificates that the recipe imported.
    """

    services: int
    ours: Cost
    proved: Cost | None
    recipe: Cost
    imported: int

    @property
    def times(self) -> float:
        """How many times faster ours is than the recipe."""
        return self.recipe.wall / self.ours.wall


def measure(rounds: int) -> Trusted:
    """Return what both cost, as medians of rounds in turn; every run makes a new store."""
    with tempfile.TemporaryDirectory() as name, _lab(Path(name)) as (endpoints, fingerprint):
        directory = Path(name)
        script = "".join(_RECIPE.format(host=item.host, address=item.target, password=PASSWORD) for item in endpoints)
        wish = ["trust", *(part for item in _ENVIRONMENTS for part in ("--env", item)), "--accept-fingerprint", fingerprint]
        wish += ["--config", str(directory / "lab" / "anchorkeep.toml"), "--store"]
        # The checkout is where the module is found, wherever the process runs.
        without_jdk = ["/usr/bin/env", "-C", str(Path.cwd()), sys.executable, "-m", "bench.trust"]
        ours, proved, recipe = [], [], []
        for number in range(rounds + 1):
            ours.append(program.run_once([*without_jdk, *wish, str(directory / f"a{number}.p12")], directory))
            proved.append(program.run_once([program.PROGRAM, *wish, str(directory / f"b{number}.p12")], directory))
            (directory / "recipe.p12").unlink(missing_ok=True)
            recipe.append(program.run_once([_BOURNE_SHELL, "-c", script], directory))
        imported = len(formats.loads((directory / "recipe.p12").read_bytes(), password=PASSWORD).entries)
        return Trusted(
            services=len(endpoints),
            ours=program.median(ours[1:]),
            proved=program.median(proved[1:]) if _has_jdk() else None,
            recipe=program.median(recipe[1:]),
            imported=imported,
        )


@contextmanager
def _lab(directory: Path) -> Iterator[tuple[tuple[Endpoint, ...], str]]:
    """Run the lab in a process of its own; yield its services and its root's fingerprint."""
    program.run_once([program.PROGRAM, "lab", "up", "--dir", "lab"], directory)
    try:
        (root,) = formats.loads((directory / "lab" / "root.pem").read_bytes()).certificates
        yield _endpoints(directory / "lab" / "anchorkeep.toml"), root.sha256.hex()
    finally:
        program.run_once([program.PROGRAM, "lab", "down", "--dir", "lab"], directory)


def _endpoints(settings: Path) -> tuple[Endpoint, ...]:
    import tomllib

    from anchorkeep.model.endpoint import Endpoint

    said = tomllib.loads(settings.read_text())["environments"]
    listed = [item for name in _ENVIRONMENTS for item in said[name]["endpoints"]]
    return tuple(Endpoint.parse(item["target"], connect=item["connect"]) for item in listed)


def _has_jdk() -> bool:
    from anchorkeep.host import jre

    return jvm.find_jdk(jre.find(None)) is not None


def _without_jdk() -> None:
    from anchorkeep.cli.main import main

    jvm.find_jdk = lambda *_, **__: None
    main()


if __name__ == "__main__":
    _without_jdk()

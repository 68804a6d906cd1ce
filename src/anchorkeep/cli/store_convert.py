"""`anchorkeep store convert` and `passwd`: the same entries in another format, for another Java, or under another password."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import click

from anchorkeep.actions import store_convert
from anchorkeep.actions import store_password as passwords
from anchorkeep.cli import options, outcome, store_change, store_options, store_password


@click.command("convert")
@store_options.PATH
@click.argument("target", type=options.PATH)
@store_options.STORETYPE
@store_options.for_java
@click.option("--drop", is_flag=True, help="Leave out entries that the new format cannot hold; they are named.")
@store_options.storepass
@store_options.other_password("deststorepass", "the new store's password")
@store_options.other_password("keypass", "the password of the private keys, where it is not the store's")
@store_options.writing
def convert(
    *,
    path: Path,
    target: Path,
    storetype: str | None,
    java: str | None,
    reproducible: bool,
    drop: bool,
    storepass_file: Path | None,
    storepass_env: str | None,
    deststorepass_file: Path | None,
    deststorepass_env: str | None,
    keypass_file: Path | None,
    keypass_env: str | None,
    dry_run: bool,
    as_json: bool,
) -> int:
    """
    Write the entries of the store at PATH to the new file TARGET, in another format or for another Java.

    Entries and contents that the new format cannot hold are named, and refused without --drop; aliases and dates that go are only
    said. Private keys are opened, and sealed as the new format seals them, under the new store's password, which is the old one's
    unless another is given.
    """
    terms = store_options.terms(dry_run=dry_run, java=java, reproducible=reproducible)
    password = store_password.for_change(path, store_password.given(storepass_file, storepass_env))
    key_password = store_password.given(keypass_file, keypass_env, option="keypass")
    with store_password.advised(password, key_password, options=("storepass", "keypass"), path=path):
        converted = store_convert.convert(
            path,
            target,
            format=store_options.format_of(target, storetype),
            password=password,
            new_password=store_password.to_be(deststorepass_file, deststorepass_env, option="deststorepass"),
            key_password=key_password,
            drop=drop,
            terms=terms,
        )
    written = replace(converted.written, notes=(*converted.written.notes, *store_options.unsaid(target, storetype)))
    store_change.tell(written, as_json=as_json, losses=converted.losses)
    return outcome.Exit.FINE


@click.command("passwd")
@store_options.PATH
@store_options.storepass
@store_options.other_password("new-storepass", "the password to be")
@store_options.writing
def passwd(
    *,
    path: Path,
    storepass_file: Path | None,
    storepass_env: str | None,
    new_storepass_file: Path | None,
    new_storepass_env: str | None,
    dry_run: bool,
    as_json: bool,
) -> int:
    """
    Give the store at PATH another password; on a terminal it is asked for, twice.

    In PKCS#12 the private keys are sealed anew under it, and nothing is written where one of them does not open. In JKS, JCEKS
    and BKS each key has a password of its own, which stays.
    """
    terms = store_options.terms(dry_run=dry_run)
    password = store_password.for_change(path, store_password.given(storepass_file, storepass_env))
    wanted = store_password.to_be(new_storepass_file, new_storepass_env, option="new-storepass")
    new_password = store_password.chosen(wanted, what="new password", option="new-storepass")
    with store_password.advised(password):
        written = passwords.change(path, new_password=new_password, password=password, terms=terms)
    store_change.tell(written, as_json=as_json)
    return outcome.Exit.FINE

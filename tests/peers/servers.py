"""
Real servers that are asked for TLS in clear: configured with a chain, run on loopback, unprivileged.

They are unpacked by tools/servers.sh, never installed. Where root runs the tests they run as nobody, since some of them refuse
root, and all of them are programs that listen.
"""

import contextlib
import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from tests.conftest import ROOT, missing
from tests.peers.pki import Presented
from tests.peers.process import await_listening, free_port

TREE = ROOT / ".tools" / "servers"
NOBODY = 65534


@dataclass(frozen=True, kw_only=True)
class Plan:
    """
    How one server is run.

    Attributes:
        command: what to run, in its directory.
        ports: where it listens, by the protocol's name.
        environment: beside what every server gets.
        prepare: commands to run before, to their end.
    """

    command: Sequence[str | Path]
    ports: Mapping[str, int]
    environment: Mapping[str, str] = field(default_factory=dict)
    prepare: Sequence[Sequence[str | Path]] = ()


def program(*names: str) -> Path:
    """Return the path of an unpacked program; without it the test is skipped, and fails under CI=true."""
    for name in names:
        if (TREE / name).is_file():
            return TREE / name
    missing(f"needs {names[-1]} unpacked below .tools/servers (tools/servers.sh)")
    raise AssertionError


@contextlib.contextmanager
def running(plan: Callable[..., Plan], presented: Presented, *, tls: bool = True) -> Iterator[Mapping[str, int]]:
    """
    Run a server that presents a chain, in a directory of its own; give its ports by protocol once all of them listen.

    Without `tls` it is configured not to speak it.
    """
    if _user() is not None and not all(place.stat().st_mode & 0o001 for place in TREE.parents):
        missing(f"needs a checkout that every user may enter, since servers do not run as root: {TREE}")
    # Not pytest's: nobody may not enter it.
    directory = Path(tempfile.mkdtemp(prefix="anchorkeep-server-"))
    try:
        presented.write(directory)
        planned = plan(directory, tls=tls)
        _hand_over(directory)
        for step in planned.prepare:
            done = subprocess.run(
                [str(part) for part in step],
                check=False,
                cwd=directory,
                env=_environment(directory, planned),
                capture_output=True,
                user=_user(),
                group=_user(),
                extra_groups=[] if _user() is not None else None,
            )
            assert done.returncode == 0, (done.stdout + done.stderr).decode(errors="replace")
        with (directory / "log").open("wb") as log:
            process = subprocess.Popen(
                [str(part) for part in planned.command],
                cwd=directory,
                env=_environment(directory, planned),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                user=_user(),
                group=_user(),
                extra_groups=[] if _user() is not None else None,
            )
        try:
            for port in planned.ports.values():
                await_listening(process, port, directory / "log")
            yield planned.ports
        finally:
            # Not killed: those with children of their own end them when they are asked to end.
            process.terminate()
            process.wait()
    finally:
        shutil.rmtree(directory, ignore_errors=True)


def dovecot(directory: Path, *, tls: bool = True) -> Plan:
    """Dovecot for IMAP, POP3, LMTP and ManageSieve."""
    ports = {name: free_port() for name in ("imap", "pop3", "lmtp", "sieve")}
    run = directory / "run"
    run.mkdir()
    # Links for the fixed strings that tools/servers.sh has made relative; Dovecot works in its base_dir.
    (run / "dovecot").symlink_to(TREE / "usr/lib/dovecot")
    (run / "doveconf").symlink_to(TREE / "usr/bin/doveconf")
    user, group = _identity()
    services = "\n".join(
        f"service {service} {{\n chroot =\n inet_listener {name} {{\n  port = {port}\n }}\n{more}}}"
        for service, name, port, more in (
            ("imap-login", "imap", ports["imap"], " inet_listener imaps {\n  port = 0\n }\n"),
            ("pop3-login", "pop3", ports["pop3"], " inet_listener pop3s {\n  port = 0\n }\n"),
            ("managesieve-login", "sieve", ports["sieve"], ""),
            ("lmtp", "lmtp", ports["lmtp"], ""),
        )
    )
    settings = f"""
base_dir = {run}
state_dir = {directory}/state
log_path = /dev/stderr
import_environment = LD_LIBRARY_PATH LD_PRELOAD NSS_WRAPPER_PASSWD NSS_WRAPPER_GROUP
protocols = imap pop3 lmtp sieve
listen = 127.0.0.1
ssl = {"yes" if tls else "no"}
ssl_cert = <{directory}/whole.pem
ssl_key = <{directory}/key.pem
ssl_dh =
default_internal_user = {user}
default_internal_group = {group}
default_login_user = {user}
passdb {{
  driver = static
  args = nopassword=y
}}
service anvil {{
  chroot =
}}
{services}
"""
    (directory / "dovecot.conf").write_text(settings, "ascii")
    conf = directory / "dovecot.conf"
    command = [program("usr/bin/doveconf"), "-f", "service=master", "-c", conf, "-m", "master"]
    start = ["-e", program("usr/sbin/dovecot"), "-F", "-c", conf]
    return Plan(command=_within(run, [*command, *start]), ports=ports)


def exim(directory: Path, *, tls: bool = True) -> Plan:
    """Exim for SMTP."""
    port = free_port()
    settings = f"""
keep_environment =
spool_directory = {directory}/spool
log_file_path = {directory}/exim-%s
local_interfaces = 127.0.0.1
daemon_smtp_ports = {port}
primary_hostname = service.test
tls_advertise_hosts = {"*" if tls else ""}
tls_certificate = {directory}/whole.pem
tls_privatekey = {directory}/key.pem
host_lookup =
acl_smtp_rcpt = deny
"""
    (directory / "exim.conf").write_text(settings, "ascii")
    return Plan(command=[program("usr/sbin/exim4"), "-C", directory / "exim.conf", "-bdf"], ports={"smtp": port})


def slapd(directory: Path, *, tls: bool = True) -> Plan:
    """OpenLDAP's slapd for LDAP."""
    port = free_port()
    settings = f"""
include {TREE}/etc/ldap/schema/core.schema
pidfile {directory}/pid
"""
    certificate = f"TLSCertificateFile {directory}/whole.pem\nTLSCertificateKeyFile {directory}/key.pem\n"
    (directory / "slapd.conf").write_text(settings + certificate * tls, "ascii")
    command = [program("usr/sbin/slapd"), "-f", directory / "slapd.conf", "-h", f"ldap://127.0.0.1:{port}", "-d", "0"]
    return Plan(command=command, ports={"ldap": port})


def prosody(directory: Path, *, tls: bool = True) -> Plan:
    """Prosody for XMPP, both sides."""
    ports = {"xmpp-client": free_port(), "xmpp-server": free_port()}
    (directory / "data").mkdir()
    settings = f"""
pidfile = "{directory}/pid"
data_path = "{directory}/data"
interfaces = {{ "127.0.0.1" }}
c2s_ports = {{ {ports["xmpp-client"]} }}
s2s_ports = {{ {ports["xmpp-server"]} }}
c2s_direct_tls_ports = {{ }}
s2s_direct_tls_ports = {{ }}
modules_enabled = {{ "saslauth", "dialback"{', "tls"' if tls else ""} }}
modules_disabled = {{ {"" if tls else '"tls"'} }}
allow_unencrypted_plain_auth = true
c2s_require_encryption = {"true" if tls else "false"}
s2s_require_encryption = {"true" if tls else "false"}
log = {{ info = "*console" }}
ssl = {{ certificate = "{directory}/whole.pem", key = "{directory}/key.pem" }}
VirtualHost "service.test"
"""
    (directory / "prosody.cfg.lua").write_text(settings, "ascii")
    source = program("usr/bin/prosody").read_text("utf-8")
    (directory / "prosody.lua").write_text(source.replace("'/usr/lib/prosody", f"'{TREE}/usr/lib/prosody"), "utf-8")
    scripts, libraries = TREE / "usr/share/lua/5.4", TREE / "usr/lib/x86_64-linux-gnu/lua/5.4"
    return Plan(
        command=[program("usr/bin/lua5.4"), "prosody.lua", "-F", "--config", directory / "prosody.cfg.lua"],
        ports=ports,
        environment={"LUA_PATH": f"{scripts}/?.lua;{scripts}/?/init.lua;;", "LUA_CPATH": f"{libraries}/?.so;;"},
    )


def vsftpd(directory: Path, *, tls: bool = True) -> Plan:
    """The Very Secure FTP Daemon."""
    port = free_port()
    settings = f"""
listen=YES
listen_address=127.0.0.1
listen_port={port}
background=NO
run_as_launching_user=YES
anonymous_enable=YES
ftp_username=nobody
anon_root={directory}
secure_chroot_dir={directory}
seccomp_sandbox=NO
ssl_enable={"YES" if tls else "NO"}
allow_anon_ssl=YES
rsa_cert_file={directory}/whole.pem
rsa_private_key_file={directory}/key.pem
"""
    (directory / "vsftpd.conf").write_text(settings.lstrip(), "ascii")
    return Plan(command=[program("usr/sbin/vsftpd"), directory / "vsftpd.conf"], ports={"ftp": port})


def xrdp(directory: Path, *, tls: bool = True) -> Plan:
    """The xrdp server for RDP."""
    port = free_port()
    # The link for the fixed string that tools/servers.sh has made relative.
    (directory / "xrdp").mkdir()
    settings = f"""
[Globals]
ini_version=1
fork=true
port=tcp://127.0.0.1:{port}
security_layer={"negotiate" if tls else "rdp"}
crypt_level=high
certificate={directory}/whole.pem
key_file={directory}/key.pem
ssl_protocols=TLSv1.2, TLSv1.3
[Logging]
LogFile={directory}/xrdp.log
LogLevel=INFO
EnableSyslog=false
[Channels]
[Xorg]
name=Xorg
lib=libxup.so
"""
    (directory / "xrdp.ini").write_text(settings.lstrip(), "ascii")
    keys = [program("usr/bin/xrdp-keygen"), "xrdp", directory / "xrdp" / "rsakeys.ini"]
    command = [program("usr/sbin/xrdp"), "-n", "-c", directory / "xrdp.ini"]
    return Plan(command=command, ports={"rdp": port}, prepare=[keys])


def mariadb(directory: Path, *, tls: bool = True) -> Plan:
    """MariaDB for MySQL's protocol, without tables of users: nobody logs in."""
    port = free_port()
    (directory / "data").mkdir()
    command = [
        *(program("usr/sbin/mariadbd"), "--no-defaults", "--skip-grant-tables", "--skip-networking=0", "--innodb=OFF"),
        *("--default-storage-engine=MyISAM", f"--datadir={directory}/data", f"--socket={directory}/socket"),
        *(f"--pid-file={directory}/pid", f"--lc-messages-dir={TREE}/usr/share/mysql", f"--port={port}"),
        "--bind-address=127.0.0.1",
    ]
    command += [f"--ssl-cert={directory}/whole.pem", f"--ssl-key={directory}/key.pem"] if tls else ["--skip-ssl"]
    return Plan(command=command, ports={"mysql": port})


def postgres(directory: Path, *, tls: bool = True) -> Plan:
    """PostgreSQL, from PATH or Debian's directory or unpacked."""
    port = free_port()
    found = shutil.which("postgres")
    unpacked = [*Path("/usr/lib/postgresql").glob("*/bin/postgres"), *TREE.glob("usr/lib/postgresql/*/bin/postgres")]
    server = Path(found).resolve() if found else next(iter(unpacked), None)
    if server is None:
        missing("needs postgres: Debian package postgresql (tools/servers.sh)")
        raise AssertionError
    data = directory / "data"
    settings = {
        "ssl": "on" if tls else "off",
        "ssl_cert_file": directory / "whole.pem",
        "ssl_key_file": directory / "key.pem",
        "listen_addresses": "127.0.0.1",
        "unix_socket_directories": "",
    }
    options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
    prepare = [server.with_name("initdb"), "-D", data, "-A", "trust", "-N", "--no-locale", "-U", "postgres"]
    return Plan(command=[server, "-D", data, "-p", str(port), *options], ports={"postgres": port}, prepare=[prepare])


def inspircd(directory: Path, *, tls: bool = True) -> Plan:
    """InspIRCd for IRC."""
    port = free_port()
    settings = f"""
<config format="xml">
<server name="irc.service.test" description="test" id="1AA" network="test">
<admin name="test" nick="test" email="test@service.test">
<bind address="127.0.0.1" port="{port}" type="clients">
<path configdir="{directory}" datadir="{directory}" logdir="{directory}" moduledir="{TREE}/usr/lib/inspircd/modules"
  runtimedir="{directory}">
<pid file="{directory}/pid">
<connect allow="*" resolvehostnames="no">
<module name="cap">
<module name="ssl_gnutls">
<sslprofile name="starttls" provider="gnutls" certfile="{directory}/whole.pem" keyfile="{directory}/key.pem">
<starttls sslprofile="starttls">
"""
    (directory / "inspircd.conf").write_text(settings + '<module name="starttls">\n' * tls, "ascii")
    command = [program("usr/sbin/inspircd"), "--nofork", f"--config={directory}/inspircd.conf"]
    return Plan(command=command, ports={"irc": port})


def nnrpd(directory: Path, *, tls: bool = True) -> Plan:
    """InterNetNews' server for readers, for NNTP, with no newsgroup in it; it serves however busy the machine is."""
    port, binaries = free_port(), TREE / "usr/lib/news/bin"
    for name in ("etc", "db", "run", "logs", "tmp", "spool/overview", "spool/articles"):
        (directory / name).mkdir(parents=True)
    for name in ("db/active", "db/newsgroups", "db/history", "spool/tradspool.map"):
        (directory / name).touch()
    user, group = _identity()
    settings = f"""
mta: "/bin/true"
organization: "test"
domain: service.test
pathhost: news.service.test
ovmethod: tradindexed
hismethod: hisv6
pathnews: {directory}
pathetc: {directory}/etc
pathdb: {directory}/db
pathrun: {directory}/run
pathspool: {directory}/spool
pathlog: {directory}/logs
pathtmp: {directory}/tmp
pathbin: {binaries}
runasuser: {user}
runasgroup: {group}
nnrpdloadlimit: 0
tlscertfile: {directory}/{"leaf.pem" if tls else "none"}
tlscafile: {directory}/rest.pem
tlskeyfile: {directory}/key.pem
"""
    (directory / "inn.conf").write_text(settings, "ascii")
    (directory / "etc/readers.conf").write_text(
        'auth a { hosts: "*" default: "a" }\naccess a { users: "a" newsgroups: "*" }\n', "ascii"
    )
    (directory / "etc/storage.conf").write_text("method tradspool { newsgroups: * class: 0 }\n", "ascii")
    command = [program("usr/lib/news/bin/nnrpd"), "-D", "-f", "-b", "127.0.0.1", "-p", str(port)]
    return Plan(
        command=command,
        ports={"nntp": port},
        environment={"INNCONF": str(directory / "inn.conf")},
        prepare=[[binaries / "makedbz", "-i", "-o"], [binaries / "makehistory", "-O", "-x"]],
    )


def _user() -> int | None:
    return NOBODY if os.geteuid() == 0 else None


def _identity() -> tuple[str, str]:
    """Return the names by which a server finds the user and group it runs as."""
    return "nobody", "nogroup"


def _hand_over(directory: Path) -> None:
    """Give a directory to the user that the server runs as, and let a server look up that user."""
    user, group = _user() or os.geteuid(), _user() or os.getegid()
    names = ("nobody", "Debian-exim")
    (directory / "passwd").write_text("".join(f"{name}:x:{user}:{group}::{directory}:/bin/sh\n" for name in names), "ascii")
    (directory / "group").write_text("".join(f"{name}:x:{group}:\n" for name in ("nogroup", "Debian-exim")), "ascii")
    (directory / "key.pem").chmod(0o600)
    if _user() is not None:
        for path in (directory, *directory.rglob("*")):
            os.chown(path, user, group, follow_symlinks=False)


def _environment(directory: Path, plan: Plan) -> dict[str, str]:
    libraries = (*TREE.glob("usr/lib/*-linux-gnu"), *TREE.glob("lib/*-linux-gnu"), *TREE.glob("usr/lib/*-linux-gnu/xrdp"))
    wrapper = next(iter(TREE.glob("usr/lib/*-linux-gnu/libnss_wrapper.so")), "")
    return {
        "PATH": os.environ["PATH"],
        "HOME": str(directory),
        "LC_ALL": "C",
        "LD_LIBRARY_PATH": ":".join(map(str, (*libraries, TREE / "usr/lib/dovecot", TREE / "usr/lib/news"))),
        "LD_PRELOAD": str(wrapper),
        "NSS_WRAPPER_PASSWD": str(directory / "passwd"),
        "NSS_WRAPPER_GROUP": str(directory / "group"),
        **plan.environment,
    }


def _within(directory: Path, command: Sequence[str | Path]) -> Sequence[str | Path]:
    """Return a command that runs in another directory."""
    return ["/bin/sh", "-c", 'cd "$0" && exec "$@"', directory, *command]

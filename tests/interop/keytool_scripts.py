"""Calls of keytool, as scripts and guides make them."""

from dataclasses import dataclass

PASSWORD = "changeit"
_P12 = f"-keystore t.p12 -storepass {PASSWORD}"
_JKS = f"-keystore t.jks -storepass {PASSWORD}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Script:
    """
    One call of keytool, as scripts and guides make it.

    Attributes:
        words: what stands behind `keytool`.
        stdin: what is piped in.
        store: the file that it may change.
    """

    words: str
    stdin: str = ""
    store: str = "t.p12"


SCRIPTS = {
    "list": Script(words=f"-list {_P12}"),
    "list-jks": Script(words=f"-list {_JKS}"),
    "list-verbose": Script(words=f"-list -v {_P12}"),
    "list-verbose-key": Script(words="-list -v -keystore app.p12 -storepass secret1"),
    "list-key": Script(words="-list -keystore app.p12 -storepass secret1"),
    "list-rfc": Script(words=f"-list -rfc {_P12}"),
    "list-rfc-key": Script(words="-list -rfc -keystore app.p12 -storepass secret1"),
    "list-alias": Script(words=f"-list {_P12} -alias root"),
    "list-alias-upper-case": Script(words=f"-list {_P12} -alias ROOT"),
    "list-alias-missing": Script(words=f"-list {_P12} -alias none"),
    "list-rfc-alias": Script(words=f"-list -rfc {_P12} -alias root"),
    "list-verbose-alias": Script(words=f"-list -v {_JKS} -alias leaf"),
    "list-without-password-jks": Script(words="-list -keystore t.jks"),
    "list-without-password-p12": Script(words="-list -keystore t.p12"),
    "list-password-typed": Script(words="-list -keystore t.p12", stdin=f"{PASSWORD}\n"),
    "list-wrong-password": Script(words="-list -keystore t.p12 -storepass wrongpw"),
    "list-wrong-password-jks": Script(words="-list -keystore t.jks -storepass wrongpw"),
    "list-password-file": Script(words="-list -keystore t.p12 -storepass:file pw"),
    "list-password-variable": Script(words="-list -keystore t.p12 -storepass:env KEYTOOL_PW"),
    "list-no-variable": Script(words="-list -keystore t.p12 -storepass:env KEYTOOL_NONE"),
    "list-no-password-file": Script(words="-list -keystore t.p12 -storepass:file none"),
    "list-no-store": Script(words="-list -keystore none -storepass changeit"),
    "list-empty-file": Script(words="-list -keystore empty -storepass changeit"),
    "list-no-keystore": Script(words="-list -keystore ca.pem -storepass changeit"),
    "list-as-jks": Script(words=f"-list -storetype JKS {_P12}"),
    "list-unknown-type": Script(words=f"-list -storetype BKS {_P12}"),
    "list-verbose-and-rfc": Script(words=f"-list -v -rfc {_P12}"),
    "list-cacerts-and-keystore": Script(words=f"-list -cacerts {_P12}"),
    "list-upper-case": Script(words=f"-LIST -KEYSTORE t.p12 -STOREPASS {PASSWORD}"),
    "list-illegal-option": Script(words=f"-list -bogus {_P12}"),
    "list-option-without-value": Script(words=f"-list {_P12} -alias"),
    "list-weak": Script(words="-list -keystore weak.p12 -storepass changeit"),
    "illegal-command": Script(words="-bogus"),
    "import-root": Script(words=f"-importcert -noprompt -alias ec {_P12} -file ec.pem"),
    "import-old-name": Script(words=f"-import -noprompt -trustcacerts -alias ec {_P12} -file ec.pem"),
    "import-der": Script(words=f"-importcert -noprompt -alias other {_P12} -file ca.der"),
    "import-into-jks": Script(words=f"-importcert -noprompt -alias EC {_JKS} -file ec.pem", store="t.jks"),
    "import-into-new-store": Script(
        words="-importcert -noprompt -alias ec -keystore new.p12 -storepass changeit -file ec.pem", store="new.p12"
    ),
    "import-into-new-jks": Script(
        words="-importcert -noprompt -alias ec -keystore new.jks -storetype JKS -storepass changeit -file ec.pem", store="new.jks"
    ),
    "import-default-alias": Script(words=f"-importcert -noprompt {_P12} -file ec.pem"),
    "import-bundle": Script(words=f"-importcert -noprompt -alias bundle {_P12} -file bundle.pem"),
    "import-stdin": Script(words=f"-importcert -noprompt -alias ec {_P12}", stdin="@ec.pem"),
    "import-answer-yes": Script(words=f"-importcert -alias ec {_P12} -file ec.pem", stdin="yes\n"),
    "import-answer-no": Script(words=f"-importcert -alias ec {_P12} -file ec.pem", stdin="no\n"),
    "import-answer-missing": Script(words=f"-importcert -alias ec {_P12} -file ec.pem"),
    "import-answer-wrong": Script(words=f"-importcert -alias ec {_P12} -file ec.pem", stdin="maybe\nyes\n"),
    "import-known-again": Script(words=f"-importcert -alias again {_P12} -file ca.pem"),
    "import-known-again-yes": Script(words=f"-importcert -alias again {_P12} -file ca.pem", stdin="y\n"),
    "import-vouched-for": Script(words=f"-importcert -alias second {_P12} -file second.pem"),
    "import-alias-taken": Script(words=f"-importcert -noprompt -alias Root {_P12} -file ec.pem"),
    "import-garbage": Script(words=f"-importcert -noprompt -alias g {_P12} -file garbage"),
    "import-pkcs7": Script(words=f"-importcert -noprompt -alias g {_P12} -file bundle.p7b"),
    "import-no-file": Script(words=f"-importcert -noprompt -alias g {_P12} -file none"),
    "import-short-password": Script(
        words="-importcert -noprompt -alias ec -keystore new.p12 -storepass abc -file ec.pem", store="new.p12"
    ),
    "import-wrong-password": Script(words="-importcert -noprompt -alias ec -keystore t.p12 -storepass wrongpw -file ec.pem"),
    "import-no-password": Script(words="-importcert -noprompt -alias ec -keystore t.p12 -file ec.pem"),
    "import-weak": Script(words=f"-importcert -noprompt -alias weak {_P12} -file weak.pem"),
    "export-der": Script(words=f"-exportcert -alias root {_P12} -file out.der", store="out.der"),
    "export-pem": Script(words=f"-exportcert -rfc -alias root {_P12} -file out.pem", store="out.pem"),
    "export-stdout": Script(words=f"-export -rfc -alias leaf {_JKS}"),
    "export-missing": Script(words=f"-exportcert -alias none {_P12}"),
    "delete": Script(words=f"-delete -alias ROOT {_P12}"),
    "delete-jks": Script(words=f"-delete -alias leaf {_JKS}", store="t.jks"),
    "delete-missing": Script(words=f"-delete -alias none {_P12}"),
    "delete-alias-typed": Script(words=f"-delete {_P12}", stdin="leaf\n"),
    "delete-no-store": Script(words="-delete -alias root -keystore none -storepass changeit"),
    "changealias": Script(words=f"-changealias -alias root -destalias Acme {_P12}"),
    "changealias-jks": Script(words=f"-changealias -alias root -destalias acme {_JKS}", store="t.jks"),
    "changealias-key": Script(
        words="-changealias -alias app -destalias web -keystore app.p12 -storepass secret1", store="app.p12"
    ),
    "changealias-taken": Script(words=f"-changealias -alias root -destalias leaf {_P12}"),
    "changealias-missing": Script(words=f"-changealias -alias none -destalias acme {_P12}"),
    "storepasswd": Script(words=f"-storepasswd {_P12} -new secret2"),
    "storepasswd-jks": Script(words=f"-storepasswd {_JKS} -new secret2", store="t.jks"),
    "storepasswd-key": Script(words="-storepasswd -keystore app.p12 -storepass secret1 -new secret2", store="app.p12"),
    "storepasswd-short": Script(words=f"-storepasswd {_P12} -new abc"),
    "storepasswd-wrong": Script(words="-storepasswd -keystore t.jks -storepass wrongpw -new secret2", store="t.jks"),
    "storepasswd-typed": Script(words=f"-storepasswd {_P12}", stdin="secret2\nsecret2\n"),
    "convert-to-jks": Script(
        words="-importkeystore -noprompt -srckeystore t.p12 -srcstorepass changeit -destkeystore new.jks -deststoretype JKS "
        "-deststorepass changeit",
        store="new.jks",
    ),
    "convert-to-pkcs12": Script(
        words="-importkeystore -srckeystore t.jks -srcstorepass changeit -destkeystore new.p12 -deststoretype PKCS12 "
        "-deststorepass changeit",
        store="new.p12",
    ),
    "convert-in-place": Script(
        words="-importkeystore -srckeystore t.jks -destkeystore t.jks -deststoretype pkcs12 -srcstorepass changeit "
        "-deststorepass changeit",
        store="t.jks",
    ),
    "convert-key": Script(
        words="-importkeystore -srckeystore app.p12 -srcstorepass secret1 -destkeystore new.jks -deststoretype JKS "
        "-deststorepass changeit",
        store="new.jks",
    ),
    "merge-one": Script(
        words="-importkeystore -srckeystore app.p12 -srcstorepass secret1 -srcalias app -destalias web -destkeystore t.p12 "
        "-deststorepass changeit"
    ),
    "merge-overwrite": Script(
        words="-importkeystore -noprompt -srckeystore t.jks -srcstorepass changeit -destkeystore t.p12 -deststorepass changeit"
    ),
    "merge-missing": Script(
        words="-importkeystore -srckeystore t.jks -srcstorepass changeit -srcalias none -destkeystore t.p12 "
        "-deststorepass changeit"
    ),
    "merge-no-source": Script(
        words="-importkeystore -srckeystore none -srcstorepass changeit -destkeystore t.p12 -deststorepass changeit"
    ),
    "merge-wrong-password": Script(
        words="-importkeystore -srckeystore app.p12 -srcstorepass wrongpw -destkeystore t.p12 -deststorepass changeit"
    ),
    "list-jks-with-key": Script(words="-list -keystore key.jks -storepass changeit"),
    "delete-beside-key": Script(words="-delete -alias root -keystore key.jks -storepass changeit", store="key.jks"),
    "print": Script(words="-printcert -file ca.pem"),
    "print-bundle": Script(words="-printcert -file bundle.pem"),
    "print-pkcs7": Script(words="-printcert -file bundle.p7b"),
    "print-rfc": Script(words="-printcert -rfc -file bundle.pem"),
    "print-stdin": Script(words="-printcert", stdin="@second.pem"),
    "print-garbage": Script(words="-printcert -file garbage"),
    "print-no-file": Script(words="-printcert -file none"),
    "print-many-extensions": Script(words="-printcert -v -file many.pem"),
    "print-weak": Script(words="-printcert -file weak.pem"),
    # As public guides write it: a Dockerfile's import; gists of wrouesnel (6240468b), ouyi (da0e7dcc), wsargent (11062326),
    # rlewkowicz (8bb2f374) and recter (8051753); a trust store for TIBCO; options before the command.
    "guide-import-der": Script(
        words="-import -trustcacerts -keystore t.jks -storepass changeit -noprompt -alias mycert -file ca.der", store="t.jks"
    ),
    "guide-options-first": Script(
        words="-keystore t.jks -storepass changeit -noprompt -trustcacerts -importcert -alias corp -file ec.pem", store="t.jks"
    ),
    "guide-password-first": Script(words="-storepass changeit -import -noprompt -alias ec -file ec.pem -keystore t.p12"),
    "guide-list-after": Script(words="-storepass changeit -list -keystore t.p12"),
    "guide-verbose-import": Script(
        words="-import -v -trustcacerts -alias exampleca -file ec.pem -keypass:env KEYTOOL_PW -storepass changeit "
        "-keystore new.jks",
        stdin="yes\n",
        store="new.jks",
    ),
    "guide-server-key": Script(
        words="-importkeystore -deststorepass changeit -destkeypass changeit -destkeystore new.jks -srckeystore app.p12 "
        "-srcstoretype PKCS12 -srcstorepass secret1 -srcalias app -destalias server-cert",
        store="new.jks",
    ),
    "guide-verbose-merge": Script(
        words="-v -importkeystore -srckeystore app.p12 -srcstoretype PKCS12 -srcstorepass secret1 -destkeystore new.jks "
        "-deststoretype JKS -deststorepass changeit",
        store="new.jks",
    ),
    "guide-trust-store": Script(
        words="-import -alias root2 -file ec.pem -keystore new.jks -storetype JKS -storepass changeit -keypass changeit "
        "-noprompt",
        store="new.jks",
    ),
}

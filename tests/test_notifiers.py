from __future__ import annotations

import dataclasses
import io
import shutil
import socket
import ssl
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from html.parser import HTMLParser
from pathlib import Path

import pytest
import test_channels
import test_slack
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session
from checks import notifiers as contract
from hypothesis import example, given, settings
from hypothesis import strategies as st

from monitor.decode import Decoder, Location, Secret
from monitor.domain import Bar, Interval, Reason, Severity, Spread
from monitor.errors import DeliveryFailed
from monitor.notifiers import KINDS, channels
from monitor.notifiers.console import Console, text
from monitor.notifiers.console import Options as ConsoleOptions
from monitor.notifiers.email import Address, Email, Options, html
from monitor.plain import clean, columns
from monitor.plugins import load, make, options_of

PASSWORD = "hunter2-very-secret"
NOON = datetime(2026, 11, 21, 3, 0, tzinfo=UTC)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Postmaster:
    """Takes mails; ``refuse`` says what a recipient is answered, ``answer`` what the mail is, and ``delay`` how long that takes."""

    def __init__(self) -> None:
        self.mails: list[tuple[list[str], EmailMessage]] = []
        self.refuse: dict[str, str] = {}
        self.answer = "250 OK"

    async def handle_RCPT(self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]) -> str:
        if address in self.refuse:
            return self.refuse[address]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        if self.answer.startswith("250"):
            mail = message_from_bytes(envelope.content or b"", policy=default)
            assert isinstance(mail, EmailMessage)
            self.mails.append((list(envelope.rcpt_tos), mail))
        return self.answer

    def got(self, box: str) -> int:
        return sum(box in boxes for boxes, _ in self.mails)


@contextmanager
def mail_server(postmaster: Postmaster, **settings: object) -> Iterator[int]:
    port = free_port()
    controller = Controller(postmaster, hostname="127.0.0.1", port=port, **settings)
    controller.start()
    try:
        yield port
    finally:
        controller.stop()


@pytest.fixture
def postmaster() -> Postmaster:
    return Postmaster()


@pytest.fixture
def port(postmaster: Postmaster) -> Iterator[int]:
    with mail_server(postmaster) as number:
        yield number


def options(port: int, *to: str, **changed: object) -> Options:
    boxes = tuple(Address.parse(box) for box in to or ("staff@example.com",))
    sender = Address.parse("한울오토 모니터 <monitor@example.com>")
    quick = Options("127.0.0.1", sender, boxes, port, "none", timeout=timedelta(seconds=5))
    return dataclasses.replace(quick, **changed)  # type: ignore[arg-type]


def mailer(port: int, *to: str, **changed: object) -> Email:
    return Email(options(port, *to, **changed), clock=lambda: NOON)


class Reading(HTMLParser):
    """What a mail program would show and follow."""

    def __init__(self, source: str) -> None:
        super().__init__()
        self.words: list[str] = []
        self.links: list[str] = []
        self.tags: set[str] = set()
        self._mute = False
        self.feed(source)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self._mute = tag in ("title", "style")
        assert not [name for name, _ in attrs if name.startswith("on")]
        self.links += [value or "" for name, value in attrs if name in ("href", "src")]

    def handle_data(self, data: str) -> None:
        if not self._mute:
            self.words.append(data)


def rendered(mail: EmailMessage) -> str:
    """Header, text and the visible words of the HTML part, as a reader sees them."""
    plain, page = mail.get_body(("plain",)), mail.get_body(("html",))
    assert plain is not None and page is not None
    reading = Reading(page.get_content())
    assert reading.tags <= {
        "html",
        "head",
        "meta",
        "title",
        "style",
        "body",
        "div",
        "table",
        "tr",
        "td",
        "p",
        "h2",
        "span",
        "a",
        "br",
        "img",
    }
    assert all(link.startswith(("https://", "http://", "cid:")) for link in reading.links)
    assert "<script" not in page.get_content()
    return "\n".join([mail["Subject"], plain.get_content(), *reading.words]).replace("\r\n", "\n")


# ---- the contract, for every kind


@contextmanager
def console_rig() -> Iterator[contract.Rig]:
    stream = io.StringIO()
    closed = io.StringIO()
    closed.close()
    made: list[int] = []

    class Marking(Console):
        def send(self, message: object, previous: str | None = None) -> None:
            made.append(stream.tell())
            super().send(message, previous)  # type: ignore[arg-type]

    def arrived() -> list[str]:
        whole = stream.getvalue()
        return [whole[start:end] for start, end in zip(made, [*made[1:], len(whole)], strict=False)]

    yield contract.Rig(lambda: Marking(ConsoleOptions(width=80), stream), arrived, lambda: Console(ConsoleOptions(), closed))


@contextmanager
def email_rig() -> Iterator[contract.Rig]:
    postmaster = Postmaster()
    with mail_server(postmaster) as port:
        dead = mailer(free_port(), username="monitor", password=Secret(PASSWORD))
        yield contract.Rig(lambda: mailer(port), lambda: [rendered(mail) for _, mail in postmaster.mails], lambda: dead, PASSWORD)


RIGS = {
    "console": console_rig,
    "email": email_rig,
    "slack": test_slack.bot_rig,
    "slack_webhook": test_slack.webhook_rig,
    **test_channels.RIGS,
}


def test_every_kind_has_a_rig() -> None:
    assert RIGS.keys() == KINDS.keys()


@pytest.mark.parametrize("kind", sorted(KINDS))
@pytest.mark.parametrize("check", contract.CHECKS, ids=lambda check: check.__name__)
def test_contract(kind: str, check: object) -> None:
    with RIGS[kind]() as rig:
        check(rig)  # type: ignore[operator]


# ---- console


def test_console_lines_fit_the_width() -> None:
    for width in (40, 60, 80, 100):
        shown = text(contract.message(), width=width)
        assert max(columns(line) for line in shown.splitlines() if "https://" not in line) <= width


def test_console_is_coloured_only_for_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("TERM", "xterm")
    shown = {}
    for name, stream, colour in (
        ("pipe", io.StringIO(), "auto"),
        ("tty", Terminal(), "auto"),
        ("forced", io.StringIO(), "always"),
        ("never", Terminal(), "never"),
    ):
        Console(ConsoleOptions(colour=colour), stream).send(contract.message())
        shown[name] = "\x1b[" in stream.getvalue()
    assert shown == {"pipe": False, "tty": True, "forced": True, "never": False}
    monkeypatch.setenv("NO_COLOR", "1")
    stream = Terminal()
    Console(ConsoleOptions(), stream).send(contract.message())
    assert "\x1b" not in stream.getvalue()


def test_console_survives_an_encoding_without_korean(tmp_path: Path) -> None:
    log = tmp_path / "alerts.log"
    with log.open("w", encoding="ascii") as stream:
        Console(ConsoleOptions(), stream).send(contract.message())
    assert "6,000" in log.read_text(encoding="ascii")


@pytest.mark.parametrize("closed", [True, False])
def test_console_without_a_stream_fails_as_a_channel_does(monkeypatch: pytest.MonkeyPatch, closed: bool) -> None:
    stream = io.StringIO() if closed else None
    if stream is not None:
        stream.close()
    monkeypatch.setattr(sys, "stdout", stream)
    with pytest.raises(DeliveryFailed, match="console"):
        Console().send(contract.message())


def test_console_bar_shows_where_the_threshold_is() -> None:
    def bar(low: float, high: float) -> str:
        spread = Spread(6000, "기준", "", (Bar("지금", "값", Interval(low, low, high)),))
        line = next(line for line in text(contract.message(spread=spread), width=80).splitlines() if "값" in line)
        return line.split()[1]

    assert bar(0, 0) == "············┃···········"
    assert bar(3000, 6000) == "██████▒▒▒▒▒▒┃···········"
    assert bar(6000, 90_000) == "████████████┃▒▒▒▒▒▒▒▒▒▒▶"
    assert bar(1e9, 1e10) == "████████████┃██████████▶"


# ---- mail: form


def test_mail_has_text_and_html_and_the_headers_of_an_automatic_message(postmaster: Postmaster, port: int) -> None:
    mailer(port).send(contract.message(), None)
    ((boxes, mail),) = postmaster.mails
    assert boxes == ["staff@example.com"]
    assert mail["Subject"] == contract.message().subject
    assert str(mail["From"]) == "한울오토 모니터 <monitor@example.com>"
    assert mail["To"] == "staff@example.com"
    assert mail["Date"].datetime == NOON
    assert mail["Auto-Submitted"] == "auto-generated"
    assert mail["X-Auto-Response-Suppress"] == "All"
    assert mail["Importance"] == "high"
    assert mail.get_content_type() == "multipart/alternative"
    assert [part.get_content_type() for part in mail.iter_parts()] == ["text/plain", "text/html"]
    assert "In-Reply-To" not in mail


@settings(max_examples=40)
@given(st.text(min_size=1, max_size=150))
@example("[심각] 한울오토 배송 지연: 14명 불만, 약 3시간 20분 뒤 6,000명 도달 예상(가능성 62%)")
@example("가 " * 70)
def test_any_subject_arrives_as_it_was_cleaned(subject: str) -> None:
    raw = mailer(1).mail(contract.message(subject=subject), None).as_bytes()
    head = raw.partition(b"\r\n\r\n")[0]
    assert max(map(len, head.split(b"\r\n"))) <= 120
    assert message_from_bytes(raw, policy=default)["Subject"] == clean(subject, 200)


def test_mails_of_an_incident_form_a_thread(postmaster: Postmaster, port: int) -> None:
    notifier = mailer(port)
    first = notifier.send(contract.message(), None)
    second = notifier.send(contract.message(dedup_key="b"), first)
    notifier.send(contract.message(dedup_key="c"), second)
    one, two, three = (mail for _, mail in postmaster.mails)
    assert two["In-Reply-To"] == two["References"] == one["Message-ID"]
    assert three["In-Reply-To"] == two["Message-ID"]
    assert three["References"].split() == [one["Message-ID"], two["Message-ID"]]


def test_the_same_message_has_the_same_id_and_no_other_has() -> None:
    notifier = mailer(1)
    ids = {
        notifier.mail(message, None)["Message-ID"]
        for message in (contract.message(), contract.message(), contract.message(dedup_key="b"), contract.message(language="en"))
    }
    assert len(ids) == 3


def test_headers_hold_no_line_breaks_and_no_smuggled_handle() -> None:
    raw = mailer(1).mail(contract.hostile(), "<ok@example.com>\r\nBcc: victim@example.com <x@y>\r\n\r\nbody").as_bytes()
    head = raw.partition(b"\r\n\r\n")[0]
    assert b"Bcc" not in head.replace(b"\r\n ", b" ") or b"\r\nBcc" not in head
    names = [line.split(b":")[0] for line in head.split(b"\r\n") if line and not line.startswith((b" ", b"\t"))]
    assert sorted(names) == sorted(set(names))
    assert set(names) <= {
        *(b"From", b"To", b"Subject", b"Date", b"Message-ID", b"In-Reply-To", b"References", b"Auto-Submitted"),
        *(b"X-Auto-Response-Suppress", b"Precedence", b"Content-Language", b"Importance", b"MIME-Version", b"Content-Type"),
    }
    assert max(len(line) for line in raw.split(b"\r\n")) <= 998


def test_picture_travels_inside_the_mail(postmaster: Postmaster, port: int) -> None:
    mailer(port).send(contract.message(picture=b"\x89PNG\r\n\x1a\n" + bytes(50)), None)
    ((_, mail),) = postmaster.mails
    page = mail.get_body(("html",))
    picture = next(part for part in mail.walk() if part.get_content_type() == "image/png")
    assert page is not None and 'src="cid:picture"' in page.get_content()
    assert picture["Content-ID"] == "<picture>" and picture.get_content().startswith(b"\x89PNG")


def test_html_escapes_posts_and_links_only_web_addresses() -> None:
    page = html(contract.hostile())
    assert "<script" not in page and "<img" not in page and "\x1b" not in page and "\u202e" not in page
    assert Reading(page).links == []
    good = Reading(html(contract.message()))
    assert good.links == ["https://example.com/status/1?a=1&b=2"]


@pytest.mark.parametrize("reason", [None, *Reason])
@pytest.mark.parametrize("severity", list(Severity))
def test_html_is_well_formed_for_every_severity_and_reason(severity: Severity, reason: Reason | None) -> None:
    page = html(contract.message(severity=severity, reason=reason, language="en"))
    for tag in ("table", "tr", "td", "p", "a", "span", "h2", "div"):
        assert page.count(f"<{tag} ") + page.count(f"<{tag}>") == page.count(f"</{tag}>") + (
            page.count(f"</{tag}><![endif]") - page.count(f"<!--[if mso]><{tag} ") if tag == "table" else 0
        )


def test_html_needs_nothing_from_outside() -> None:
    page = html(contract.message(quotes=()))
    assert "http" not in page.replace('xmlns="http://www.w3.org/1999/xhtml"', "")


# ---- mail: a server's answers


def test_a_refused_recipient_does_not_make_the_others_get_it_twice(postmaster: Postmaster, port: int) -> None:
    notifier = mailer(port, "a@example.com", "b@example.com", "c@example.com")
    postmaster.refuse = {"b@example.com": "451 try later"}
    with pytest.raises(DeliveryFailed, match=r"accepted for 2 of 3 recipients; refused: b@example.com: 451 try later") as failure:
        notifier.send(contract.message(), None)
    assert not failure.value.permanent
    postmaster.refuse = {}
    assert notifier.send(contract.message(), None)
    assert [postmaster.got(f"{box}@example.com") for box in "abc"] == [1, 1, 1]
    notifier.send(contract.message(), None)
    assert [postmaster.got(f"{box}@example.com") for box in "abc"] == [2, 2, 2]


def test_a_recipient_refused_for_good_is_told_after_the_others_have_it(postmaster: Postmaster, port: int) -> None:
    notifier = mailer(port, "a@example.com", "b@example.com", "c@example.com")
    postmaster.refuse = {"b@example.com": "550 no such user", "c@example.com": "450 full"}
    with pytest.raises(DeliveryFailed) as failure:
        notifier.send(contract.message(), None)
    assert not failure.value.permanent
    postmaster.refuse = {"b@example.com": "550 no such user"}
    with pytest.raises(DeliveryFailed, match=r"accepted for 2 of 3 recipients; refused: b@example\.com: 550") as failure:
        notifier.send(contract.message(), None)
    assert failure.value.permanent
    assert [postmaster.got(f"{box}@example.com") for box in "abc"] == [1, 0, 1]


def test_each_address_is_a_channel_of_its_own(postmaster: Postmaster, port: int) -> None:
    whole = mailer(port, "Ops <a@example.com>", "b@example.com")
    parts = channels("email", whole)
    assert list(parts) == ["email:a@example.com", "email:b@example.com"]
    postmaster.refuse = {"b@example.com": "550 no"}
    parts["email:a@example.com"].send(contract.message(), None)
    with pytest.raises(DeliveryFailed) as failure:
        parts["email:b@example.com"].send(contract.message(), None)
    assert failure.value.permanent
    ((boxes, mail),) = postmaster.mails
    assert boxes == ["a@example.com"] and mail["To"] == "Ops <a@example.com>"
    console = Console()
    assert channels("console", console) == {"console": console}


@pytest.mark.parametrize(("answer", "permanent"), [("451 busy", False), ("552 too large", True), ("554 spam", True)])
def test_a_refused_mail_is_our_error(postmaster: Postmaster, port: int, answer: str, permanent: bool) -> None:
    postmaster.answer = answer
    with pytest.raises(DeliveryFailed, match=answer) as failure:
        mailer(port).send(contract.message(), None)
    assert failure.value.permanent is permanent


def scripted(*answers: bytes | None) -> tuple[int, threading.Thread]:
    """A server that says ``answers`` one after the other, whatever it hears; None: it says nothing more."""
    listener = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        connection, _ = listener.accept()
        with connection, listener:
            for answer in answers:
                if answer is None:
                    time.sleep(1)
                    return
                with suppress(OSError):
                    connection.sendall(answer + b"\r\n")
                    connection.recv(65536)

    thread = threading.Thread(target=serve)
    thread.start()
    return listener.getsockname()[1], thread


@pytest.mark.parametrize(
    ("answers", "permanent"),
    [
        ((None,), False),
        ((b"",), False),
        ((b"421 too busy",), False),
        ((b"554 go away",), True),
        ((b"HTTP/1.1 400 Bad Request",), False),
        ((b"\xff\xfe\x00garbage",), False),
        ((b"220 hi", b"250 ok", b"451 \x1b[31mgreylisted"), False),
        ((b"220 hi", b"250 ok", b"250 ok", b"421 closing"), False),
        ((b"220 hi", b"250 ok", b"250 ok", b"250 ok", b"354 go", None), False),
    ],
)
def test_broken_servers_are_our_error(answers: tuple[bytes | None, ...], permanent: bool) -> None:
    port, thread = scripted(*answers)
    with pytest.raises(DeliveryFailed) as failure:
        mailer(port, "a@example.com", "b@example.com", timeout=timedelta(seconds=0.3)).send(contract.message(), None)
    assert failure.value.permanent is permanent
    assert "\x1b" not in str(failure.value)
    thread.join()


def test_an_answer_lost_at_goodbye_is_no_failure() -> None:
    port, thread = scripted(b"220 hi", b"250 ok", b"250 ok", b"250 ok", b"354 go", b"250 taken")
    assert mailer(port, timeout=timedelta(seconds=2)).send(contract.message(), None)
    thread.join()


def test_a_server_that_hangs_up_after_the_first_recipient_has_taken_nothing() -> None:
    port, thread = scripted(b"220 hi", b"250 ok", b"250 ok", b"250 first", b"421 second: shutting down")
    with pytest.raises(DeliveryFailed, match="accepted for 0 of 2") as failure:
        mailer(port, "a@example.com", "b@example.com", timeout=timedelta(seconds=2)).send(contract.message(), None)
    assert not failure.value.permanent
    thread.join()


# ---- mail: TLS and passwords


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    openssl = shutil.which("openssl")
    if openssl is None:
        pytest.skip("no openssl to make a certificate")
    folder = tmp_path_factory.mktemp("tls")
    request = [
        "req",
        "-x509",
        "-newkey",
        "ec",
        "-pkeyopt",
        "ec_paramgen_curve:prime256v1",
        "-nodes",
        "-days",
        "2",
        "-subj",
        "/CN=127.0.0.1",
    ]
    files = ["-addext", "subjectAltName=IP:127.0.0.1", "-keyout", str(folder / "key.pem"), "-out", str(folder / "cert.pem")]
    subprocess.run([openssl, *request, *files], check=True, capture_output=True)
    return folder


def tls(folder: Path) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "cert.pem", folder / "key.pem")
    return context


def login(server: SMTP, session: Session, envelope: Envelope, mechanism: str, data: object) -> AuthResult:
    right = isinstance(data, LoginPassword) and data.password == PASSWORD.encode()
    return AuthResult(success=right, handled=False, message=None if right else f"535 5.7.8 not {PASSWORD}")


@pytest.mark.parametrize("security", ["starttls", "tls"])
def test_password_over_tls(postmaster: Postmaster, certificate: Path, security: str) -> None:
    server: dict[str, object] = {"authenticator": login}
    if security == "starttls":
        server |= {"tls_context": tls(certificate), "require_starttls": True, "auth_required": True}
    else:
        server |= {"ssl_context": tls(certificate), "auth_require_tls": False}
    trusted = Location(certificate / "cert.pem")
    with mail_server(postmaster, **server) as port:
        right = mailer(port, security=security, username="monitor", password=Secret(PASSWORD), ca_file=trusted)
        assert right.send(contract.message(), None)
        wrong = mailer(port, security=security, username="monitor", password=Secret("wrong"), ca_file=trusted)
        with pytest.raises(DeliveryFailed, match="refuses username or password: 535") as failure:
            wrong.send(contract.message(), None)
        assert failure.value.permanent
        stranger = mailer(port, security=security, username="monitor", password=Secret(PASSWORD))
        with pytest.raises(DeliveryFailed, match="CERTIFICATE_VERIFY_FAILED"):
            stranger.send(contract.message(), None)
    assert len(postmaster.mails) == 1


def test_a_server_that_echoes_the_password_does_not_get_it_into_our_error() -> None:
    port, thread = scripted(b"220 hi", b"250-hi\r\n250 AUTH PLAIN", b"235 ok", f"550 you said {PASSWORD}".encode(), b"250 ok", b"221 bye")
    with pytest.raises(DeliveryFailed, match=r"you said \*\*\*") as failure:
        mailer(port, password=Secret(PASSWORD), username="monitor").send(contract.message(), None)
    thread.join()
    assert PASSWORD not in repr(failure.value)


def test_no_starttls_no_mail(postmaster: Postmaster, port: int) -> None:
    with pytest.raises(DeliveryFailed) as failure:
        mailer(port, security="starttls").send(contract.message(), None)
    assert failure.value.permanent and postmaster.mails == []


# ---- mail: options


def test_options_from_a_table(tmp_path: Path) -> None:
    cls = load(KINDS, "email")
    decoder = Decoder({"SMTP_PASSWORD": PASSWORD}, tmp_path)
    table = {
        "host": "smtp.example.com",
        "sender": "한울오토 <monitor@example.com>",
        "to": ["ops@example.com", '"Kim, Ops" <kim@example.com>'],
        "username": "monitor",
        "password": {"env": "SMTP_PASSWORD"},
        "timeout": "10s",
    }
    decoded = decoder.table(options_of(cls), table)
    assert decoder.problems == []
    made = make(cls, decoded, name="email")
    assert PASSWORD not in repr(made) + repr(decoded) + str(decoded)
    assert [to.box for to in made.options.to] == ["ops@example.com", "kim@example.com"]


@pytest.mark.parametrize(
    ("key", "value", "told"),
    [
        ("to", ["nobody"], "e-mail address"),
        ("to", ["a@example.com\r\nBcc: b@example.com"], "e-mail address"),
        ("to", [], "at least one address"),
        ("password", PASSWORD, "secret"),
        ("security", "ssl", "starttls"),
        ("port", 70000, "65535"),
        ("username", "monitor", "together"),
        ("timeout", 20, "duration"),
    ],
)
def test_wrong_options_are_told(tmp_path: Path, key: str, value: object, told: str) -> None:
    decoder = Decoder({}, tmp_path)
    decoder.table(Options, {"host": "h", "sender": "a@example.com", "to": ["b@example.com"], key: value})
    said = " ".join(map(str, decoder.problems))
    assert told in said and PASSWORD not in said


def test_a_password_is_not_sent_in_clear(tmp_path: Path) -> None:
    decoder = Decoder({"P": PASSWORD}, tmp_path)
    table = {"host": "mail.example.com", "sender": "a@example.com", "to": ["b@example.com"], "security": "none"}
    decoder.table(Options, {**table, "username": "u", "password": {"env": "P"}})
    assert "security" in str(decoder.problems[0]) and PASSWORD not in str(decoder.problems)

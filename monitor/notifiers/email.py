"""Alerts by mail: text and HTML in one message, threaded for each incident, over SMTP with TLS."""

from __future__ import annotations

import hashlib
import re
import smtplib
import socket
import ssl
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from email import headerregistry
from email.header import Header
from email.message import EmailMessage
from email.policy import SMTP, EmailPolicy
from email.utils import format_datetime, parseaddr
from typing import Annotated, Literal

from monitor.decode import Between, Location, Secret
from monitor.domain import Message, Severity
from monitor.errors import DeliveryFailed
from monitor.notifiers import layout
from monitor.notifiers.html import html
from monitor.plain import clean
from monitor.signing import IN_LINKS, Links, mailto

__all__ = ["Address", "Email", "Options", "html"]

_MAILBOX = re.compile(r"[^\s@<>()\[\]\\,;:\"]{1,64}@[^\s@<>()\[\]\\,;:\"]{1,253}")
_MESSAGE_ID = re.compile(r"<[^<>\s@]{1,200}@[^<>\s@]{1,253}>")
_LOOPBACK = ("localhost", "127.0.0.1", "::1")
_REMEMBERED = 200
Answer = tuple[int, str]
_TAKEN: Answer = (250, "")
_WIDTH = 76


class _Mail(EmailPolicy):
    """Folds subjects by the older encoder: the newer one drops spaces where it folds between Korean words."""

    def fold(self, name: str, value: str) -> str:
        if name.lower() != "subject":
            return str(super().fold(name, value))
        folded = Header(str(value), "utf-8", header_name=name).encode(linesep=self.linesep)
        return f"{name}: {folded}{self.linesep}"

    def fold_binary(self, name: str, value: str) -> bytes:
        return self.fold(name, value).encode("ascii") if name.lower() == "subject" else bytes(super().fold_binary(name, value))


_POLICY = _Mail(linesep=SMTP.linesep)


class Address:
    """A mailbox: ``box`` is name@example.com, ``str()`` is as it stands in a header, with the person's name if there is one."""

    example = "e-mail address"
    __slots__ = ("_shown", "box")

    def __init__(self, box: str, name: str = ""):
        self.box = box
        self._shown = str(headerregistry.Address(name, addr_spec=box))

    @classmethod
    def parse(cls, text: str) -> Address:
        """Read ``name@example.com`` or ``Name <name@example.com>``; raises ValueError for anything else."""
        name, box = parseaddr(text)
        if clean(text) != text or not _MAILBOX.fullmatch(box):
            raise ValueError("an e-mail address is name@example.com or Name <name@example.com>")
        return cls(box, name)

    def __str__(self) -> str:
        return self._shown

    def __repr__(self) -> str:
        return f"Address({self._shown!r})"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Address) and other._shown == self._shown

    def __hash__(self) -> int:
        return hash(self._shown)


@dataclass(frozen=True, slots=True)
class Options:
    """``host``, ``port`` and ``security`` of the mail server, ``sender``, and ``to``: the addresses, each of which gets a mail of its own.

    ``security``: "starttls" (usually port 587), "tls" (465) or "none" (a relay in your own network; no password goes over it).
    ``ca_file`` holds the certificates of your own authority, if the server's comes from there. ``timeout`` bounds each wait.
    """

    host: str
    sender: Address
    to: tuple[Address, ...]
    port: Annotated[int, Between(1, 65535)] = 587
    security: Literal["starttls", "tls", "none"] = "starttls"
    username: str | None = None
    password: Secret | None = None
    ca_file: Location | None = None
    timeout: timedelta = timedelta(seconds=10)

    def __post_init__(self) -> None:
        problems = []
        if not self.to:
            problems.append("to must name at least one address")
        if (self.username is None) != (self.password is None):
            problems.append("password must be given together with username")
        if self.password is not None and self.security == "none" and self.host not in _LOOPBACK:
            problems.append('security must be "starttls" or "tls" where a password is sent')
        if problems:
            raise ValueError("; ".join(problems))


class Email:
    """Sends messages to ``options.to``; ``clock`` dates the mails; ``links`` writes what staff may click, where [web] is configured.

    ``subscriber``: the mails go to somebody who asked for them, and tell how to stop them.

    Where there are several addresses, ``channels`` gives one notifier for each, so that each has its own row in the outbox: if a server
    takes two of three, only the third is tried again, also after a restart. ``send`` on the whole remembers, while it lives, who has got
    a message that others have not, and tries only those again.
    """

    pictures = True

    def __init__(
        self, options: Options, clock: Callable[[], datetime] | None = None, links: Links | None = None, *, subscriber: bool = False
    ):
        self.options = options
        self._links = links
        self._subscriber = subscriber
        self._clock = clock or (lambda: datetime.now(UTC))
        self._answers: dict[str, dict[str, Answer]] = {}

    def __repr__(self) -> str:
        return f"Email({', '.join(map(str, self.options.to))} via {self.options.host}:{self.options.port})"

    def channels(self) -> Mapping[str, Email]:
        """One notifier for each address, by address."""
        return {to.box: Email(replace(self.options, to=(to,)), self._clock, self._links) for to in self.options.to}

    def readdressed(self, address: str) -> Email:
        """One that writes to a subscriber alone. Raises ``DeliveryFailed`` for what is no address."""
        try:
            to = (Address.parse(address),)
            return Email(replace(self.options, to=to), self._clock, self._links, subscriber=True)
        except ValueError as error:
            raise DeliveryFailed(str(error), permanent=True) from None

    def send(self, message: Message, previous: str | None = None) -> str:
        """Mail ``message``; returns the Message-IDs of the thread's first mail and of this one.

        Raises ``DeliveryFailed``, permanent where the server refuses for good. The same message always has the same Message-ID, so a mail
        that was accepted just before the line broke is recognised as a duplicate by many mail programs.
        """
        mail = self.mail(message, previous)
        answers = self._answers.pop(message.dedup_key, {})
        waiting = [to.box for to in self.options.to if to.box not in answers]
        refused = self._hand_over(mail, waiting, self.mail(replace(message, picture=None), previous) if message.picture else mail)
        answers |= {box: refused.get(box, _TAKEN) for box in waiting}
        self._tell_refusals(message, answers)
        return " ".join(dict.fromkeys([*_ids(previous)[:1], mail["Message-ID"]]))

    def probe(self) -> None:
        """Connect and sign in, send nothing. Raises ``DeliveryFailed``."""
        try:
            with closing(self._connect()) as server, suppress(OSError, smtplib.SMTPException):
                server.quit()
        except (smtplib.SMTPException, OSError, UnicodeError) as error:
            raise self._failure(error) from None

    def _tell_refusals(self, message: Message, answers: dict[str, Answer]) -> None:
        refused = {box: answer for box, answer in answers.items() if answer != _TAKEN}
        if not refused:
            return
        settled = {box: answer for box, answer in answers.items() if not 400 <= answer[0] < 500}
        if len(settled) < len(answers):
            self._answers[message.dedup_key] = settled
            while len(self._answers) > _REMEMBERED:
                del self._answers[next(iter(self._answers))]
        told = "; ".join(f"{box}: {code} {text}" for box, (code, text) in refused.items())
        why = f"accepted for {len(answers) - len(refused)} of {len(answers)} recipients; refused: {told}"
        raise DeliveryFailed(self._safe(why), permanent=len(settled) == len(answers))

    def mail(self, message: Message, previous: str | None = None) -> EmailMessage:
        """Return the mail that ``send`` hands to the server."""
        mail = EmailMessage(policy=_POLICY)
        domain = self.options.sender.box.rpartition("@")[2]
        mail["From"] = str(self.options.sender)
        mail["To"] = ", ".join(map(str, self.options.to))
        mail["Subject"] = clean(message.subject, 200)
        mail["Date"] = format_datetime(self._clock())
        mail["Message-ID"] = f"<{_fingerprint(message)}.{_atom(message.thread)}@{_atom(domain)}>"
        thread = _ids(previous)
        if thread:
            mail["In-Reply-To"] = thread[-1]
            mail["References"] = " ".join(thread)
        mail["Auto-Submitted"] = "auto-generated"
        mail["X-Auto-Response-Suppress"] = "All"
        mail["Precedence"] = "bulk"
        mail["Content-Language"] = _atom(message.language)
        if message.severity is Severity.CRITICAL:
            mail["Importance"] = "high"
        acts, parting = self._acts(message), self._parting(mail, message)
        text = [line.rstrip() for line in layout.lines(message, _WIDTH)]
        text += ["", *(f"{label}: {url}" for label, url in (*acts, *parting))] if acts or parting else []
        mail.set_content("\n".join(text) + "\n", cte="base64")
        page = html(message, "cid:picture" if message.picture else None, acts=acts, parting=parting)
        mail.add_alternative(page, subtype="html", cte="base64")
        if message.picture:
            mail.get_payload()[1].add_related(message.picture, "image", "png", cid="<picture>", disposition="inline")  # type: ignore[index, union-attr]
        return mail

    def _acts(self, message: Message) -> Sequence[tuple[str, str]]:
        """What the reader may do by a click, and the address for it; a subscriber only reads, and a mail to several has no doer."""
        if self._links is None or self._subscriber or len(self.options.to) != 1:
            return ()
        box, mail, now = self.options.to[0].box, _fingerprint(message), self._clock()
        return [
            (button.label, self._links.act(button.action, int(button.value), box, mail, now))
            for button in message.buttons
            if button.action in IN_LINKS and button.value.isdecimal()
        ]

    def _parting(self, mail: EmailMessage, message: Message) -> Sequence[tuple[str, str]]:
        """How a subscriber gets no more mails: told to the mail program (RFC 8058 where [web] is configured) and in the text."""
        if not self._subscriber:
            return ()
        box = self.options.to[0].box
        ways = [mailto(self.options.sender.box, box)]
        if self._links is not None:
            ways.insert(0, self._links.unsubscribe(box))
            mail["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
        mail["List-Unsubscribe"] = ", ".join(f"<{way}>" for way in ways)
        return [(clean(message.headings.get("unsubscribe", "") or "Unsubscribe", 80), ways[0])]

    def _hand_over(self, mail: EmailMessage, boxes: list[str], spare: EmailMessage) -> dict[str, Answer]:
        """Give ``mail`` to the server for ``boxes``; returns whom it refused, with its words. Once it has said yes, nothing can fail.

        A server that says it takes less gets ``spare``, the same without its picture.
        """
        try:
            server = self._connect()
            with closing(server):
                refused = _sent(server, spare if _too_long(server, mail) else mail, self.options.sender.box, boxes)
                with suppress(OSError, smtplib.SMTPException):
                    server.quit()
                return refused
        except (smtplib.SMTPException, OSError, UnicodeError) as error:
            raise self._failure(error) from None

    def _connect(self) -> smtplib.SMTP:
        options, wait = self.options, self.options.timeout.total_seconds()
        trust = ssl.create_default_context(cafile=options.ca_file) if options.security != "none" else None
        server: smtplib.SMTP
        if options.security == "tls":
            server = smtplib.SMTP_SSL(options.host, options.port, _greeting(), timeout=wait, context=trust)
        else:
            server = smtplib.SMTP(options.host, options.port, _greeting(), timeout=wait)
        try:
            if options.security == "starttls":
                server.starttls(context=trust)
            if options.username is not None and options.password is not None:
                server.login(options.username, options.password.reveal())
        except BaseException:
            server.close()
            raise
        return server

    def _failure(self, error: Exception) -> DeliveryFailed:
        """Say what went wrong without secrets: a server may echo what it was sent."""
        where = f"{self.options.host}:{self.options.port}"
        if isinstance(error, smtplib.SMTPResponseException):
            what = "refuses username or password" if isinstance(error, smtplib.SMTPAuthenticationError) else "refuses"
            why = f"{where} {what}: {error.smtp_code} {_words(error.smtp_error)}"
            return DeliveryFailed(self._safe(why), permanent=error.smtp_code >= 500)
        lasting = isinstance(error, smtplib.SMTPNotSupportedError | UnicodeError)
        return DeliveryFailed(self._safe(f"{where}: {type(error).__name__}: {error}"), permanent=lasting)

    def _safe(self, text: str) -> str:
        password = self.options.password
        return clean(text.replace(password.reveal(), "***") if password is not None else text, 500)


def _sent(server: smtplib.SMTP, mail: EmailMessage, sender: str, boxes: list[str]) -> dict[str, Answer]:
    try:
        refused = server.send_message(mail, sender, boxes)
    except smtplib.SMTPRecipientsRefused as error:  # nobody got it, also those the server had not yet refused when it hung up
        refused = {box: error.recipients.get(box, (421, b"not tried")) for box in boxes}
    return {box: (code, _words(text)) for box, (code, text) in refused.items()}


def _too_long(server: smtplib.SMTP, mail: EmailMessage) -> bool:
    """Whether the server says (RFC 1870) that it takes no mail of this length."""
    server.ehlo_or_helo_if_needed()
    limit = server.esmtp_features.get("size", "")
    return limit.isdecimal() and 0 < int(limit) < len(mail.as_bytes())


def _greeting() -> str:
    """The name we give to a server: this machine's, if it has a full one; never asks the network as smtplib would."""
    name = socket.gethostname()
    return name if re.fullmatch(r"[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+", name) else "[127.0.0.1]"


def _words(text: bytes | str) -> str:
    return clean(text.decode("utf-8", "replace") if isinstance(text, bytes) else str(text), 200)


def _ids(previous: str | None) -> list[str]:
    """The Message-IDs in a handle; anything else in it is ignored, so no header can be smuggled in."""
    return list(dict.fromkeys(_MESSAGE_ID.findall(previous or "")))


def _fingerprint(message: Message) -> str:
    return hashlib.sha256(f"{message.dedup_key}|{message.language}".encode(errors="replace")).hexdigest()[:20]


def _atom(text: str) -> str:
    return re.sub(r"[^A-Za-z0-9.-]+", "-", text).strip(".-")[:80] or "local"

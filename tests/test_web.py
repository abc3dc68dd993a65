from __future__ import annotations

import dataclasses
import json
import logging
import re
import socket
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import requests
import storing
from checks import notifiers as contract
from platforms.stub import Clock

from monitor import config, signing
from monitor.config.sections import Web
from monitor.decode import Secret
from monitor.domain import Action, Button, Status, Subscriber, When
from monitor.errors import ConfigError
from monitor.notifiers.email import Address, Email, Options
from monitor.reception.web import doors
from monitor.reception.web.door import WebDoor
from monitor.store import Store

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
LINKS, SIGNALS = "a secret that signs links, long enough", "a secret that signs signals, long too"
STAFF, READER = "kim@example.com", "reader@example.com"


@dataclass
class Office:
    """The endpoint, listening, with one open incident and one subscriber."""

    door: WebDoor
    database: Path
    clock: Clock
    links: signing.Links

    @property
    def base(self) -> str:
        return f"http://127.0.0.1:{self.door.port}/monitor"

    def here(self, url: str) -> str:
        return url.replace("https://monitor.example.com/monitor", self.base)

    def link(self, action: Action = Action.ACKNOWLEDGE, incident: int = 1, mail: str = "m1") -> str:
        return self.here(self.links.act(action, incident, STAFF, mail, self.clock()))

    def status(self) -> Status:
        with Store.open(self.database) as store:
            return store.incidents.get(1).status

    def origins(self) -> list[tuple[str, str, str]]:
        with Store.open(self.database) as store:
            return [(change.action, change.who, change.origin) for change in store.incidents.history(1)]

    def signal(self, body: str, delivery: str = "d1", secret: str = SIGNALS, **changed: str) -> requests.Response:
        signed = signing.headers(secret, delivery, body.encode(), self.clock())
        return requests.post(f"{self.base}/signals", data=body.encode(), headers={**signed, **changed}, timeout=5)


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    database = tmp_path / "web.db"
    with Store.open(database) as store:
        storing.story(store)
        store.subscribers.put(Subscriber(READER, When.NOW, NOON, "lee", "said so by phone"))
    web = Web(port=0, base_url="https://monitor.example.com/monitor", secret=Secret(LINKS), signals_secret=Secret(SIGNALS))
    settings = dataclasses.replace(config.defaults(), web=web)
    clock = Clock(NOON)
    (door,) = doors(settings, str(database), clock)
    door.open()
    assert web.links is not None
    yield Office(door, database, clock, web.links)
    door.close()


def words(page: requests.Response) -> str:
    return " ".join(re.sub(r"<style>.*?</style>|<[^>]+>", " ", page.text).split())


# ---- one-time links


def test_a_get_asks_and_a_post_acts_once(office: Office) -> None:
    link = office.link()
    for _ in range(3):  # a mail scanner, a preview, a person
        asked = requests.get(link, headers={"Accept-Language": "en"}, timeout=5)
        assert asked.status_code == 200
        assert "Do this: Acknowledge?" in words(asked)
        assert STAFF in words(asked)
    requests.head(link, timeout=5)
    assert office.status() is Status.CANDIDATE
    done = requests.post(link, timeout=5)
    assert "1번 사건을 확인 처리했습니다" in words(done)
    assert office.status() is Status.ACKNOWLEDGED
    assert ("status", STAFF, "link") in office.origins()
    before = office.origins()
    for again in (requests.post(link, timeout=5), requests.get(link, timeout=5)):
        assert again.status_code == 409
        assert "이미 쓴 링크" in words(again)
    assert office.origins() == before


def test_of_many_presses_at_once_one_acts(office: Office) -> None:
    link = office.link(Action.HANDLED)
    ready = threading.Barrier(6)

    def press(_: int) -> int:
        ready.wait()
        return requests.post(link, timeout=10).status_code

    with ThreadPoolExecutor(6) as people:
        answers = sorted(people.map(press, range(6)))
    assert answers == [200, 409, 409, 409, 409, 409]
    assert office.status() is Status.RESOLVED


@pytest.mark.parametrize("action", signing.IN_LINKS)
def test_every_link_of_a_mail_does_what_it_says(office: Office, action: Action) -> None:
    assert requests.post(office.link(action), timeout=5).status_code == 200
    assert office.origins()


def test_another_links_of_the_same_incident_says_what_was_done_before(office: Office) -> None:
    requests.post(office.link(mail="m1"), timeout=5)
    office.clock.go_on(minutes=5)
    again = requests.post(office.link(mail="m2"), headers={"Accept-Language": "en"}, timeout=5)
    assert again.status_code == 200
    assert "Nothing has changed" in words(again)
    assert f"already been acknowledged by {STAFF}" in words(again)


def test_forged_cut_and_old_links_do_nothing(office: Office) -> None:
    link = office.link()
    base, _, token = link.rpartition("/")
    text, _, mark = token.partition(".")
    other = signing.Links("https://monitor.example.com/monitor", "another secret, which is as long as it").act(
        Action.ACKNOWLEDGE, 1, STAFF, "m1", NOON
    )
    unsubscribe = office.links.unsubscribe(READER).rpartition("/")[2]
    wrong = [
        f"{text}.",
        text,
        token[:-1],
        f"{text[:-2]}AA.{mark}",
        "x" * 3000,
        other.rpartition("/")[2],
        unsubscribe,
        "é.é",
        f"{token}.{mark}",
    ]
    for one in wrong:
        assert requests.post(f"{base}/{one}", timeout=5).status_code == 410, one
    assert requests.post(office.link(incident=99), timeout=5).status_code == 410
    office.clock.go_on(days=8)
    assert requests.post(link, timeout=5).status_code == 410
    assert office.status() is Status.CANDIDATE


def test_another_sites_page_cannot_press(office: Office) -> None:
    link = office.link()
    assert requests.post(link, headers={"Sec-Fetch-Site": "cross-site"}, timeout=5).status_code == 403
    assert requests.put(link, timeout=5).status_code == 405
    assert office.status() is Status.CANDIDATE
    assert requests.post(link, headers={"Sec-Fetch-Site": "same-origin"}, timeout=5).status_code == 200


# ---- unsubscribing


def test_a_mail_programs_one_click_unsubscribes(office: Office) -> None:
    link = office.here(office.links.unsubscribe(READER))
    assert READER in words(requests.get(link, timeout=5))
    with Store.open(office.database) as store:
        assert store.subscribers.get(READER) is not None
    office.clock.go_on(days=2000)  # it works for ever
    click = requests.post(link, data={"List-Unsubscribe": "One-Click"}, headers={"Sec-Fetch-Site": "cross-site"}, timeout=5)
    assert click.status_code == 200
    assert requests.post(link, timeout=5).status_code == 200
    with Store.open(office.database) as store:
        assert store.subscribers.get(READER) is None


# ---- signals


def test_signed_signals_are_taken_once(office: Office) -> None:
    body = '{"id":"a","kind":"outage","text":"앱 장애"}\n{"kind":"late_vessel","at":"2026-03-02T09:00:00+09:00"}\nno json\n'
    taken = office.signal(body)
    assert (taken.status_code, taken.json()["records"], taken.json()["new"]) == (200, 2, 2)
    assert len(taken.json()["problems"]) == 1
    assert office.signal(body).status_code == 409
    assert office.signal(json.dumps([{"kind": "c"}, {"kind": "d"}]), "d2").json()["new"] == 2
    assert office.signal('{\n "kind": "e"\n}', "d3").json()["new"] == 1
    with Store.open(office.database) as store:
        assert len(store.signals.between(NOON - timedelta(days=1), NOON)) == 5


def test_unsigned_late_and_changed_signals_are_refused(office: Office) -> None:
    body = '{"kind":"outage"}'
    assert office.signal(body, secret=LINKS).status_code == 401
    assert office.signal(body, **{"webhook-timestamp": str(int(NOON.timestamp()) - 400)}).status_code == 401
    assert office.signal(body, **{"webhook-id": "other"}).status_code == 401
    assert requests.post(f"{office.base}/signals", data=body, timeout=5).status_code == 401
    assert requests.get(f"{office.base}/signals", timeout=5).status_code == 405
    assert office.signal("x" * 1_100_000).status_code == 413
    with Store.open(office.database) as store:
        assert store.signals.untold() == []


# ---- the port


@pytest.mark.parametrize(
    "path", ["/", "/act", "/act/", "/act/a/b", "/static/x", "/../etc/passwd", "/signals/", "/.git/config", "/unsubscribe"]
)
def test_there_is_nothing_else(office: Office, path: str) -> None:
    answer = requests.get(f"http://127.0.0.1:{office.door.port}/monitor{path}", timeout=5)
    assert answer.status_code == 404


def test_every_answer_keeps_tokens_and_frames_out(office: Office) -> None:
    for url in (office.link(), f"{office.base}/nothing", f"{office.base}/signals"):
        told = requests.get(url, timeout=5).headers
        assert told["Referrer-Policy"] == "no-referrer"
        assert told["Cache-Control"] == "no-store"
        assert "default-src 'none'" in told["Content-Security-Policy"]
        assert told["X-Content-Type-Options"] == "nosniff"
        assert told.get("Server", "") == ""


def test_a_title_cannot_act_on_a_page(office: Office) -> None:
    with Store.open(office.database) as store:
        store._db.execute("UPDATE incidents SET title = ?", (contract.HOSTILE.encode(errors="replace").decode(),))
    page = requests.get(office.link(), timeout=5)
    assert "<script" not in page.text
    assert "onerror" not in re.sub(r"&lt;.*?&gt;", "", page.text)
    assert page.text.count("<form") == 1


def test_a_database_that_cannot_be_used_changes_nothing(office: Office, caplog: pytest.LogCaptureFixture) -> None:
    link = office.link()
    away = office.database.rename(office.database.with_suffix(".away"))
    office.database.mkdir()
    with caplog.at_level(logging.DEBUG):
        assert requests.post(link, timeout=10).status_code == 503
        assert office.signal('{"kind":"x"}').status_code == 503
    ours = [record.getMessage() for record in caplog.records if not record.name.startswith("urllib3")]  # that is the test's own
    assert len(ours) == 1
    assert link.rpartition("/")[2] not in ours[0]
    office.database.rmdir()
    away.rename(office.database)
    assert requests.post(link, timeout=5).status_code == 200


def test_a_taken_port_is_logged_and_no_more(office: Office, caplog: pytest.LogCaptureFixture) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        second = WebDoor(office.door._site, "127.0.0.1", taken.getsockname()[1])
        second.open()
        second.close()
    assert "cannot listen" in caplog.text


# ---- configuration and mails


def test_without_its_secrets_there_is_no_port() -> None:
    assert doors(config.defaults(), "x.db", Clock(NOON)) == []


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"base_url": "https://m.example"}, "secret must be given together"),
        ({"secret": Secret(LINKS)}, "secret must be given together"),
        ({"base_url": "http://m.example", "secret": Secret(LINKS)}, "https"),
        ({"base_url": "https://m.example?x", "secret": Secret(LINKS)}, "https"),
        ({"base_url": "https://m.example", "secret": Secret("short")}, "at least 32"),
        ({"signals_secret": Secret("short")}, "at least 32"),
    ],
)
def test_a_wrong_configuration_is_told(given: dict[str, object], told: str) -> None:
    with pytest.raises(ValueError, match=told):
        Web(**given)  # type: ignore[arg-type]


def test_the_file_is_read(tmp_path: Path) -> None:
    file = tmp_path / "config.toml"
    file.write_text('[web]\nbase_url = "https://m.example"\nsecret = { env = "S" }\n')
    assert config.load(file, {"S": LINKS}).web.links is not None
    with pytest.raises(ConfigError, match="web"):
        config.load(file, {"S": "short"})


def buttons() -> tuple[Button, ...]:
    return tuple(Button(action, action.value, "1") for action in (*signing.IN_LINKS, Action.DUPLICATE))


def mail(links: signing.Links | None) -> Email:
    options = Options("127.0.0.1", Address("monitor@example.com"), (Address(STAFF),), security="none")
    return Email(options, lambda: NOON, links)


def test_the_links_of_a_mail_work_and_do_what_their_labels_say(office: Office) -> None:
    body = mail(office.links).mail(contract.message(buttons=buttons())).get_body(("html",))
    assert body is not None
    found = re.findall(r'<a href="(https://monitor\.example\.com/[^"]+)"[^>]*>(\w+)</a>', body.get_content())
    assert [label for _, label in found] == [action.value for action in signing.IN_LINKS]
    for url, label in found:
        assert len(url) < 500
        wanted = office.links.request(url.rpartition("/")[2], NOON)
        assert wanted is not None
        assert (wanted.action, wanted.incident, wanted.who) == (Action(label), 1, STAFF)


def test_without_web_a_mail_has_no_links_but_the_command(office: Office) -> None:
    made = mail(None).mail(contract.message(buttons=buttons()))
    assert "/act/" not in made.as_string()
    assert "List-Unsubscribe" not in made
    assert "monitor why 12" in made.get_body(("plain",)).get_content()  # type: ignore[union-attr]


def test_a_subscribers_mail_tells_how_to_stop_it_and_lets_nobody_act(office: Office) -> None:
    made = mail(office.links).readdressed(READER).mail(contract.message(buttons=buttons()))
    way = office.links.unsubscribe(READER)
    assert (
        made["List-Unsubscribe"].replace(" ", "")
        == f"<{way}>,<mailto:monitor@example.com?subject=unsubscribe%20{READER.replace('@', '%40')}>"
    )
    assert made["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert made["Precedence"] == "bulk"
    assert way in made.get_body(("html",)).get_content()  # type: ignore[union-attr]
    assert "/act/" not in made.as_string()
    plain = mail(None).readdressed(READER).mail(contract.message())
    assert "List-Unsubscribe-Post" not in plain
    assert plain["List-Unsubscribe"].startswith("<mailto:monitor@example.com?subject=")

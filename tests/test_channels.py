from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from checks import notifiers as contract
from platforms.hooks import PEM, SIGNING, WORD, Hooks
from platforms.stub import Answer, Fault

from monitor import signing
from monitor.decode import Secret
from monitor.domain import Quote, Reply
from monitor.errors import DeliveryFailed
from monitor.notifiers import Notifier, apprise, channels, jandi, naver_works, webhook

NOON = datetime(2026, 11, 21, 3, 0, tzinfo=UTC)
QUICK = timedelta(seconds=5)
Make = Callable[[Hooks, str], Notifier]


def a_jandi(stub: Hooks, path: str = "jandi") -> Notifier:
    return jandi.Jandi(jandi.Options(Secret(f"{stub.base_url}/{path}/{WORD}"), QUICK))


def a_works_hook(stub: Hooks, path: str = "works") -> Notifier:
    return naver_works.NaverWorks(naver_works.Options(url=Secret(f"{stub.base_url}/{path}/{WORD}"), timeout=QUICK))


def a_works_bot(stub: Hooks, secret: str = WORD) -> naver_works.NaverWorks:
    options = naver_works.Options(
        bot=7,
        channel="room 1",
        client_id="client",
        client_secret=Secret(secret),
        service_account="bot.serviceaccount@example.com",
        private_key=Secret(PEM),
        api=stub.base_url,
        auth=f"{stub.base_url}/token",
        timeout=QUICK,
    )
    return naver_works.NaverWorks(options, stub.clock)


def a_webhook(stub: Hooks, path: str = "program") -> webhook.Webhook:
    return webhook.Webhook(webhook.Options(Secret(f"{stub.base_url}/{path}/{WORD}"), Secret(SIGNING), QUICK), stub.clock)


def a_bridge(stub: Hooks, path: str = "apprise") -> Notifier:
    address = f"{stub.base_url.replace('http:', 'json:')}/{path}/{WORD}"
    return apprise.Apprise(apprise.Options((Secret(address, "BRIDGE_URL"),), QUICK))


def rig_of(make: Make) -> Callable[[], AbstractContextManager[contract.Rig]]:
    @contextmanager
    def rig() -> Iterator[contract.Rig]:
        with Hooks() as stub:
            assert isinstance(stub, Hooks)
            starts: list[int] = []

            def marked() -> Notifier:
                made = make(stub)  # type: ignore[call-arg]
                send = made.send

                def marking(message: object, previous: str | None) -> str | None:
                    starts.append(len(stub.said))
                    return send(message, previous)  # type: ignore[arg-type]

                made.send = marking  # type: ignore[method-assign, assignment]
                return made

            def arrived() -> list[str]:
                return ["\n".join(stub.said[start:end]) for start, end in zip(starts, [*starts[1:], len(stub.said)], strict=False)]

            yield contract.Rig(marked, arrived, lambda: make(stub, "gone"), WORD)

    return rig


RIGS = {
    "apprise": rig_of(a_bridge),
    "jandi": rig_of(a_jandi),
    "naver_works": rig_of(a_works_hook),
    "webhook": rig_of(a_webhook),
}


@pytest.fixture
def hooks() -> Iterator[Hooks]:
    with Hooks() as stub:
        assert isinstance(stub, Hooks)
        yield stub


# ---- refusals and faults


@pytest.mark.parametrize("make", [a_jandi, a_works_hook, a_webhook], ids=["jandi", "naver_works", "webhook"])
@pytest.mark.parametrize(
    ("status", "permanent"), [(400, True), (401, True), (404, True), (410, True), (302, True), (429, False), (500, False)]
)
def test_a_refusal_is_told_as_what_it_is(hooks: Hooks, make: Make, status: int, permanent: bool) -> None:
    hooks.plant(Fault("no", Answer(status, {"retry-after": "90", "location": "http://127.0.0.1:9/"}, f"no: {WORD}".encode())))
    with pytest.raises(DeliveryFailed) as failure:
        make(hooks).send(contract.message(), None)  # type: ignore[call-arg]
    assert failure.value.permanent is permanent
    assert failure.value.retry_after == 90
    assert str(status) in str(failure.value)
    assert WORD not in str(failure.value)
    assert hooks.said == []


@pytest.mark.parametrize("fault", [Fault("silent", hang=2.0), Fault("drips", Answer(200, {}, b"x" * 4000), drip=2.0)], ids=["hang", "drip"])
def test_a_channel_that_keeps_us_waiting_is_left(hooks: Hooks, fault: Fault) -> None:
    hooks.plant(fault)
    patient = webhook.Webhook(webhook.Options(Secret(f"{hooks.base_url}/program/x"), Secret(SIGNING), timedelta(seconds=0.3)), hooks.clock)
    with pytest.raises(DeliveryFailed) as failure:
        patient.send(contract.message())
    assert not failure.value.permanent


def test_a_message_in_parts_goes_on_where_it_was_cut(hooks: Hooks) -> None:
    long = contract.message(lines=tuple(f"{number}번째 문장입니다. " * 20 for number in range(40)))
    notifier = a_works_hook(hooks)
    seen = 0

    def strike(_: object) -> Fault | None:
        nonlocal seen
        seen += 1
        return Fault("busy", Answer(429, {"retry-after": "1"})) if seen == 3 else None

    hooks.choose = strike
    with pytest.raises(DeliveryFailed):
        notifier.send(long, None)
    assert len(hooks.said) == 2
    notifier.send(long, None)
    whole = "\n".join(hooks.said)
    assert [whole.count(f"{number}번째 문장입니다. " * 2) > 0 for number in range(40)] == [True] * 40
    assert len(hooks.said) == len(set(hooks.said))


def test_marks_that_chat_programs_act_on_are_taken_from_posts(hooks: Hooks) -> None:
    nasty = "@everyone <!channel> [여기](http://evil.example) [[링크]](http://evil.example) @here"
    for make in (a_jandi, a_works_hook, a_bridge):
        make(hooks).send(contract.message(quotes=(Quote(nasty, "X", "https://social.example/@someone/1"),), dedup_key=make.__name__), None)
        said = "\n".join(hooks.said)
        assert not [mark for mark in ("@everyone", "@here", "<!channel>", "](http") if mark in said]
        assert "https://social.example/@someone/1" in said


@pytest.mark.parametrize("url", ["http://example.com/x", "ftp://example.com", "https://", "", "https://[", "javascript:alert(1)"])
def test_secrets_go_to_safe_addresses_only(url: str) -> None:
    with pytest.raises(ValueError, match="url must be an https address"):
        jandi.Options(Secret(url))


# ---- NAVER WORKS


def test_the_bot_signs_in_once_and_anew_when_its_token_is_refused(hooks: Hooks) -> None:
    bot = a_works_bot(hooks)
    bot.send(contract.message())
    bot.send(contract.message(dedup_key="second"))
    assert hooks.tokens == 1
    hooks.tokens += 1  # NAVER revokes it
    with pytest.raises(DeliveryFailed, match="401"):
        bot.send(contract.message(dedup_key="third"))
    bot.send(contract.message(dedup_key="third"))
    assert hooks.tokens == 3
    hooks.clock.go_on(hours=2)
    bot.send(contract.message(dedup_key="fourth"))
    assert hooks.tokens == 4


def test_the_bot_tells_wrong_credentials_without_them(hooks: Hooks) -> None:
    with pytest.raises(DeliveryFailed) as failure:
        a_works_bot(hooks, "wrong-secret").probe()
    assert failure.value.permanent
    assert "wrong-secret" not in str(failure.value)
    broken = a_works_bot(hooks)
    broken.options = replace(broken.options, private_key=Secret("no key"))
    with pytest.raises(DeliveryFailed, match="no RSA key"):
        broken.probe()


@pytest.mark.parametrize("given", [{}, {"url": Secret("https://x.example/"), "bot": 1}, {"bot": 1}])
def test_half_a_configuration_is_refused(given: dict[str, object]) -> None:
    with pytest.raises(ValueError, match="must be given"):
        naver_works.Options(**given)  # type: ignore[arg-type]


# ---- webhook


def test_a_delivery_is_signed_named_and_known_again(hooks: Hooks) -> None:
    notifier = a_webhook(hooks)
    first = notifier.send(contract.message())
    assert notifier.send(contract.message()) == first
    second = notifier.send(contract.message(dedup_key="incident-12/worsened"), first)
    notifier.update(contract.message(update=True, badge="확인됨"), second)
    assert [(told["id"], told["type"], told["previous"]) for told in hooks.told[:2]] == [
        (first, "message", None),
        (second, "message", first),
    ]
    (update,) = hooks.told[2:]
    assert (update["type"], update["previous"], update["incident"], update["badge"]) == ("update", second, 12, "확인됨")
    assert all(asked.headers["webhook-id"] == asked.json()["id"] for asked in hooks.asked)


def test_a_forged_late_or_changed_delivery_is_known() -> None:
    body = b'{"a":1}'
    signed = signing.headers(SIGNING, "d1", body, NOON)
    assert signing.problem(SIGNING, signed, body, NOON + timedelta(minutes=4)) is None
    assert signing.problem(SIGNING, {name.title(): value for name, value in signed.items()}, body, NOON) is None
    other = signing.headers("another secret, as long", "d1", body, NOON)
    assert (
        signing.problem(SIGNING, {**other, "webhook-signature": f"{other['webhook-signature']} {signed['webhook-signature']}"}, body, NOON)
        is None
    )
    wrong = "the signature is wrong"
    assert signing.problem(SIGNING, other, body, NOON) == wrong
    assert signing.problem(SIGNING, signed, body + b" ", NOON) == wrong
    assert signing.problem(SIGNING, {**signed, "webhook-id": "d2"}, body, NOON) == wrong
    assert signing.problem(SIGNING, {**signed, "webhook-signature": ""}, body, NOON) == wrong
    assert "clock" in (signing.problem(SIGNING, signed, body, NOON + timedelta(minutes=6)) or "")
    assert "needs" in (signing.problem(SIGNING, {}, body, NOON) or "")
    assert "needs" in (signing.problem(SIGNING, {**signed, "webhook-timestamp": "１２"}, body, NOON) or "")


def test_the_signature_is_that_of_standard_webhooks() -> None:
    """The example of https://github.com/standard-webhooks/standard-webhooks, spec, "Signature scheme"."""
    secret, body = "whsec_plJ3nmyCDGBKInavdOK15jsl", b'{"event_type":"ping","data":{"success":true}}'
    signed = signing.headers(secret, "msg_loFOjxBNrRLzqYUf", body, datetime.fromtimestamp(1731705121, UTC))
    assert signed["webhook-signature"] == "v1,rAvfW3dJ/X/qxhsaXPOyyCGmRKsaKWcsNccKXlIktD0="


def test_the_documented_schema_is_what_is_sent(hooks: Hooks) -> None:
    page = (Path(__file__).parents[1] / "docs" / "webhook.md").read_text(encoding="utf-8")
    a_webhook(hooks).send(contract.message(replies=(Reply("ko", "답글", "죄송합니다"),)))
    (told,) = hooks.told
    assert [key for key in told if f"| `{key}` |" not in page] == []
    assert f'"version": {webhook.VERSION}' in page


# ---- apprise


def test_each_address_of_the_bridge_is_a_channel_of_its_own(hooks: Hooks) -> None:
    urls = tuple(Secret(f"json://127.0.0.1:1/{name}", name) for name in ("TEAMS_URL", "NTFY_URL"))
    bridge = apprise.Apprise(apprise.Options(urls, QUICK))
    assert list(channels("apprise", bridge)) == ["apprise:TEAMS_URL", "apprise:NTFY_URL"]
    assert "127.0.0.1" not in repr(bridge)


def test_what_apprise_does_not_know_is_refused_by_its_name() -> None:
    with pytest.raises(ValueError, match="not so: MY_URL") as refused:
        apprise.Options((Secret("nothing://very-secret", "MY_URL"),))
    assert "very-secret" not in str(refused.value)


def test_the_bridge_tells_a_service_that_refuses(hooks: Hooks) -> None:
    hooks.plant(Fault("no", Answer(500)))
    with pytest.raises(DeliveryFailed, match="JSON: did not take it") as failure:
        a_bridge(hooks).send(contract.message(), None)
    assert not failure.value.permanent
    assert json.dumps(str(failure.value)).isascii()

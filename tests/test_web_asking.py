"""How collectors ask: what a hostile or careless server and machine may not change."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from monitor.collectors.web import Web, retry_after
from tests.platforms.stub import Answer, Asked, Stub

NOW = datetime(2026, 11, 2, tzinfo=UTC)


class Echo(Stub):
    def answer(self, asked: Asked) -> Answer:
        return Answer.of({"authorization": asked.headers.get("authorization")})


def test_a_netrc_of_the_machine_does_not_replace_our_key(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login somebody password else\n")
    netrc.chmod(0o600)
    monkeypatch.setenv("NETRC", str(netrc))
    with Echo() as stub:
        assert Web("x", stub.base_url, headers={"authorization": "Bearer ours"}).json("/") == {"authorization": "Bearer ours"}


@pytest.mark.parametrize(("stated", "seconds"), [("nan", None), ("inf", 86_400.0), ("-5", 0.0), ("90", 90.0), ("soon", None)])
def test_what_retry_after_says_is_a_time_or_nothing(stated: str, seconds: float | None) -> None:
    assert retry_after({"retry-after": stated}, NOW) == seconds

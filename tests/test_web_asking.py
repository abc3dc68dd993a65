"""How collectors ask: what a hostile or careless server and machine may not change."""

from __future__ import annotations

from pathlib import Path

import pytest

from monitor.collectors.web import Web
from tests.platforms.stub import Answer, Asked, Stub


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

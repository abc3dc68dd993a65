"""Naver's search interface: 1,000 results of a question, a page of 100, two shown lines, its own error codes, two header keys."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.utils import format_datetime
from typing import Any
from zoneinfo import ZoneInfo

from monitor.collectors.naver import Naver, Options
from monitor.decode import Secret
from tests.checks.collectors import WATCH, Rig
from tests.platforms.stub import Answer, Asked, Clock, Stub

SEOUL = ZoneInfo("Asia/Seoul")
KEYS = ("naver-id-7f3a", "naver-secret-91bc")


@dataclass
class Result:
    """One post as Naver knows it; ``shown`` is what the two lines show of it."""

    number: int
    kind: str
    text: str
    at: datetime
    shown: str
    title: str = ""
    deleted: bool = False


class NaverStub(Stub):
    """Blogs, cafe articles, questions and news; the search is at /v1/search."""

    def __init__(self, clock: Clock | None = None):
        super().__init__(clock)
        self.results: list[Result] = []
        self.calls_left = 25_000
        self.id_header, self.secret_header = "x-naver-client-id", "x-naver-client-secret"

    def publish(self, kind: str, text: str, at: datetime, shown: str | None = None, title: str = "") -> Result:
        made = Result(len(self.results) + 1, kind, text, at, text if shown is None else shown, title)
        self.results.append(made)
        return made

    def answer(self, asked: Asked) -> Answer:
        if (asked.headers.get(self.id_header), asked.headers.get(self.secret_header)) != KEYS:
            return _error(401, "024", "NID AUTH Result Invalid (28) : Authentication failed. (인증에 실패했습니다.)")
        found = re.fullmatch(r"/v1/search/(blog|cafearticle|kin|news)\.json", asked.path)
        if found is None:
            return _error(404, "SE05", "Invalid search api (존재하지 않는 검색 api 입니다.)")
        if self.calls_left <= 0:
            return _error(429, "010", "Query limit exceeded. (쿼리 한도를 초과하였습니다.)")
        self.calls_left -= 1
        return self._search(found[1], asked)

    def _search(self, kind: str, asked: Asked) -> Answer:
        words, start, display = asked.query.get("query", ""), int(asked.query.get("start", 1)), int(asked.query.get("display", 10))
        if not words:
            return _error(400, "SE01", "Incorrect query request (잘못된 쿼리요청입니다.)")
        if not 1 <= display <= 100:
            return _error(400, "SE02", "Invalid display value (부적절한 display 값입니다.)")
        if not 1 <= start <= 1000:
            return _error(400, "SE03", "Invalid start value (부적절한 start 값입니다.)")
        if asked.query.get("sort", "sim") not in ("sim", "date"):
            return _error(400, "SE04", "Invalid sort value (부적절한 sort 값입니다.)")
        wanted = words.strip('"').lower()
        shown = [r for r in self.results if r.kind == kind and not r.deleted and wanted in f"{r.title} {r.text}".lower()]
        shown.sort(key=lambda r: r.at, reverse=True)
        page = [_told(r, wanted) for r in shown[start - 1 : start - 1 + display]]
        when = format_datetime(self.clock.now.astimezone(SEOUL))
        return Answer.of({"lastBuildDate": when, "total": len(shown), "start": start, "display": len(page), "items": page})


def _error(status: int, code: str, message: str) -> Answer:
    return Answer.of({"errorMessage": message, "errorCode": code}, status)


def _told(result: Result, wanted: str) -> dict[str, Any]:
    n, seoul = result.number, result.at.astimezone(SEOUL)
    told = {"title": _marked(result.title, wanted), "description": _marked(result.shown, wanted)}
    match result.kind:
        case "blog":
            place = {"bloggername": "어느 블로그", "bloggerlink": f"blog.naver.com/writer{n}", "postdate": f"{seoul:%Y%m%d}"}
            return {**told, "link": f"https://blog.naver.com/writer{n}/22{n:010d}", **place}
        case "cafearticle":
            link = f"http://cafe.naver.com/cars/{n}?art=ZXh0ZXJuYWwt.{n * 7}"
            return {**told, "link": link, "cafename": "자동차 &amp; 사람들", "cafeurl": "https://cafe.naver.com/cars"}
        case "kin":
            return {**told, "link": f"https://kin.naver.com/qna/detail.naver?d1id=8&dirId=8130102&docId={n}&qb=7ZWc&enc=utf8"}
        case _:
            original = f"https://news.example.com/view?id={n}"
            link = f"https://n.news.naver.com/mnews/article/001/{n:010d}?sid=101"
            return {**told, "originallink": original, "link": link, "pubDate": format_datetime(seoul)}


def _marked(text: str, wanted: str) -> str:
    return re.sub(re.escape(html.escape(wanted)), lambda found: f"<b>{found[0]}</b>", html.escape(text), flags=re.IGNORECASE)


def options(stub: Stub, **more: Any) -> Options:
    return Options(Secret(KEYS[0], "NAVER_ID"), Secret(KEYS[1], "NAVER_SECRET"), base_url=f"{stub.base_url}/v1/search", **more)


@contextmanager
def rig() -> Iterator[Rig]:
    """News: the one kind whose posts carry a time to the second."""
    with NaverStub() as stub:
        assert isinstance(stub, NaverStub)

        def publish(texts: Sequence[str], times: Sequence[datetime]) -> list[str]:
            made = [stub.publish("news", text, at) for text, at in zip(texts, times, strict=True)]
            return [f"naver:news/001/{result.number:010d}" for result in made]

        def make() -> Naver:
            return Naver("naver", options(stub, kinds=("news",), first=timedelta(days=2)), (WATCH,), stub.clock)

        yield Rig("naver", stub, make, publish, page=100, window=1000, secrets=KEYS)

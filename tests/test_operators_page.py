"""The operators' page holds what it says: its examples load, its figures are those of the code."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from monitor import config
from monitor.collectors import KINDS
from monitor.domain import Post, Watch
from monitor.matching import RULES, Matcher
from tests import test_bluesky, test_feeds, test_hackernews, test_mastodon, test_naver, test_reddit, test_x_documents
from tests.conftest import MONDAY, SHARED

PAGES = [Path(__file__).parents[1] / "docs" / name for name in ("operators.md", "operators.ko.md")]
pages = pytest.mark.parametrize("page", PAGES, ids=lambda path: path.name)


def examples(page: Path) -> list[str]:
    return re.findall(r"^```toml\n(.*?)^```$", page.read_text("utf-8"), re.MULTILINE | re.DOTALL)


def value(name: str) -> str:
    """What may stand in an environment variable of that name."""
    if "APPRISE" in name:
        return "json://hooks.example.com/x"
    return "https://hooks.example.com/x" if name.endswith(("_URL", "_WEBHOOK")) else "x" * 40


@pages
def test_every_example_loads(page: Path, tmp_path: Path) -> None:
    kinds = set()
    for number, text in enumerate(examples(page)):
        path = tmp_path / f"{number}.toml"
        path.write_text(text, encoding="utf-8")
        settings = config.load(path, {name: value(name) for name in re.findall(r'env = "(\w+)"', text)})
        kinds |= {source.kind for source in settings.collectors}
    assert kinds == set(KINDS)


def cells(page: Path, heading: str) -> list[list[str]]:
    """The rows of the first table after a place in the text, without its head."""
    after = page.read_text("utf-8").split(heading, 1)[1]
    table = re.search(r"((?:^\|.*\n)+)", after, re.MULTILINE)
    assert table
    return [[cell.strip() for cell in line.strip("| \n").split(" | ")] for line in table[1].splitlines()[2:]]


@pages
def test_variants_are_as_the_page_says(page: Path) -> None:
    for terms, found, missed in cells(page, "variants = true"):
        matcher = Matcher([Watch("w", tuple(terms.split(", ")), variants=True)])
        for text in found.split(", "):
            assert matcher.mentions(Post("x:1", "x", text, MONDAY)), text
        for text in missed.replace("(line end)", "\n").replace("(줄바꿈)", "\n").replace("Hanul, auto", "Hanul; auto").split(", "):
            assert not matcher.mentions(Post("x:1", "x", text, MONDAY)), text


@pages
def test_every_rule_stands_on_the_page(page: Path) -> None:
    text = page.read_text("utf-8")
    assert all(re.search(rf"^\| {rule} \| .* \| 0 \| \d+ \|$", text, re.MULTILINE) for rule in RULES)


def _x() -> int:
    return len(test_x_documents.parse_recorded(test_x_documents.lines("kpop.jsonl")).records)


def _reddit() -> int:
    return sum(len(test_reddit.parse_recorded(name)[0]) for name in test_reddit.RECORDED)


RECORDED: dict[str, Callable[[], Any]] = {
    "x": _x,
    "reddit": _reddit,
    "bluesky": lambda: len(test_bluesky.parse_recorded()["posts"]),
    "mastodon": lambda: len(test_mastodon.parse_recorded()["posts"]),
    "naver": lambda: sum(map(len, test_naver.parse_recorded()[0].values())),
    "hackernews": lambda: len(test_hackernews.parse_recorded()[0]),
    "feeds": lambda: sum(count for count, _ in test_feeds.parse_recorded().values()),
}


@pytest.mark.skipif(not (SHARED / "contracts").is_dir(), reason="the recorded answers are not here")
@pytest.mark.parametrize("kind", RECORDED)
def test_recorded_answers_are_as_many_as_the_page_says(kind: str) -> None:
    count = RECORDED[kind]()
    for page, heading in zip(PAGES, ("## Recorded answers", "## 녹화한 응답"), strict=True):
        [row] = [row for row in cells(page, heading) if row[0] == kind]
        assert re.search(rf"\b{count}(?!\d)", row[2]), (page.name, count, row)


def test_the_pages_watch_example_is_whole() -> None:
    watch = next(found["watch"][0] for text in examples(PAGES[0]) if "watch" in (found := tomllib.loads(text)))
    assert set(watch) >= {"name", "any", "none", "exclude", "whole_words"}

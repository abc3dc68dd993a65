"""Labelling in the terminal: one post after the other, one key for each answer; an answered post is kept at once."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

import click

from monitor.cli.desk import Desk, now, staff
from monitor.domain import TOPICS, Correction, Sentiment
from monitor.errors import NotFound
from monitor.learning.choosing import Asked, in_lot
from monitor.plain import clean, wrap
from monitor.store import Store

A = TypeVar("A")

LONGEST = 2_000
# What the keys of a Korean keyboard give when it is not switched to Latin letters.
_LATIN = dict(zip("ㅛㅜㄴㅕㅂㅁㅠㅊㅇㄷㄹㅎㅗㅑㅓㅏㅣ", "ynsuqabcdefghijkl", strict=True))
_TOPIC_KEYS = "123456789abcdefghijklmoprtvwxz"
_FEELING_KEYS = {"1": Sentiment.NEG, "-": Sentiment.NEG, "2": Sentiment.NEU, "0": Sentiment.NEU, "3": Sentiment.POS, "+": Sentiment.POS}
_LEAVE = ("\r", "\n", " ")
SKIP, UNDO, QUIT = "s", "u", "q"
_ENDS = ("\x03", "\x04", "\x1b", "")


class _Turn(Exception):
    def __init__(self, key: str):
        self.key = key


@dataclass
class Round:
    """One sitting: the posts asked about in order, where we are, and what was answered."""

    desk: Desk
    store: Store
    asked: Sequence[Asked]
    topics: Sequence[str]
    read_key: Callable[[], str] = click.getchar
    answered: list[tuple[int, Correction]] = field(default_factory=list)

    def run(self) -> int:
        """Ask until the posts are over or the person stops; return how many were labelled."""
        place = 0
        self.desk.say("label.keys", topics=self._topic_keys())
        while place < len(self.asked):
            try:
                self._ask(place)
                place += 1
            except _Turn as turn:
                if turn.key == QUIT:
                    break
                place = self._undone(place) if turn.key == UNDO else place + 1
        return len(self.answered)

    def _ask(self, place: int) -> None:
        one = self.asked[place]
        self._show(place, one)
        complaint = self._answer("label.complaint", {"y": True, "n": False})
        sentiment = self._answer("label.sentiment", _FEELING_KEYS)
        topic = self._answer("label.topic", dict(zip(_TOPIC_KEYS, self.topics, strict=False))) if complaint is not False else None
        if complaint is None and sentiment is None and topic is None:
            return
        mention = one.judged.mention
        correction = Correction(mention.post_id, mention.watch, staff(), now(), complaint, sentiment, topic)
        try:
            self.store.posts.label(correction)
        except NotFound:  # pruned or forgotten while we waited
            self.desk.say("label.gone")
            return
        self.answered.append((place, correction))

    def _answer(self, key: str, answers: dict[str, A]) -> A | None:
        click.echo("  " + self.desk.phrase(key) + " ", nl=False)
        while True:
            try:
                pressed = self.read_key()
            except (EOFError, KeyboardInterrupt):
                pressed = QUIT
            pressed = _LATIN.get(pressed, pressed).lower() if pressed not in _ENDS else QUIT
            if pressed in answers:
                click.echo(self._told(answers[pressed]))
                return answers[pressed]
            if pressed in _LEAVE:
                click.echo("-")
                return None
            if pressed in (SKIP, UNDO, QUIT):
                click.echo(self.desk.phrase(f"label.pressed.{pressed}"))
                raise _Turn(pressed)

    def _undone(self, place: int) -> int:
        """Take the last answer back and return its place; where nothing was answered, stay."""
        if not self.answered:
            self.desk.say("label.nothing_to_undo")
            return place
        back, correction = self.answered.pop()
        self.store.labelling.take_back([correction], staff(), now())
        return back

    def _show(self, place: int, one: Asked) -> None:
        post, labels = one.judged.post, one.judged.labels
        width = max(40, min(shutil.get_terminal_size().columns, 110)) - 2
        key = "label.head_lot" if in_lot(post.id, one.judged.mention.watch) else "label.head"
        about = {"place": place + 1, "count": len(self.asked), "watch": one.judged.mention.watch, "platform": post.platform}
        click.echo("")
        self.desk.say(key, **about, at=post.created_at, people=one.people)
        for line in wrap(clean(post.text, LONGEST), width, "  ", "  "):
            click.echo(click.style(line, bold=True))
        feeling = self.desk.phrase(f"label.feeling.{labels.sentiment.value}") if labels.sentiment else "-"
        self.desk.say("label.model", complaint=labels.complaint, sentiment=feeling, topic=self._topic(labels.topic))

    def _topic_keys(self) -> str:
        return "  ".join(f"{key} {self._topic(topic)}" for key, topic in zip(_TOPIC_KEYS, self.topics, strict=False))

    def _topic(self, name: str) -> str:
        if name in TOPICS:
            return self.desk.phrase("cell.topic", topic=name)
        own = next((topic.label(self.desk.settings.monitor.language) for topic in self.desk.settings.topics if topic.name == name), None)
        return clean(own or name, 40)

    def _told(self, answer: object) -> str:
        if isinstance(answer, bool):
            return self.desk.phrase("yes" if answer else "no")
        return self.desk.phrase(f"label.feeling.{answer.value}") if isinstance(answer, Sentiment) else self._topic(str(answer))

"""What it is like for them: the most telling stretch of each of a few posts, in their own words."""

from __future__ import annotations

import re
from collections.abc import Sequence

from monitor.briefing.wants import wants_in
from monitor.domain import Voice, Words
from monitor.plain import clean

SHOWN = 3
LONGEST = 160
_SENTENCE = re.compile(r"(?<=[.!?。…])\s+|\n+")
# Words of strong feeling, of waiting and of loss: what an outsider understands at once.
_FELT = re.compile(
    r"최악|황당|어이|화가|화나|열받|빡|실망|답답|속상|억울|불안|무섭|지[쳤친치]|울|눈물|힘들|분통|짜증|환장|미치|째|동안|시간|못 |안 |없"
    r"|\b(?:worst|furious|angry|disappoint\w*|ridiculous|disgrac\w*|frustrat\w*|upset|scared|cry\w*|tired|exhausted|shocking|appalling"
    r"|never|still|days?|weeks?|hours?|nobody|lost|ruined|stuck|waiting|joke)\b",
    re.IGNORECASE,
)


def experience(voices: Sequence[Voice]) -> tuple[Words, ...]:
    """Return up to three customers' own words, one from each of different authors, in the order of ``voices`` (most telling first)."""
    chosen: list[Words] = []
    seen: set[str] = set()
    for voice in voices:
        text = _telling(voice.post.text)
        if text and not voice.copy and voice.author not in seen:
            seen.add(voice.author)
            chosen.append(Words(text, voice.post))
        if len(chosen) == SHOWN:
            break
    return tuple(chosen)


def _telling(text: str) -> str:
    """A short post whole; of a long one the sentence that says most (felt, then wanting something), with what follows it."""
    whole = clean(text[:5_000])
    if len(whole) <= LONGEST:
        return whole
    sentences = [part for part in (clean(part, LONGEST) for part in _SENTENCE.split(text[:5_000])) if part]
    scored = [(len(_FELT.findall(part)) + 2 * len(wants_in(part)), -place) for place, part in enumerate(sentences)]
    start = -max(scored)[1]
    return clean(" ".join(sentences[start:]), LONGEST)

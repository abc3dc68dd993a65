"""Which mentions are bad news for the company: displeased ones, and reports of a failure of ours, even in a neutral voice.

A leak, a recall or a boycott begins like this: nobody complains yet in the first person, but everybody writes about it.
"""

from __future__ import annotations

import re

from monitor.domain import Labels, Sentiment

# Words that newsrooms and officials use for failures of a company. Stems only: Korean endings follow freely.
_FAILURES = (
    "유출|해킹|털렸|뚫렸|사이버\\s?공격|악성코드|개인정보 침해|리콜|결함|화재|폭발|침몰|좌초|침수|추락|붕괴|"
    "사고|사망|부상|다쳤|먹통|장애|마비|중단|불매|"
    "보이콧|압수수색|고발|고소|소송|과징금|벌금|제재|조사 착수|수사|횡령|배임|갑질|담합|위법|불법|피해|파손|분실|"
    "지연 사태|결항|환불 사태|사과문|사과했|"
    "대국민 사과|논란|물의|의혹|식중독|이물질|위생"
)
_FAILURES_EN = (
    "data breach|breach(?:ed)?|hack(?:ed|ers)?|leak(?:ed|s)?|ransomware|recall(?:s|ed|ing)?|"
    "defect(?:s|ive)?|fire|explosion|sank|sinking|aground|collision|crash(?:ed)?|"
    "killed|injured|outages?|down for|boycott(?:s|ed|ing)?|lawsuit|class action|sued|suing|fined|probe|investigat(?:ion|ed|ing)|"
    "raided|fraud|scandal|backlash|outrage|apologi[sz]es?|apolog(?:y|ised|ized)|stranded|food poisoning|contaminat(?:ion|ed)"
)
_FAILURE = re.compile(f"(?:{_FAILURES})|\\b(?:{_FAILURES_EN})\\b", re.IGNORECASE)


def bad_news(labels: Labels, text: str, complaint_threshold: float) -> bool:
    """Return whether a mention is a complaint, is worded with displeasure, or reports a failure."""
    if labels.complaint >= complaint_threshold or labels.sentiment is Sentiment.NEG:
        return True
    return labels.sentiment is not Sentiment.POS and _FAILURE.search(text) is not None

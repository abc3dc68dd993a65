# ruff: noqa: E501 - a pattern is read better on one line
"""Where it happens: the places that posts name, by their endings in Korean and by the words around them in English."""

from __future__ import annotations

import re
from collections.abc import Iterable

_REGIONS = (
    "서울|부산|대구|인천|광주|대전|울산|세종|제주|수원|성남|용인|고양|부천|안산|안양|평택|화성|김포|파주|이천|의정부|군포|의왕|춘천|강릉|원주|청주|충주|천안|"
    "아산|당진|전주|군산|익산|목포|여수|순천|광양|포항|구미|경주|창원|김해|진주|거제|통영|양산|옥천|칠곡|곤지암|완도|울릉|서귀포|송도|분당|판교|일산|동탄"
)
_KO = re.compile(
    rf"(?<![가-힣])((?:[가-힣0-9]{{2,8}} ?)??[가-힣0-9]{{1,6}}(?:터미널|물류센터|허브센터|센터|허브|영업소|대리점|출고장|야적장|공항|역|항|지점|매장)|[가-힣]{{2,5}}점|{_REGIONS})"
    r"(?=에서|에|의|은|는|이|가|을|를|으로|로|까지|부터|도|만|측|쪽|직원|기사|행|발|[^가-힣]|$)"
)
_NO_PLACE = re.compile(
    r"(?:고객|상담|콜|서비스|인증|문의|지원|운영|구역|지역|영역|번역|통역|경역|무역|용역|방역|병역|현역|하역|사항|상황|저항|반항|취항|운항|결항|출항|입항|귀항|공항"
    r"|장점|단점|시점|관점|지점|약점|강점|문제점|허점|초점|별점|평점|학점|만점|제점|점점|요점|쟁점|한점|빵점|의문점|불만점|아쉬운점|궁금한점|이점|그점|편의점|백화점|음식점|전문점|중점|정점)"
    r"(?:센터)?$"
)
_EN = re.compile(
    r"\b(?:(?:in|at|near|from|to) )?(?:the )?((?:[A-Z][\w'’-]+ ){1,3}(?:[Bb]ranch|[Tt]erminal|[Hh]ub|[Cc]ent(?:re|er)|[Ss]tore|[Dd]epot|[Ww]arehouse|[Ss]tation|[Aa]irport|[Oo]ffice|[Pp]ort|[Yy]ard))\b"
    r"|\b(?:in|at|near|from|to) (?:the )?([A-Z][a-z]{2,}(?: [A-Z][a-z]{2,})?)\b(?!['’]s)"
)
_NO_ENGLISH_PLACE = frozenset(
    ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday", "january", "february", "march", "april", "may", "june", "july", "august", "september", "october", "november", "december", "customer", "support", "english", "korean", "the", "this", "that", "god", "christmas", "easter"]
)  # fmt: skip
LONGEST = 3_000


def places_in(text: str, not_places: frozenset[str] = frozenset()) -> frozenset[str]:
    """Return the places that ``text`` names; ``not_places`` (case folded) are names of the watch itself."""
    shown = text[:LONGEST]
    korean = (hit[1].strip() for hit in _KO.finditer(shown))
    english = ((hit[1] or hit[2]).strip() for hit in _EN.finditer(shown))
    found = {place for place in korean if not _NO_PLACE.search(place)}
    found |= {place for place in english if place.split()[0].casefold() not in _NO_ENGLISH_PLACE}
    return frozenset(place for place in found if not any(name in place.casefold() or place.casefold() in name for name in not_places))


def most_named(texts: Iterable[tuple[object, str]], watch: str, least: int = 2) -> list[tuple[str, int]]:
    """Return (place, people) for ``texts`` given as (author, text): places that at least ``least`` people name, most first."""
    people: dict[str, set[object]] = {}
    own = frozenset({watch.casefold()})
    for author, text in texts:
        for place in places_in(text, own):
            people.setdefault(place, set()).add(author)
    counted = ((place, len(who)) for place, who in people.items() if len(who) >= least)
    return sorted(counted, key=lambda pair: (-pair[1], pair[0]))

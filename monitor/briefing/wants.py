# ruff: noqa: E501 - a pattern is read better on one line
"""What customers want, by the words they use: a small lexicon for each language, counted in people.

A pattern is the wish itself or the complaint that it was not granted ("no reply for a week" wants a reply). What was granted already
("refunded within the hour", "환불받았습니다") is no wish. Measured precision: docs/design.md, "The brief".
"""

from __future__ import annotations

import re
from collections.abc import Iterable

WANTS = (
    "refund",
    "compensation",
    "reply",
    "repair",
    "replacement",
    "delivery",
    "apology",
    "information",
    "punishment",
    "improvement",
    "leave",
)
"""In this order where equally many people want two things: the more costly and the more definite first."""

_KO = {
    "refund": r"환불(?! ?(?:을 |도 |이 |은 )?(?:받았|받음|됐|되었|완료|처리 ?(?:됐|되었|완료)|규정|정책))|돈 ?(?:을 |도 |이나 |좀 |부터 )?(?:돌려|뱉)"
    r"|(?:요금|금액|수수료|결제 ?금액|차액|위약금)(?:을|를|은|는)? ?(?:좀 )?돌려",
    "compensation": r"보상(?!직원|팀|과 |부서| 담당| ?(?:을 |은 |도 )?(?:받았|받음|완료|됐|판매))|배상|변상|물어 ?(?:내|줘|주세|달)|(?<!떼보니 )수리비(?= ?(?:는|를|도|만|라도|조차|청구|물|안|못))|렌트비",
    "reply": r"답변|답장|회신|묵묵부답|읽씹|무응답|응답(?:이|도|은)? ?없|(?:연락|전화|콜백|문의|톡)(?:을|를|이|도|은|는|좀|은커녕)? ?"
    r"(?:좀 )?(?:주세|주시|줘|달라|없|안 ?(?:와|오|옴|돼|되|받|주|줌)|못 ?받|씹|바랍|부탁|두절)|(?:전화|상담)(?:를|을|은|는|도)? ?(?:받지|받질|연결)",
    "repair": r"(?<!정)수리(?!비|받은| ?(?:완료|됐))|고쳐 ?(?:주(?!심|셨|었)|줘|달|놔|놓|내)|복구(?!됐|되었|완료)|원상|재도색|(?<![A-Za-z])[Aa]/?[Ss](?![A-Za-z])",
    "replacement": r"교환(?!학생)|교체(?:해|를 ?(?:요구|요청|원)| ?(?:요청|부탁))|재발송|다시 ?보내|새 ?(?:것|걸|제품|상품|차)(?:으로|로) ?(?:바꿔|교)",
    "delivery": r"(?<!다시 )(?<!다시)보내 ?(?:줘|주세요|주시|달라|라고)|갖다 ?(?:줘|주세|달)|가져다 ?(?:줘|주세|달)|(?:배송|배달|출고|탁송)(?:을|를)? ?(?:좀 )?"
    r"(?:해 ?(?:줘|주세|달)|부탁|재촉)|(?:빨리|얼른|언제) ?(?:좀 )?(?:와|오나|오나요|옴|오는|받|도착|출발|보내|줄)",
    "apology": r"사과(?= ?(?:를|도|는|은|만|라도|조차|하|해|한 ?마디|없|부터|요구|한번|전화|의))(?! ?(?:를|하)? ?(?:받았|깎))"
    r"|사죄|(?:미안|죄송)하다는 ?(?:말|한 ?마디|소리|문자|전화)(?:도|조차|은|는)? ?(?:없|안|한)",
    "information": r"해명|설명(?:을|이|도|은|조차)? ?(?:좀 )?(?:해 ?(?:주|줘|달)|없|부탁|바랍|요구|듣|안)|안내(?:도|가|를|조차|문자도|는)? ?(?:좀 )?(?:없|부탁|바랍|안 ?해|못)"
    r"|확인(?:을|좀)? ?(?:좀 )?(?:부탁|바랍|해 ?(?:주|줘|달))|알려 ?(?:주세|주시|줘|달|주면)|공지(?:도|가|는|조차|라도|하나)? ?(?:없|안|좀|해)"
    r"|(?:언제|어디|얼마나|며칠)[^.!?\n]{0,25}(?:까요|나요|는지요?(?= |\?|$|도|요)|은가요|인가요|건가요|됩니까|는 ?거죠|죠\?|예요\?|와요|돼요)|왜 [^.!?\n]{0,30}(?:까요|나요|는 ?거죠|건가요|는지요)",
    "punishment": r"징계|처벌|(?<!동)해고|파면|(?:짤|잘)라(?:라|야)|고소(?= ?(?:하겠|할|합니다|했|장|도|를|까지|감|각|준비))|고발|소송(?! 냄새)|소비자원|소비자보호원|신문고|금감원|방통위|국토부|공정위|(?<!청원)경찰|(?:112|119|구청|시청|당국|언론|기관)에 ?신고|(?<!사고 )(?<!분실 )(?<!고장 )신고 ?"
    r"(?:할 ?(?:거|게|래|수밖)|하려|각|하겠|넣|예정|감\b)",
    "improvement": r"개선|재발 ?방지|대책|시정|바로잡|고쳐야|정신 ?(?:좀 )?차려|제대로 ?(?:좀 )?(?:해|하|관리|교육)|교육 ?(?:좀|을 ?(?:좀 )?(?:시|해))",
    "leave": r"불매|(?:해지|탈퇴) ?(?:하겠|할게|할래|할 ?거|각|합니다|함(?! ?[가-힣])|하려|해야|하고 ?싶|하러)|손절|갈아타|(?:다시는|다신|두 ?번 다시|앞으로)[^.!?\n]{0,15}(?:안|않|말|못)|거른다|거릅니다|믿고 ?거",
}
_EN = {
    "refund": r"\brefund(?!(?:ed)?\b[^.!?]{0,20}\b(?:arrived|came through|was quick|policy|within)\b|ed (?:me|us|in full|within|the same))\w*"
    r"|money back|(?:give|pay|send|return)\b[^.!?]{0,15}\b(?:my|our|the) (?:money|deposit|fee)\b(?: back)?|overcharged|charged? (?:me |us )?(?:twice|double)",
    "compensation": r"\bcompensat\w+|\breimburs\w+|\bdamages\b(?= (?:claim|paid))|\bclaim(?:s|ed)?\b(?= (?:denied|rejected|form|is|was|number))|(?:refus\w+ to|won't|will not|should|must|going to) pay\b|pay for (?:the|this|my) (?:repair|damage|loss|rental|scratch)",
    "reply": r"\b(?:no|any|without an?|still no|zero|waiting for an?|await\w*) (?:reply|response|answer|call ?back|callback|word)\b|(?:nobody|no one|noone|no-one) "
    r"(?:answers|replies|responds|picks up|calls|called|has called|has answered|has replied|is answering|will answer|answered|replied|rang|rings)"
    r"|\b(?:please|to|never|not|n't|won't|will) (?:answer|reply to|respond to|return) (?:me|us|my|our|the phone|your|any|a single|emails?|calls?)\b|\bignor(?:ed|ing|es) (?:me|us|my|our|all|every)\b|\bghost(?:ed|ing)\b"
    r"|\b(?:please|to|never|not|n't|won't) (?:call|ring|phone|email|message|contact|get back to) (?:me|us)(?: back)?\b|(?<!still )\bon hold\b(?! \d+ (?:days|weeks|months))|(?:never|not|n't) (?:replied|answered|responded|called back|rung back|got back)",
    "repair": r"\brepair(?!er|s? (?:partner|call|shop)|ed (?:it )?(?:within|the same|quickly))\w*|\bfix (?:it|this|that|the|your|my)\b|\bget (?:it|this) fixed\b|\bneeds? fixing\b|\brespray",
    "replacement": r"\breplacement\b(?! (?:bus|coach|driver|train|service|part))|\breplace (?:it|the|my|this|them)\b|\bexchange (?:it|the|my|this|them)\b|\bsend (?:me |us )?(?:a|another|a new|the right|the correct) (?:new |one)",
    "delivery": r"\b(?:where(?:'s| is| are|s)|when (?:will|is|are|does|do|can)) [^.!?]{0,20}\b(?:my|our|the) (?:\w+ ){0,2}?(?:car|parcel|order|package|vehicle|delivery|truck|van|sofa|item|box|luggage|bag|shipment)"
    r"|\b(?:just|please|finally|ever) (?:deliver|send|bring) (?:it|my|our|me|us)\b|still (?:waiting for|not (?:here|arrived|delivered)|no (?:sign of|car|parcel|delivery|van|truck|sofa))",
    "apology": r"(?:\bno|\bnot (?:even )?an?|without an?|\b(?:want|demand|expect|deserve|owe[ds]?)(?: (?:me|us|her|him|them|my \w+))? an?|awaiting an?|never|apart from an?|where is (?:the|my)) (?:\w+ )?apolog\w+|\bapologi[sz]e to\b|(?:won't|refus\w+ to|should|please|must|could at least) apologi[sz]e|\bsay(?:ing)? sorry\b|\bnot even (?:a )?sorry\b|\b(?:an?|no) sorry\b",
    "information": r"\b(?:why|when|where|how long)\b[^.!?\n]{2,80}\?|\b(?:no|any|an|without) (?:explanation|update|information|notice|warning|word of)s?\b|\bexplain\b"
    r"|\btell (?:me|us) (?:what|why|when|where|how|who)\b|\blet (?:me|us) know\b|\bplease (?:confirm|advise|check|clarify|look)\b|\bcan (?:someone|anyone|you) (?:tell|explain|confirm|check)\b|nobody (?:can|could|will) (?:tell|say|explain)",
    "punishment": r"\bfire(?:d)? (?:him|her|them|the|that)\b|\bsack(?:ed)?\b|\bsu(?:e|ing)\b|\b(?:ask|see|call|to|from|with) (?:my|a|our|the) (?:lawyer|solicitor)|\bsmall claims\b|\b(?:call\w*|to|told) the police\b|\breport(?:ed|ing)? (?:you|them|this|it|him|her) to\b|\bombudsman\b"
    r"|\btrading standards\b|\bregulator\b|\bICO\b|\bBBB\b|\bchargeback\b|\bprosecut\w+|\baccountable\b|\binvestigat\w+",
    "improvement": r"\bdo better\b|\b(?:must|should|please|needs? to) improve\b|\bneeds? improvement\b|\bsort (?:it|this|that|yourselves|yourself|your \w+)(?: out)?\b|\bget (?:it|your act|your \w+) together\b|\btrain (?:your|them|the|your)\b"
    r"|\bneeds? (?:to (?:change|stop|look at|sort)|training|sorting)\b|\bplease (?:stop|change|correct)\b|\bsomebody (?:look|should|needs)",
    "leave": r"\bboycott|\bnever (?:\w+ )?(?:again|using|booking|ordering|shopping|buying)\b|\bnever (?:use|book|order|buy|ship|shop|fly|stay)\b|\bcancell?ing\b"
    r"|\bswitch(?:ed|ing)? to\b|\btak(?:e|ing) (?:my|our) (?:business|money|custom)\b|\bavoid\b|\bsteer clear\b|\bstay away\b|\blost (?:me|a customer)\b|\bdone with\b",
}
LEXICON: dict[str, dict[str, re.Pattern[str]]] = {
    "ko": {want: re.compile(pattern) for want, pattern in _KO.items()},
    "en": {want: re.compile(pattern, re.IGNORECASE) for want, pattern in _EN.items()},
}
_HANGUL = re.compile("[가-힣]")
LONGEST = 5_000


def wants_in(text: str) -> dict[str, tuple[int, int]]:
    """Return what the author of ``text`` wants, each with the place of the words that say so; Korean if it has Korean letters."""
    shown = text[:LONGEST]
    patterns = LEXICON["ko" if _HANGUL.search(shown) else "en"]
    found = ((want, pattern.search(shown)) for want, pattern in patterns.items())
    return {want: hit.span() for want, hit in found if hit is not None}


def most_wanted(texts: Iterable[tuple[object, str]]) -> list[tuple[str, int]]:
    """Return (want, people) for ``texts`` given as (author, text), the most wanted first; one person counts once for each want."""
    people: dict[str, set[object]] = {}
    for author, text in texts:
        for want in wants_in(text):
            people.setdefault(want, set()).add(author)
    return sorted(((want, len(who)) for want, who in people.items()), key=lambda pair: (-pair[1], WANTS.index(pair[0])))

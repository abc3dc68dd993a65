"""Which language a short, mixed post is in: Korean and English well, others by their script or their commonest words."""

from __future__ import annotations

import re
from collections import Counter

_MASKED = re.compile(r"https?://\S+|www\.\S+|@\w+|\b(?:URL|EMAIL|PHONE|NUMBER)\b|\S{1,64}@\S{1,64}\.\S+")
_MASK_SIGNS = ("@", "://", "www.", "URL", "EMAIL", "PHONE", "NUMBER")
_LATIN_WORD = re.compile(r"[a-zà-öø-ɏḀ-ỿ']+")
_CODE = re.compile(r"([a-z]{2,3})(?:[-_][a-z0-9]+)*", re.IGNORECASE)
_UNSTATED = frozenset({"und", "zxx", "mul", "mis", "qam", "qct", "qht", "qme", "qst", "art", "unk"})
_LONGER_CODES = {"kor": "ko", "eng": "en", "jpn": "ja", "zho": "zh", "chi": "zh"}

_HANGUL = re.compile("[\uac00-\ud7a3\u3131-\u318e\u1100-\u11ff]")
_OTHER_SCRIPTS = re.compile("[\u0370-\u10ff\u1200-\u1fff\u3041-\u30ff\u3400-\u9fff\uff66-\uff9d]")
_SCRIPTS = (  # first match wins: (language, first, last code point)
    ("ja", 0x3041, 0x30FF), ("ja", 0xFF66, 0xFF9D),
    ("zh", 0x4E00, 0x9FFF), ("zh", 0x3400, 0x4DBF), ("ru", 0x0400, 0x052F), ("el", 0x0370, 0x03FF), ("he", 0x0590, 0x05FF),
    ("ar", 0x0600, 0x06FF), ("ar", 0x0750, 0x077F), ("hi", 0x0900, 0x097F), ("bn", 0x0980, 0x09FF), ("ta", 0x0B80, 0x0BFF),
    ("th", 0x0E00, 0x0E7F), ("lo", 0x0E80, 0x0EFF), ("my", 0x1000, 0x109F), ("ka", 0x10A0, 0x10FF), ("km", 0x1780, 0x17FF),
    ("mn", 0x1800, 0x18AF), ("hy", 0x0530, 0x058F),
)  # fmt: skip

_COMMON = {
    "en": "the a an and of to in is it i you my me we he she they that this was were be been have has had for on with at not no "
    "do does did don't can't won't isn't didn't doesn't it's i'm i've but so if or as just what when where why how who your "
    "our their from are am will would can could should never still again please help thanks thank get got out up down about "
    "after before all they're there any than then lol omg wtf u ur im dont cant worst best good bad love hate waiting "
    "delivery refund order package app service customer support car",
    "es": "el los las de que y en un una por con para su del se lo como más pero sus le ya o este sí porque esta entre cuando muy "
    "sin sobre también me hasta hay donde quien desde todo nos durante todos uno les ni contra otros ese eso ante ellos e "
    "esto mí antes algunos qué unos yo otro es está mi tu paquete semanas esperando llevo nada nadie tengo estoy pedido "
    "dónde cuándo dicen tampoco siempre nunca gracias mal servicio hace",
    "fr": "le la les des et en un une du que qui dans pour pas sur au avec ce il est je ne se plus par vous mais nous tout cette "
    "sont être c'est j'ai n'est ont son ses aux ces leur si très bien même où mon ma mes votre j'attends depuis toujours "
    "était été fait j' reçu colis aucune semaines jamais rien merci chez avez livraison commande",
    "de": "der die das und ist nicht ich zu den mit von auf für im dem ein eine einen es sich auch als an wie bei oder nur noch "
    "nach aus wenn aber man wir werden wird haben hat bin sind war sehr mein meine kein keine immer schon über seit warum "
    "wo wann paket wochen da mir uns habe euch ihr niemand lieferung bestellung bitte danke schlecht drei warten",
    "pt": "o os as de que e do da em um uma para com não por mais dos como mas ao ele das à seu sua ou quando muito nos já eu "
    "também só pelo pela até isso ela entre depois sem mesmo aos seus quem nas me esse eles você está minha meu é foi são "
    "pedido chegou semanas nada nunca obrigado encomenda ninguém estou entrega",
    "it": "il lo la i gli le di che e è un una per non con sono mi ho ha si ma come più da del della anche questo questa nel alla "
    "cosa perché quando mio mia molto tutto ancora già solo dei delle stato pacco arrivato settimane mai grazie aspetto "
    "ordine nessuno",
    "nl": "de het een en van ik te dat die in is niet op zijn met voor er maar om aan ook als dan bij nog uit wel naar heb heeft "
    "mijn wat geen worden deze al wordt jullie waarom veel",
    "id": "yang dan di ini itu dengan untuk tidak dari dalam akan pada juga saya ke karena ada kami kita mereka sudah saja bisa "
    "oleh atau kamu belum nya aku gak ga banget aja udah kok sih lagi kalau paket barang sampai mana kapan barangnya "
    "pesanan tolong",
    "vi": "và của là không có được cho một các tôi này với người những trong khi đã đến bạn rất cũng như để ở thì mà hàng giao "
    "chưa",
    "tr": "bir ve bu için çok ama da de ne ben var yok daha gibi mi değil olarak olan kadar sonra şey bana neden hala kargo",
    "pl": "i w nie na się z do to że jest jak o co ale po tak za od już jestem przez dla czy jego mnie jeszcze tylko paczka",
    "tl": "ang ng sa mga na ay at ko mo siya ako hindi naman lang po din rin kasi pero wala yung nga ba sana",
    "sv": "och att det som en på är av för med den till inte har de ett om var jag men ni från nu kan mycket",
}  # fmt: skip
_SPEAKERS: dict[str, tuple[str, ...]] = {}
for _language, _words in _COMMON.items():
    for _word in set(_words.split()):
        _SPEAKERS[_word] = (*_SPEAKERS.get(_word, ()), _language)


def primary(code: str | None) -> str | None:
    """Return the primary subtag of a stated language (``ko`` of ``ko-KR``), or None where none is stated (``und``, empty, not a code)."""
    match = _CODE.fullmatch((code or "").strip())
    if not match:
        return None
    language = match.group(1).lower()
    return None if language in _UNSTATED else _LONGER_CODES.get(language, language)


def detect(text: str) -> tuple[str, float]:
    """Return the language (ISO 639-1; ``und`` where nothing tells) and the certainty in 0..1.

    Names, links and handles of Latin letters in a Korean text do not make it English: a Hangul syllable weighs as much as a word.
    """
    kept = _MASKED.sub(" ", text) if any(sign in text for sign in _MASK_SIGNS) else text
    words = _LATIN_WORD.findall(kept.lower())
    letters = _letters_by_script(kept)
    weights = {language: count / 2 for language, count in letters.items()}
    if letters.get("ja") and letters.get("zh"):
        weights["ja"] += weights.pop("zh")
    latin = _latin(words)
    if latin:
        weights[latin[0]] = weights.get(latin[0], 0.0) + len(words) * 0.8
    if not weights:
        return "und", 0.0
    language = max(sorted(weights), key=weights.__getitem__)
    share = weights[language] / sum(weights.values())
    if latin and language == latin[0] and not letters.get(language):
        return language, share * latin[1]
    return language, share * (1 - 0.5 ** (2 * weights[language] + 1))


def _letters_by_script(text: str) -> dict[str, int]:
    if text.isascii():
        return {}
    counts: dict[str, int] = {}
    korean = len(_HANGUL.findall(text))
    if korean:
        counts["ko"] = korean
    for character in _OTHER_SCRIPTS.findall(text):
        code = ord(character)
        for language, first, last in _SCRIPTS:
            if first <= code <= last:
                counts[language] = counts.get(language, 0) + 1
                break
    return counts


def _latin(words: list[str]) -> tuple[str, float] | None:
    """Return the likeliest language of words in Latin letters and how sure that is; English unless common words say otherwise.

    Each common word by which the best language leads halves the doubt.
    """
    if not words:
        return None
    known = Counter(language for word in words for language in _SPEAKERS.get(word, ()))
    leads = {language: float(count) for language, count in known.items()}
    leads["en"] = leads.get("en", 0.0) + 0.6
    best = max(sorted(leads), key=leads.__getitem__)
    second = max((count for language, count in leads.items() if language != best), default=0.0)
    accented = sum(any(letter > "\u007f" for letter in word) for word in words)
    lead = leads[best] - second + (min(accented, 2) if best != "en" else -accented)
    return best, 1 - 0.5 ** max(lead + 0.4, 0.2)

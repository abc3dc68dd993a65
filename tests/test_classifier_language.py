import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.language import detect, primary

KOREAN = [
    "배송 왜 안 와요",
    "ㅋㅋㅋㅋ",
    "ㅠㅠ",
    "FedEx 진짜 ㅋㅋ",
    "SKT 뭐함",
    "앱 업데이트하고 login 안 됨",
    "@handle 환불 https://a.example/b?c=the+and+of",
]
ENGLISH = [
    "where is my parcel",
    "502 since this morning",
    "lol",
    "tbh worst app ever",
    "iPhone 15 Pro Max",
    "WTF!!! 😡😡",
    "한울 delivery is late again and again",
]
OTHERS = {
    "ja": "荷物がまだ届かないんですけど",
    "zh": "快递还没到，已经三个星期了",
    "ru": "где моя посылка",
    "ar": "السلام عليكم أين الطرد",
    "th": "พัสดุยังไม่มาเลย",
    "es": "¿Dónde está mi paquete? llevo tres semanas esperando y no me dicen nada",
    "fr": "Je n'ai toujours pas reçu mon colis",
    "de": "Wo ist mein Paket, seit drei Wochen nicht da",
    "pt": "Meu pedido não chegou até agora e ninguém responde",
    "it": "Il mio pacco non è ancora arrivato dopo due settimane",
    "vi": "Bưu kiện của tôi vẫn chưa được giao",
}


@pytest.mark.parametrize("text", KOREAN)
def test_korean(text):
    assert detect(text)[0] == "ko"


@pytest.mark.parametrize("text", ENGLISH)
def test_english(text):
    assert detect(text)[0] == "en"


@pytest.mark.parametrize(("language", "text"), OTHERS.items())
def test_other_languages_are_told_with_certainty(language, text):
    told, certainty = detect(text)
    assert told == language
    assert certainty > 0.9


@pytest.mark.parametrize("text", ["", "   ", "😀😀😀", "123 456", "!!!", "@user URL", "https://a.example/the/and/of"])
def test_nothing_tells(text):
    assert detect(text) == ("und", 0.0)


def test_a_few_foreign_words_are_not_certain():
    assert detect("hola")[1] <= 0.9
    assert detect("merci")[1] <= 0.9


@given(st.text())
def test_any_text_gets_an_answer(text):
    language, certainty = detect(text)
    assert language == "und" or primary(language) == language
    assert 0 <= certainty <= 1


@pytest.mark.parametrize(
    ("stated", "language"),
    [
        ("ko", "ko"),
        ("ko-KR", "ko"),
        ("EN_us", "en"),
        ("kor", "ko"),
        ("ja", "ja"),
        ("und", None),
        ("zxx", None),
        ("", None),
        (None, None),
        ("??", None),
    ],
)
def test_stated_language(stated, language):
    assert primary(stated) == language

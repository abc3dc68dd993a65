import hashlib
import json
import shutil
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from monitor.classifiers import KINDS
from monitor.classifiers.embedded import Embedded, Options
from monitor.classifiers.embedded.linear.features import grams, term_hash
from monitor.classifiers.embedded.linear.weights import HEADS
from monitor.classifiers.embedded.pieces import MARK_PIECE, MOST, cut
from monitor.classifiers.embedded.wording import EMAIL, LINK, LONGEST, MARK, NUMBER, PHONE, USER, joined, marked
from monitor.domain import TOPICS, Passage, Sentiment
from monitor.errors import ModelError
from scripts.evaluation import classifier_table, diversity, halves
from scripts.training.corpus import SECOND, Example

ROOT = Path(__file__).resolve().parents[1]
SHIPPED = ROOT / "models" / "embedded"


@pytest.fixture(scope="module")
def model():
    return Embedded()


def about(text, term, language=None):
    at = text.index(term)
    return Passage(text, ((at, at + len(term)),), language)


# --- wording


def test_the_company_is_marked_before_handles_and_links_are_masked():
    text = "@hanulauto_cs 한울오토 답이 없네 @friend https://hanulauto.example/x me@mail.com 010-1234-5678 900101-1234567"
    spans = ((1, 10), (14, 18), (text.index("hanulauto.example"), text.index(".example")))
    even = joined([marked(text, spans)])
    assert even == f" {MARK} {MARK} 답이 없네 {USER} {MARK} {EMAIL} {PHONE} {NUMBER} "


def test_masked_words_of_the_training_data_equal_the_real_thing():
    assert joined(["@user URL EMAIL PHONE NUMBER"]) == f" {USER} {LINK} {EMAIL} {PHONE} {NUMBER} "


def test_spelling_is_evened_out():
    assert joined(["ㅋㅋㅋㅋㅋㅋ  GOOD!!!!!!\n2024년\u200b 15일"]) == " ㅋㅋㅋ good!!! 000년 00일 "


def test_a_text_cannot_forge_the_mark():
    assert MARK not in joined([marked(f"{MARK} 최악", ())])


@pytest.mark.parametrize("spans", [((-5, 2), (1, 900)), ((3, 3),), ((5, 2),), ((0, 4), (2, 6)), ((100, 200),)])
def test_odd_spans_do_no_harm(model, spans):
    assert 0 <= model.classify([Passage("한울오토 최악", spans)])[0].complaint <= 1


def test_a_mark_deep_in_a_long_text_is_kept():
    text = "가" * 50_000 + "한울오토 최악이다" + "나" * 50_000
    short = marked(text, ((50_000, 50_004),))
    assert MARK in short
    assert len(short) <= LONGEST + 1


# --- features


def found(text, term):
    taken = grams([marked(text, ())], (2, 5))
    return int((taken.terms == np.uint64(term_hash(term))).sum())


def test_terms_are_found_as_pieces_words_and_pairs():
    assert found("환불 언제 환불", "환불") == 2
    assert found("the customer service", "customer service") == 1
    assert found("the customer  service", "=customer") == 1
    assert found("customers service", "customer service") == 0


def test_texts_do_not_leak_into_each_other():
    texts = ["배송 느려", "", "느려 배송", " ", "😀", "a"]
    together = grams(texts)
    for at, text in enumerate(texts):
        alone = grams([text])
        assert sorted(together.hashes[together.owner == at]) == sorted(alone.hashes)


# --- verdicts


def test_the_kind_is_registered(model):
    assert KINDS["embedded"] == "monitor.classifiers.embedded:Embedded"
    name, version = model.model.split("@")
    assert name == "embedded"
    assert int(version) >= 2


def test_labels_are_complete(model):
    labels = model.classify([about("한울오토 탁송 일주일째 안 와요", "한울오토")])[0]
    assert set(labels.sentiment_scores) == {"neg", "neu", "pos"}
    assert set(labels.topic_scores) == set(TOPICS)
    assert sum(labels.sentiment_scores.values()) == pytest.approx(1, abs=1e-4)
    assert sum(labels.topic_scores.values()) == pytest.approx(1, abs=1e-4)
    assert labels.topic == max(TOPICS, key=labels.topic_scores.__getitem__)
    assert labels.sentiment == max(Sentiment, key=lambda one: labels.sentiment_scores[one.value])


def test_no_passages_no_verdicts(model):
    assert model.classify([]) == []


HOSTILE = [
    "",
    " ",
    "\x00\x01",
    "\ud800 broken \udfff",
    "😀👨‍👩‍👧‍👦🏳️‍🌈",
    "مرحبا أين طلبي؟",
    "\u202e gnp.exe",
    "a\u0300" * 500,
    "\u200b\u200d\ufeff",
    "ㅋ" * 100_000,
    "배송 " * 40_000,
    "@" * 5_000,
    "a@" * 5_000,
    "0-" * 5_000,
    "\n\r\t\u2028",
    MARK * 10,
]


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_hostile_texts_get_a_verdict_in_time(model, text):
    started = time.perf_counter()
    labels = model.classify([Passage(text, ((0, 1),))])[0]
    assert 0 <= labels.complaint <= 1
    assert time.perf_counter() - started < 2


PIECES = [
    "한울오토",
    "환불",
    "배송이 늦",
    " ",
    "\n",
    "ㅋㅋㅋㅋㅋ",
    "!!!",
    "@hanul_auto",
    "https://a.b/c",
    "never again",
    "Hanul Auto",
    "9일째",
]
PIECES += ["😡", "é", "\x00"]
TEXTS = st.one_of(st.text(max_size=60), st.lists(st.sampled_from(PIECES), max_size=15).map("".join))
PASSAGES = st.lists(
    st.builds(
        Passage,
        TEXTS,
        st.lists(st.tuples(st.integers(-2, 60), st.integers(-2, 60)), max_size=2).map(tuple),
        st.sampled_from([None, "ko", "en", "ja", "und"]),
    ),
    max_size=12,
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(PASSAGES)
def test_a_batch_gives_what_single_calls_give(model, passages):
    assert model.classify(passages) == [model.classify([passage])[0] for passage in passages]


def test_blocks_do_not_change_verdicts(model):
    passages = [Passage(f"{n}번째 주문도 늦네요 정말 " * (1 + n % 40)) for n in range(1_100)]
    assert model.classify(passages)[::137] == [model.classify([passage])[0] for passage in passages[::137]]


@pytest.mark.parametrize(
    ("text", "stated", "language", "open_sentiment"),
    [
        ("배송 왜 안 와요", None, "ko", False),
        ("where is my parcel", None, "en", False),
        ("荷物がまだ届きません。もう二週間です", None, "ja", True),
        ("где моя посылка уже третья неделя", None, "ru", True),
        ("배송 왜 안 와요", "ja", "ja", True),
        ("荷物がまだ届きません。もう二週間です", "ko", "ko", False),
        ("배송 왜 안 와요", "ko-KR", "ko", False),
        ("😀😀", None, "und", False),
        ("", None, "und", False),
    ],
)
def test_other_languages_leave_the_sentiment_open(model, text, stated, language, open_sentiment):
    labels = model.classify([Passage(text, (), stated)])[0]
    assert labels.language == language
    assert (labels.sentiment is None) is open_sentiment


COMPLAINTS = [
    ("한울오토 탁송 맡겼는데 일주일째 안 와요 언제 도착하나요", "delivery_delay"),
    ("한울오토에서 차 받았는데 범퍼에 긁힌 자국이 있네요 보상해주세요", "damage_loss"),
    ("한울오토 환불 신청한 지 한 달인데 입금이 안 됐어요", "refund_billing"),
    ("한울오토 고객센터 전화 30분째 대기만 시키고 연결이 안 됨", "customer_service"),
    ("한울오토 앱 로그인하면 튕겨요 업데이트하고 계속 오류나네", "app_website"),
    ("한울오토 기사님이 반말하고 소리 지르고 너무 불친절해요", "staff_behaviour"),
    ("한울오토 개인정보 유출된 거 같아요 스팸 전화가 계속 와요", "privacy"),
    ("Hanul Auto delivered my car with a huge scratch on the door, unacceptable", "damage_loss"),
    ("Hanul Auto my car is 9 days late and nobody answers, where is it?", "delivery_delay"),
    ("Hanul Auto charged me twice and still no refund", "refund_billing"),
]
HARMLESS = [
    "한울오토 탁송 비용 얼마인가요? 다음 달에 맡기려고요",
    "한울오토 기사님 너무 친절하시고 차도 깨끗하게 잘 받았습니다 감사합니다",
    "[속보] 한울오토 3분기 영업이익 12% 증가",
    "한울오토 주가 또 떨어지네 손절해야 하나",
    "한울오토 채용 공고 떴다 지원하실 분",
    "Hanul Auto was great, car arrived early and spotless. Thank you!",
    "Has anyone used Hanul Auto? Thinking of booking next month",
    "Hanul Auto shares fall 3% after earnings",
]


def passage(text):
    return about(text, "한울오토" if "한울오토" in text else "Hanul Auto")


def test_plain_complaints_are_complaints_at_one_half(model):
    said = [labels.complaint >= 0.5 for labels in model.classify([passage(text) for text, _ in COMPLAINTS])]
    assert sum(said) >= len(said) - 1


def test_plain_topics_are_told(model):
    said = [labels.topic for labels in model.classify([passage(text) for text, _ in COMPLAINTS])]
    assert sum(a == topic for a, (_, topic) in zip(said, COMPLAINTS, strict=True)) >= len(COMPLAINTS) - 2


def test_harmless_posts_are_no_complaints_at_one_half(model):
    said = [labels.complaint >= 0.5 for labels in model.classify([passage(text) for text in HARMLESS])]
    assert sum(said) <= 1


def test_whose_failure_it_is_matters(model):
    text = "세명탁송 진짜 최악이네요 일주일째 차가 안 와요. 다음엔 한울오토 써야지"
    ours, theirs = model.classify([about(text, "한울오토"), about(text, "세명탁송")])
    assert ours.complaint < theirs.complaint


# --- the file


def test_the_card_fits_the_file():
    card = json.loads((SHIPPED / "card.json").read_text(encoding="utf-8"))
    files = {"weights.npz", "model.onnx", "tokenizer.json"}
    assert card["sha256"] == {name: hashlib.sha256((SHIPPED / name).read_bytes()).hexdigest() for name in files}
    assert card["labels"]["topic"] == list(TOPICS)
    assert {"name", "version", "data", "metrics", "cost", "masks", "limits"} <= set(card)


def test_the_card_s_figures_are_over_the_floors():
    metrics = json.loads((SHIPPED / "card.json").read_text(encoding="utf-8"))["metrics"]
    for name, figure, floor, aim in classifier_table.OPEN:
        key = "two_class_accuracy" if name in classifier_table.TWO_CLASSES else figure
        assert aim is None or metrics["open, texts never learnt from"][name]["mixed"][key] > floor, name
    for figure, floor, _ in classifier_table.OWN:
        assert metrics["own, writers left out"]["all"][figure] > floor, figure


def test_the_model_is_small_and_loads_fast():
    assert sum(path.stat().st_size for path in SHIPPED.iterdir()) < 25_000_000
    started = time.process_time()
    Embedded()
    assert time.process_time() - started < 1


def test_no_folder_is_told(tmp_path):
    with pytest.raises(ModelError, match=r"cannot read the model card .*nowhere"):
        Embedded(Options(model=str(tmp_path / "nowhere")))


def damaged(tmp_path, change):
    folder = tmp_path / "model"
    shutil.copytree(SHIPPED, folder)
    change(folder)
    return Options(model=str(folder))


def flipped(name):
    def change(folder):
        content = bytearray((folder / name).read_bytes())
        content[len(content) // 2] ^= 1
        (folder / name).write_bytes(content)

    return change


def with_card(**changes):
    def change(folder):
        card = json.loads((folder / "card.json").read_text(encoding="utf-8"))
        (folder / "card.json").write_text(json.dumps(card | changes), encoding="utf-8")

    return change


def replaced(name, content):
    """The file has other content than a model's, but the one that the card states."""

    def change(folder):
        (folder / name).write_bytes(content)
        card = json.loads((folder / "card.json").read_text(encoding="utf-8"))
        stated = card["sha256"] | {name: hashlib.sha256(content).hexdigest()}
        (folder / "card.json").write_text(json.dumps(card | {"sha256": stated}), encoding="utf-8")

    return change


OTHER_PIECES = {"type": "WordLevel", "vocab": {"<pad>": 0, "a": 1}, "unk_token": "a"}
OTHER_TOKENIZER = {"version": "1.0", "truncation": None, "padding": None, "added_tokens": [], "normalizer": None}
OTHER_TOKENIZER |= {"pre_tokenizer": None, "post_processor": None, "decoder": None, "model": OTHER_PIECES}


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (lambda folder: (folder / "weights.npz").unlink(), "cannot read the model file"),
        (lambda folder: (folder / "card.json").unlink(), "cannot read the model card"),
        (lambda folder: (folder / "card.json").write_text("{"), "not valid JSON"),
        (lambda folder: (folder / "card.json").write_text("[]"), "lacks the labels"),
        (flipped("weights.npz"), "is damaged"),
        (flipped("model.onnx"), "is damaged"),
        (flipped("tokenizer.json"), "is damaged"),
        (lambda folder: (folder / "model.onnx").unlink(), "cannot read the model file"),
        (lambda folder: (folder / "tokenizer.json").unlink(), "cannot read the model file"),
        (with_card(labels={"topic": ["other"]}), "topics on the card"),
        (with_card(format=99), "has format 99"),
        (replaced("weights.npz", b"no arrays"), "linear model cannot be read"),
        (replaced("model.onnx", b"no graph"), "network of the model cannot be read"),
        (replaced("tokenizer.json", b"no pieces"), "tokenizer of the model cannot be read"),
        (replaced("tokenizer.json", b"\xff\xfe"), "tokenizer of the model cannot be read"),
        (replaced("tokenizer.json", json.dumps(OTHER_TOKENIZER).encode()), "lacks the special pieces"),
        (with_card(mixing=None), "does not say how its models are mixed"),
        (with_card(mixing={"pole": [1.0], "neutral": [1.0], "complaint": [1.0], "topic": [1.0]}), "mixes other signs"),
        (with_card(sha256="one for all"), "lacks the SHA-256"),
    ],
)
def test_a_missing_or_damaged_model_is_told(tmp_path, change, told):
    with pytest.raises(ModelError, match=told):
        Embedded(damaged(tmp_path, change))


def modules_after(code, asked):
    code = f"import sys\n{code}\nprint(sorted({asked} & set(sys.modules)))"
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT).stdout.strip()


def test_importing_is_cheap():
    asked = {"sklearn", "scipy", "torch", "transformers", "onnxruntime", "tokenizers"}
    assert modules_after("import monitor.classifiers.embedded", asked) == "[]"


def test_judging_needs_neither_torch_nor_transformers():
    code = """
from monitor.classifiers.embedded import Embedded
from monitor.domain import Passage
Embedded().classify([Passage("배송이 늦어요")])"""
    assert modules_after(code, {"sklearn", "scipy", "torch", "transformers", "onnx"}) == "[]"


# --- vectors


def test_vectors_have_length_one_and_do_not_hang_on_the_batch(model):
    passages = [Passage(text) for text in (*HOSTILE, *(text for text, _ in COMPLAINTS))]
    together = model.embed(passages)
    assert together.dtype == np.float32
    assert together.shape == (len(passages), 128)
    np.testing.assert_allclose(np.linalg.norm(together, axis=1), 1, atol=1e-5)
    for at, passage in enumerate(passages):
        np.testing.assert_array_equal(model.embed([passage])[0], together[at])
    assert model.embed([]).shape == (0, 128)
    assert model.vectors == model.model


def test_the_company_s_name_does_not_move_a_vector(model):
    vectors = model.embed([about("한울오토 환불이 한 달째 안 와요", "한울오토"), about("세명탁송 환불이 한 달째 안 와요", "세명탁송")])
    assert vectors[0] @ vectors[1] == pytest.approx(1, abs=1e-5)


def test_the_same_trouble_is_nearer_than_another_also_in_the_other_language(model):
    texts = [
        "앱에 로그인하면 바로 튕겨요",
        "로그인만 하면 어플이 꺼집니다",
        "the app crashes as soon as i log in",
        "기사님이 반말하고 소리를 질렀어요",
    ]
    vectors = model.embed([Passage(text) for text in texts])
    assert vectors[0] @ vectors[1] > vectors[0] @ vectors[3]
    assert vectors[0] @ vectors[2] > vectors[2] @ vectors[3]


# --- pieces


def test_long_posts_keep_their_ends_and_the_company():
    long = [5_000 + at for at in range(400)]
    assert cut(long) == long[:84] + long[-44:]
    named = [*long[:200], MARK_PIECE, *long[200:]]
    assert MARK_PIECE in cut(named)
    assert len(cut(named)) == MOST
    assert cut([]) == [1]


def test_evaluate_scores_a_labelled_file(tmp_path):
    rows = [
        {"text": "한울오토 일주일째 안 와요", "lang": "ko", "complaint": 1, "sentiment": "neg", "topic": "delivery_delay"},
        {"text": "한울오토 감사합니다 최고", "lang": "ko", "complaint": 0, "sentiment": "pos", "topic": None, "watch": "한울오토"},
        {"text": "plain words", "sentiment": "neu"},
    ]
    labelled, figures = tmp_path / "labelled.jsonl", tmp_path / "figures.json"
    labelled.write_text("\n".join(json.dumps(row) for row in rows), encoding="utf-8")
    command = [ROOT / "scripts" / "evaluate", "classifier", "--data", labelled, "--out", figures]
    subprocess.run(command, check=True, capture_output=True, cwd=tmp_path)
    scored = json.loads(figures.read_text(encoding="utf-8"))
    assert scored["rows"] == 3
    assert scored["scores"]["all"]["complaint"]["rows"] == 2
    assert scored["scores"]["all"]["topic"]["rows"] == 1
    assert "lang ko" in scored["scores"]


def test_shared_runs_of_words_are_counted_by_hand():
    texts = {"a b c d e f": {"one"}, "x a b c d e": {"one"}, "b c d e f": {"two"}, "short": {"two", "one"}}
    found = diversity.figures(texts, of_words=6)
    assert found["shared_run"] == 0.75
    assert found["shared_run_other_writer"] == 0.5
    assert (found["texts"], found["words"], found["different_words"], found["repeated_other_writer"]) == (4, 18, 6, 1)


def test_near_duplicates_are_found_whoever_wrote_them():
    texts = {"the van never came today": {"one"}, "the van never came todays": {"two"}, "nothing like it at all": {"two"}, "!!": {"one"}}
    assert diversity.near_pairs(list(texts)) == [(0, 1)]
    found = diversity.figures(texts, of_words=5)
    assert (found["near_duplicate"], found["near_duplicate_other_writer"]) == (0.5, 0.5)
    assert [row["run"] for row in diversity.across(texts)] == [None]
    assert not list(diversity.across({text: {"one"} for text in texts}))


HALVED = ((1, "price", "ko"), (0, "other", "ko"), (0, "other", "en"), (1, "safety", "en"))


def test_halves_are_scored_by_language():
    posts = [Example("", None, "neg", complaint, topic, SECOND, language) for complaint, topic, language in HALVED]
    logits = np.zeros((4, len(HEADS)))
    logits[:, 0] = [2, -1, 1, -2]
    logits[0, HEADS.index("topic:price")] = logits[2, HEADS.index("topic:other")] = 1
    found = halves.by_language(posts, logits)
    assert found["ko"] == {"posts": 2, "complaint_share": 0.5, "average_precision": 1.0, "f1": 1.0, "topic_macro_f1": 1.0}
    assert found["en"] == {"posts": 2, "complaint_share": 0.5, "average_precision": 0.5, "f1": 0.0, "topic_macro_f1": 0.0}
    assert found["all"]["average_precision"] == 0.75

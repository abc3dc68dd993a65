"""Models of the hub, as tiny ones with random weights that are made here and saved to a folder."""

from __future__ import annotations

import builtins
import subprocess
import sys
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from monitor import config, plugins
from monitor.classifiers import KINDS, Embedder
from monitor.classifiers.embedded import Embedded
from monitor.classifiers.huggingface import HuggingFace, Model, Options
from monitor.classifiers.huggingface.meanings import KIND_OF, MEANINGS, SENTENCES
from monitor.decode import Location
from monitor.domain import TOPICS, Labels, Passage, Sentiment
from monitor.errors import ConfigError, ModelError

TEXTS = (
    "한울오토 탁송이 일주일째 안 와요",
    "great service, thanks",
    "",
    "refund refund 환불 안 해 주네요 " * 40,
    "👍",
    "[CLS] [SEP] [PAD] [MASK] [UNK] <pad>",
    "\ud800 broken \x00 text",
    "늦",
)
PASSAGES = [Passage(text) for text in TEXTS]
THREE = {"LABEL_0": "neg complaint", "LABEL_1": "neu", "LABEL_2": "pos"}


@pytest.fixture(scope="module")
def torch() -> Any:
    return pytest.importorskip("torch")


@pytest.fixture(scope="module")
def made(torch: Any, tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Location]:
    """Write a BERT of two narrow layers with a tokenizer of single characters, and return its folder."""
    from tokenizers import Regex, Tokenizer, models, pre_tokenizers, processors
    from transformers import BertConfig, BertForMaskedLM, BertForSequenceClassification, BertModel, PreTrainedTokenizerFast, logging

    logging.disable_progress_bar()
    special = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
    latin = "abcdefghijklmnopqrstuvwxyz ,.!"
    vocabulary = [*special, "@", *latin, *sorted(set("".join(TEXTS)) - {*latin, "\ud800", "\x00"})]
    kinds = {"labels": BertForSequenceClassification, "vectors": BertModel, "language": BertForMaskedLM}

    def make(kind: str = "labels", labels: tuple[str, ...] = ("LABEL_0", "LABEL_1", "LABEL_2"), seed: int = 1, **more: object) -> Location:
        folder = tmp_path_factory.mktemp("model") / f"tiny-{kind}"
        bare = Tokenizer(models.WordLevel({piece: n for n, piece in enumerate(vocabulary)}, unk_token="[UNK]"))
        bare.pre_tokenizer = pre_tokenizers.Split(Regex("."), "isolated")
        bare.post_processor = processors.TemplateProcessing("[CLS] $A [SEP]", "[CLS] $A [SEP] $B:1 [SEP]:1", [("[CLS]", 2), ("[SEP]", 3)])
        names = {f"{name}_token": f"[{name.upper()}]" for name in ("pad", "unk", "cls", "sep", "mask")}
        PreTrainedTokenizerFast(tokenizer_object=bare, **names).save_pretrained(folder)
        torch.manual_seed(seed)
        shape = {"hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 4, "intermediate_size": 64, "initializer_range": 0.4}
        numbered = dict(enumerate(labels))
        settings = BertConfig(
            vocab_size=len(vocabulary), max_position_embeddings=96, id2label=numbered, label2id={v: k for k, v in numbered.items()}, **shape
        )
        for name, value in more.items():
            setattr(settings, name, value)
        kinds[kind](settings).save_pretrained(folder)
        return Location(folder)

    return make


def seen(labels: Labels) -> tuple[object, ...]:
    """What a model of ``THREE`` gives; the topic is the shipped model's."""
    return labels.complaint, labels.sentiment, labels.sentiment_scores


def one(**model: object) -> HuggingFace:
    return HuggingFace(Options(models=(Model(**model),), device="cpu"))  # type: ignore[arg-type]


def close(found: list[Any], expected: list[Any]) -> None:
    assert [(a.language, a.sentiment, a.topic) for a in found] == [(b.language, b.sentiment, b.topic) for b in expected]
    for a, b in zip(found, expected, strict=True):
        assert a.complaint == pytest.approx(b.complaint, abs=2e-5)
        assert a.sentiment_scores == pytest.approx(b.sentiment_scores, abs=2e-5)
        assert a.topic_scores == pytest.approx(b.topic_scores, abs=2e-5)


# ---- what needs torch


@pytest.mark.torch
def test_labels_become_verdicts_alike_alone_and_in_a_batch(made: Callable[..., Location]) -> None:
    model = one(task="labels", folder=made(), labels=THREE)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = model.classify(PASSAGES)
    close(found, [model.classify([passage])[0] for passage in PASSAGES])
    close(found, model.classify(PASSAGES[::-1])[::-1])
    assert len({labels.complaint for labels in found}) > 4
    for labels in found:
        assert labels.complaint == pytest.approx(labels.sentiment_scores["neg"], abs=1e-5)
        assert sum(labels.sentiment_scores.values()) == pytest.approx(1, abs=1e-5)
        assert sum(labels.topic_scores.values()) == pytest.approx(1, abs=1e-5)
        assert labels.topic == max(TOPICS, key=labels.topic_scores.__getitem__)
    assert model.classify([]) == []


@pytest.mark.torch
def test_what_a_model_does_not_give_comes_from_the_shipped_one_and_the_name_shows_both(made: Callable[..., Location]) -> None:
    shipped = Embedded()
    model = one(task="labels", folder=made(), labels=THREE)
    assert [labels.topic for labels in model.classify(PASSAGES)] == [labels.topic for labels in shipped.classify(PASSAGES)]
    assert model.model.startswith("tiny-labels@")
    assert model.model.endswith("+" + shipped.model)


@pytest.mark.torch
def test_a_version_tells_weights_and_meanings_apart(made: Callable[..., Location]) -> None:
    folder = made()
    names = [
        one(task="labels", folder=folder, labels=THREE).model,
        one(task="labels", folder=folder, labels=THREE).model,
        one(task="labels", folder=made(seed=2), labels=THREE).model,
        one(task="labels", folder=folder, labels=THREE | {"LABEL_1": "none"}).model,
    ]
    assert names[0] == names[1]
    assert len(set(names)) == 3


@pytest.mark.torch
def test_labels_of_our_topics_and_of_none(made: Callable[..., Location]) -> None:
    folder = made(labels=("late", "broken", "chat"))
    told = {"late": "delivery_delay complaint", "broken": "damage_loss complaint", "chat": "none"}
    found = one(task="labels", folder=folder, labels=told)
    for labels in found.classify(PASSAGES):
        scores = labels.topic_scores
        assert scores["delivery_delay"] + scores["damage_loss"] == pytest.approx(labels.complaint, abs=1e-5)
        assert scores["other"] == pytest.approx(1 - labels.complaint, abs=1e-5)


@pytest.mark.torch
def test_independent_labels_are_judged_one_by_one(made: Callable[..., Location]) -> None:
    folder = made(labels=("angry", "rude"), problem_type="multi_label_classification")
    found = one(task="labels", folder=folder, labels={"angry": "complaint", "rude": "none"}).classify(PASSAGES)
    alone = one(task="labels", folder=made(labels=("yes",)), labels={"yes": "complaint"}).classify(PASSAGES)
    assert all(0 <= labels.complaint <= 1 for labels in [*found, *alone])
    assert len({labels.complaint for labels in alone}) > 4


@pytest.mark.torch
def test_entailment_decides_what_it_is_asked(made: Callable[..., Location]) -> None:
    folder = made(labels=("entailment", "neutral", "contradiction"))
    model = one(task="zero-shot", folder=folder, gives=("complaint", "sentiment", "topic"), longest=90)
    found = model.classify(PASSAGES)
    close(found, [model.classify([passage])[0] for passage in PASSAGES])
    assert model.model.count("@") == 1
    for labels in found:
        assert sum(labels.topic_scores.values()) == pytest.approx(1, abs=1e-5)
        assert 0 < labels.complaint < 1
    other = one(task="zero-shot", folder=folder, gives=("complaint", "sentiment", "topic"), longest=90, en={"complaint": "zzz"})
    english, korean = ([Passage("great service", (), language)] for language in ("en", "ko"))
    assert other.classify(english)[0].complaint != model.classify(english)[0].complaint
    assert other.classify(korean) == model.classify(korean)
    assert other.model != model.model


@pytest.mark.torch
def test_entailment_must_be_known_or_told(made: Callable[..., Location]) -> None:
    folder = made()
    with pytest.raises(ModelError, match="say which means entailment"):
        one(task="zero-shot", folder=folder, gives=("topic",))
    told = {"LABEL_0": "entailment", "LABEL_2": "contradiction", "LABEL_1": "none"}
    assert one(task="zero-shot", folder=folder, gives=("topic",), labels=told, longest=90).classify(PASSAGES[:1])[0].topic in TOPICS


@pytest.mark.torch
@pytest.mark.parametrize("pooling", ["mean", "first"])
def test_vectors_have_length_one_and_do_not_hang_on_their_neighbours(made: Callable[..., Location], pooling: str) -> None:
    model = one(task="vectors", folder=made("vectors"), pooling=pooling)
    assert isinstance(model, Embedder)
    assert model.vectors.startswith("tiny-vectors@")
    assert model.model == Embedded().model
    together = model.embed(PASSAGES)
    assert together.shape == (len(PASSAGES), 32)
    assert together.dtype == np.float32
    assert np.linalg.norm(together, axis=1) == pytest.approx(1, abs=1e-5)
    assert together == pytest.approx(np.concatenate([model.embed([passage]) for passage in PASSAGES]), abs=1e-5)
    assert len(model.embed([])) == 0


@pytest.mark.torch
def test_each_verdict_from_a_model_of_its_own(made: Callable[..., Location]) -> None:
    models = (
        Model("labels", folder=made(), labels=THREE),
        Model("zero-shot", folder=made(labels=("entailment", "not_entailment")), gives=("topic",), longest=90),
        Model("vectors", folder=made("vectors")),
    )
    model = HuggingFace(Options(models, "cpu"))
    assert model.model.count("@") == 2
    assert Embedded().model not in model.model
    apart = [HuggingFace(Options((part,), "cpu")).classify(PASSAGES) for part in models[:2]]
    for together, first, second in zip(model.classify(PASSAGES), *apart, strict=True):
        assert (together.complaint, together.sentiment) == (first.complaint, first.sentiment)
        assert together.topic_scores == second.topic_scores


@pytest.mark.torch
def test_of_a_long_post_head_and_tail_are_read(made: Callable[..., Location]) -> None:
    model = one(task="labels", folder=made(), labels=THREE, longest=32)

    def read(head: str, middle: str, tail: str) -> tuple[object, ...]:
        return seen(model.classify([Passage(f"{head * 6} {middle * 400} {tail * 3}")])[0])

    usual = read("refund ", "a", " please")
    assert read("refund ", "b", " please") == usual
    assert read("refund ", "a", " thanks") != usual
    assert read("thanks ", "a", " please") != usual


@pytest.mark.torch
def test_the_name_is_replaced_by_a_marker_the_model_knows(made: Callable[..., Location]) -> None:
    folder = made()
    marking, plain = (one(task="labels", folder=folder, labels=THREE, marker=marker) for marker in ("@", ""))
    ours, theirs, unnamed = Passage("한울오토 탁송", ((0, 4),)), Passage("refund 탁송", ((0, 6),)), Passage("한울오토 탁송")
    assert seen(marking.classify([ours])[0]) == seen(marking.classify([theirs])[0]) != seen(marking.classify([unnamed])[0])
    assert seen(plain.classify([ours])[0]) == seen(plain.classify([unnamed])[0])
    with pytest.raises(ModelError, match="does not know the marker"):
        one(task="labels", folder=folder, labels=THREE, marker="☃")


@pytest.mark.torch
def test_a_post_cannot_write_special_pieces(made: Callable[..., Location]) -> None:
    model = one(task="labels", folder=made(), labels=THREE)
    forged, harmless = (Passage(f"a{between}b", (), "en") for between in ("[SEP]", " "))
    assert seen(model.classify([forged])[0]) == seen(model.classify([harmless])[0])


@pytest.mark.torch
def test_another_language_leaves_the_sentiment_open(made: Callable[..., Location]) -> None:
    model = one(task="labels", folder=made(), labels=THREE)
    found = model.classify([Passage("配送が遅いです。返金してください。"), Passage("great", (), "de"), Passage("great", (), "ko")])
    assert [labels.sentiment is None for labels in found] == [True, True, False]
    assert [labels.language for labels in found] == ["ja", "de", "ko"]


@pytest.mark.torch
def test_what_cannot_be_used_is_told_with_what_to_do(made: Callable[..., Location], tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"LABEL_2.*labels lacks LABEL_2"):
        one(task="labels", folder=made(), labels={"LABEL_0": "neg", "LABEL_1": "pos"})
    with pytest.raises(ModelError, match="it has no positive"):
        one(task="labels", folder=made(), labels=THREE | {"positive": "pos"})
    with pytest.raises(ModelError, match=r"was not trained for labels.*classifier"):
        one(task="labels", folder=made("language"), labels={"LABEL_0": "neg", "LABEL_1": "pos", "LABEL_2": "neu"})
    with pytest.raises(ModelError, match=r"must hold config\.json"):
        one(task="vectors", folder=Location(tmp_path))
    broken = Path(made())
    (broken / "model.safetensors").write_bytes(b"nothing")
    with pytest.raises(ModelError, match=r"must hold config\.json"):
        one(task="labels", folder=Location(broken), labels=THREE)
    with pytest.raises(ModelError, match='device "cuda:99" cannot be used'):
        HuggingFace(Options((Model("vectors", folder=made("vectors")),), "cuda:99"))


@pytest.mark.torch
def test_a_model_that_brings_code_is_not_run(made: Callable[..., Location]) -> None:
    folder = Path(made())
    trap = folder / "ran"
    (folder / "modeling.py").write_text(f"open({str(trap)!r}, 'w')\nclass Config: pass\nclass M: pass\n")
    text = (folder / "config.json").read_text()
    changed = text.replace('"model_type": "bert"', '"model_type": "of_our_own", "auto_map": {"AutoConfig": "modeling.Config"}')
    assert changed != text
    (folder / "config.json").write_text(changed)
    with pytest.raises(ModelError, match="never run here"):
        one(task="labels", folder=Location(folder), labels=THREE)
    assert not trap.exists()


@pytest.mark.torch
def test_a_hub_out_of_reach_is_told(torch: Any, tmp_path: Path) -> None:
    script = (
        "from monitor.classifiers.huggingface import *\n"
        "try: HuggingFace(Options((Model('vectors', name='hanul/none'),), 'cpu'))\n"
        "except Exception as error: print(type(error).__name__, error)\n"
    )
    environment = {"HF_ENDPOINT": "http://127.0.0.1:9", "HF_HOME": str(tmp_path), "PATH": "/usr/bin:/bin"}
    done = subprocess.run([sys.executable, "-c", script], env=environment, capture_output=True, text=True, check=False, timeout=120)
    assert done.stdout.startswith("ModelError hanul/none: ")
    assert "check the name and the connection" in done.stdout
    assert done.stderr == ""


@pytest.mark.torch
def test_it_is_configured_in_the_file(made: Callable[..., Location], tmp_path: Path) -> None:
    file = tmp_path / "config.toml"
    file.write_text(
        f"""
[classifier]
kind = "huggingface"
[classifier.options]
device = "cpu"
[[classifier.options.models]]
task = "labels"
folder = "{made()}"
labels = {{ LABEL_0 = "complaint neg", LABEL_1 = "neu", LABEL_2 = "pos" }}
""",
        encoding="utf-8",
    )
    from monitor import assembly

    judge = assembly.classifier(config.load(file, {}))
    close(judge.classify(PASSAGES), one(task="labels", folder=made(), labels=THREE).classify(PASSAGES))


# ---- what does not


def test_without_torch_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    real = builtins.__import__

    def without(name: str, *rest: Any, **more: Any) -> Any:
        if name.split(".")[0] == "torch":
            raise ModuleNotFoundError("No module named 'torch'", name="torch")
        return real(name, *rest, **more)

    monkeypatch.setattr(builtins, "__import__", without)
    monkeypatch.delitem(sys.modules, "monitor.classifiers.huggingface.network", raising=False)
    with pytest.raises(ConfigError, match=r'kind "huggingface" needs the package torch.*complaint-monitor\[torch\]'):
        one(task="vectors", name="hanul/none")


def test_the_kind_loads_without_torch() -> None:
    script = (
        "import sys; from monitor import classifiers, plugins\n"
        "cls = plugins.load(classifiers.KINDS, 'huggingface'); plugins.options_of(cls)()\n"
        "print([name for name in ('torch', 'transformers') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_without_models_it_is_the_shipped_one() -> None:
    model = plugins.make(plugins.load(KINDS, "huggingface"), Options())
    shipped = Embedded()
    assert model.model == shipped.model
    found, expected = model.classify(PASSAGES), shipped.classify(PASSAGES)
    assert [labels.topic_scores for labels in found] == [labels.topic_scores for labels in expected]
    assert [labels.sentiment for labels in found] == [labels.sentiment for labels in expected]


def test_every_meaning_has_words_in_both_languages() -> None:
    assert set(SENTENCES) == set(KIND_OF) == {meaning for kind in MEANINGS.values() for meaning in kind}
    assert set(Sentiment) == {Sentiment(name) for name in MEANINGS["sentiment"]}


@pytest.mark.parametrize(
    ("table", "told"),
    [
        ('task = "labels"\nname = "a/b"', "must say what"),
        ('task = "labels"\nname = "a/b"\nlabels = { A = "happy" }', "not happy"),
        ('task = "zero-shot"\nname = "a/b"', "must name complaint"),
        ('task = "vectors"', "must be given"),
        ('task = "vectors"\nname = "a/b"\nfolder = "c"', "must be given, or folder"),
        ('task = "vectors"\nfolder = "c"\nrevision = "d"', "left out with a folder"),
        ('task = "vectors"\nname = "a/b"\ngives = ["topic"]', "left out unless"),
        ('task = "zero-shot"\nname = "a/b"\ngives = ["topic"]\nhypothesis = { ko = "말" }', "have {} once"),
        ('task = "zero-shot"\nname = "a/b"\ngives = ["topic"]\nen = { late = "is late" }', "must name complaint, neg"),
        ('task = "vectors"\nname = "a/b"\ntrust_remote_code = true', "unknown key"),
        ('task = "vectors"\nname = "a/b"\n[[classifier.options.models]]\ntask = "vectors"\nname = "a/c"', "vectors comes twice"),
    ],
)
def test_a_wrong_table_is_told(tmp_path: Path, table: str, told: str) -> None:
    file = tmp_path / "config.toml"
    file.write_text(f'[classifier]\nkind = "huggingface"\n[[classifier.options.models]]\n{table}\n', encoding="utf-8")
    with pytest.raises(ConfigError) as error:
        config.load(file, {})
    assert any("classifier.options" in problem and told in problem for problem in error.value.problems), error.value.problems

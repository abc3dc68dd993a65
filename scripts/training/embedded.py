"""Train the model that ships: scripts/train-model embedded.

A linear model and a transformer learn apart; how they are mixed is fitted on texts and writers that neither learnt from. Finished parts
are kept in ``--cache``, so a run that was cut off goes on where it was.
"""

from __future__ import annotations

import argparse
import hashlib
import resource
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import scipy.sparse as sparse
import torch
from numpy.typing import NDArray

from monitor.classifiers.embedded.encoder import COMPLAINT, SENTIMENT, TOPIC, Encoder
from monitor.classifiers.embedded.files import ENCODER, TOKENIZER, WEIGHTS
from monitor.classifiers.embedded.linear.weights import HEADS, Weights, parsed, save
from monitor.classifiers.embedded.mixing import Mixture, Numbers, Opinions, log_shares
from monitor.classifiers.embedded.wording import MARK
from monitor.domain import TOPICS
from scripts.training import card, corpus, export, figures, linear, mixing
from scripts.training.branches import Branches, gathered
from scripts.training.corpus import HELD_READER, HELD_TROUBLES, MIXING, NEVER, Example
from scripts.training.encoder import padded
from scripts.training.lessons import troubles
from scripts.training.matrices import read_lexicon
from scripts.training.network import Network
from scripts.training.tokens import encode
from scripts.training.trunk import Trunk, grown

ROOT = Path(__file__).resolve().parents[2]
SENTIMENTS = figures.SENTIMENTS
SCORED = (
    "nsmc_train",
    "kodoli",
    "dacon_shopping_reviews",
    "ecommerce_app_reviews_ko",
    "semeval_2013_2016",
    "vader",
    "absa_datasets",
    "skytrax_reviews",
)
# how much a text counts when it is fitted what tells positive from negative, and neutral from either; 1 if not named
POLE_WEIGHT = {"nsmc_train": 0.5, "ecommerce_app_reviews_ko": 2.0, "kodoli": 1.5, "own, marked": 0.25, "own": 0.15}
NEUTRAL_WEIGHT = {"nsmc_train": 0.08, "dacon_shopping_reviews": 0.8, "kodoli": 4.0, "ecommerce_app_reviews_ko": 1.0}
NEUTRAL_WEIGHT |= {"own, marked": 0.2, "own": 0.05}
ENCODER_FOLDS = 3
TYPICAL = 4_000  # texts by which the range of what flows through the network is found
BLOCK = 512


def main(arguments: Sequence[str] | None = None) -> int:
    """Train both models, mix them, measure, write the files and the card."""
    options = _options(arguments)
    options.cache.mkdir(parents=True, exist_ok=True)
    options.out.mkdir(parents=True, exist_ok=True)
    torch.set_num_threads(options.threads)
    started = time.time()
    material = _material(options)
    weights, crossed_linear = _linear(material, corpus.told(_told(options)), options.cache)
    trunk = grown(options.data, material.read, [one.text for one in material.posts], options.budget, options.cache, options.device)
    branches = Branches(trunk, gathered(options.data, material.read, material.own, _told(options)), options.cache, options.device)
    crossed_encoder = branches.crossed(material.own, linear.folds(material.own, ENCODER_FOLDS))
    network, cost = branches.grown(frozenset())
    _write_encoder(network, trunk, material, options.out)
    model = Model(weights, options.out)
    mixture, own = _mixed(model, material, weights, crossed_linear, crossed_encoder)
    metrics = _metrics(model, mixture, material, own, options)
    print(figures.table({part: rows for part, rows in metrics.items() if isinstance(rows, dict)}), file=sys.stderr)
    spent = {
        "seconds_this_run": round(time.time() - started),
        "trunk": trunk.cost,
        "branch": cost,
        "cores": options.threads,
        "memory_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
    }
    save(weights, options.out / WEIGHTS)
    writers = Counter(str(one.writer) for one in material.posts)
    size = sum(value.numel() for value in network.parameters()) - network.own.weight.numel() - network.own.bias.numel()
    card.write(options.out, options.version, mixture, metrics, spent, dict(sorted(writers.items())), size)
    return 0


def _told(options: argparse.Namespace) -> list[dict[str, Any]]:
    """Return the troubles told several ways that are learnt from."""
    return [one for path in sorted(options.pairs.glob("*.jsonl")) if path.name != HELD_TROUBLES for one in troubles(path)]


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="train-model embedded", description=__doc__)
    parser.add_argument(
        "--data", type=Path, default=ROOT / "../shared/data/text/train", help="folder of the open files (default: %(default)s)"
    )
    parser.add_argument("--posts", type=Path, default=ROOT / "models/posts", help="folder of our own posts")
    parser.add_argument("--labels", type=Path, default=ROOT / "models/labels", help="folder of readers' labels of open texts")
    parser.add_argument("--pairs", type=Path, default=ROOT / "models/pairs", help="folder of troubles told several ways")
    parser.add_argument("--out", type=Path, default=ROOT / "models/embedded", help="where to write the files and the card")
    parser.add_argument("--version", type=int, default=4, help="version on the card")
    parser.add_argument("--budget", type=float, default=45.0, metavar="MINUTES", help="for the encoder's trunk (default: %(default)s)")
    parser.add_argument("--device", default="cpu", help="cpu or cuda (default: %(default)s)")
    parser.add_argument("--threads", type=int, default=2, help="of the encoder's training (default: %(default)s)")
    parser.add_argument(
        "--cache",
        type=Path,
        default=Path(tempfile.gettempdir()) / "train-embedded",
        help="finished parts are kept here, so that a run resumes",
    )
    return parser.parse_args(arguments)


@dataclass(frozen=True)
class Material:
    """Open texts and their n-grams, our own posts, those with what readers labelled, the held reader's; ``read``: SHA-1 of the latter."""

    examples: list[Example]
    wide: sparse.csr_matrix
    posts: list[Example]
    own: list[Example]
    held: list[Example]
    read: frozenset[str]


def _material(options: argparse.Namespace) -> Material:
    labels = corpus.readers(options.labels)
    read = frozenset(row["sha1"] for row in labels)
    examples, wide = linear.open_texts(options.data, options.cache, read)
    posts, texts = list(corpus.own(options.posts)), list(corpus.read(labels, options.data))
    taught = [one for one in texts if one.writer != HELD_READER and one.part != NEVER]
    return Material(examples, wide, posts, posts + taught, [one for one in texts if one.writer == HELD_READER], read)


def _linear(material: Material, told: Sequence[Example], cache: Path) -> tuple[Weights, Numbers]:
    """Return the linear model, and its logits of our own posts from fits that saw nothing of their writers."""
    taught = [(one.text, one.complaint, one.sentiment, one.topic, one.writer) for one in [*material.own, *told]]
    key = hashlib.sha256(f"{len(material.examples)} {taught}".encode("utf-8", "replace")).hexdigest()[:12]
    finished, crossed = cache / f"linear-{key}.npz", cache / f"linear-crossed-{key}.npy"
    if not (finished.exists() and crossed.exists()):
        weights, logits = _linear_anew(material, told, cache)
        np.save(crossed, logits)
        save(weights, finished)
    return parsed(finished.read_bytes()), np.load(crossed)


def _linear_anew(material: Material, told: Sequence[Example], cache: Path) -> tuple[Weights, Numbers]:
    stage = linear.first_stage(material.examples, material.wide, cache)
    lexicon = read_lexicon(Path(__file__).with_name("lexicon.txt"))
    second = linear.Second(material.examples, material.wide, (material.own, told), stage, lexicon)
    return linear.rounded(stage, second.fitted(None), lexicon), second.cross_validated()


def _write_encoder(network: Network, trunk: Trunk, material: Material, out: Path) -> None:
    """Write tokenizer and network; the range of what flows through it is that of texts of all kinds that it learnt from."""
    (out / TOKENIZER).write_text(trunk.tokenizer.to_str(), encoding="utf-8")
    random = np.random.default_rng(5)
    texts = [one.text for one in material.own] + [one.text for one in material.examples if one.part not in (NEVER, MIXING)]
    chosen = encode(trunk.tokenizer, [texts[at] for at in random.choice(len(texts), TYPICAL, replace=False)], "typical")
    order = np.argsort(chosen.lengths, kind="stable")
    ranges = export.ranges(network, (padded(chosen, order[at : at + 64]) for at in range(0, len(order), 64)))
    export.write(network, out / ENCODER, ranges=ranges)
    export.write(network, out / f"exact-{ENCODER}", bits=32)


class Model:
    """What both models say of texts; ``exact``: by the network in 32 bits."""

    def __init__(self, weights: Weights, folder: Path):
        self._weights = weights
        tokenizer = (folder / TOKENIZER).read_bytes()
        exact = folder / f"exact-{ENCODER}"
        self._encoders = [Encoder(tokenizer, (folder / ENCODER).read_bytes()), Encoder(tokenizer, exact.read_bytes())]
        exact.unlink()

    def opinions(self, texts: Sequence[str], exact: bool = False) -> Opinions:
        """Return what both models say of marked texts."""
        parts = []
        for at in range(0, len(texts), BLOCK):
            block = texts[at : at + BLOCK]
            said, kinds = self._weights.judge(block)
            parts.append(Opinions.of(block, said, kinds, self._encoders[exact].judge(block)[0]))
        return Opinions.joined(parts)

    def vectors(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Return sentence vectors."""
        return self._encoders[0].judge([text.replace(MARK, " ") for text in texts])[1]


def _labelled(material: Material, part: str) -> list[Example]:
    scored = [one for one in material.examples if one.source is not None and one.source.name in SCORED]
    return [one for one in scored if one.part == part and one.sentiment is not None]


def _mixed(
    model: Model, material: Material, weights: Weights, crossed_linear: Numbers, crossed_encoder: NDArray[np.float32]
) -> tuple[Mixture, Opinions]:
    """Return the mixture and what was said of our own posts by models that did not know their writers."""
    texts = [one.text for one in material.own]
    kinds = np.concatenate([weights.judge(texts[at : at + BLOCK])[1] for at in range(0, len(texts), BLOCK)])
    own = Opinions.of(texts, crossed_linear, kinds, crossed_encoder)
    between = _labelled(material, MIXING)
    both = Opinions.joined([model.opinions([one.text for one in between]), own])
    rows = [*between, *material.own]
    weights_of = [np.array([weight_of(one, table) for one in rows]) for table in (POLE_WEIGHT, NEUTRAL_WEIGHT)]
    pole, neutral = mixing.fit_feeling(both, np.array([SENTIMENTS.index(str(one.sentiment)) for one in rows]), *weights_of)
    complaint, topic, sure = truth(material.own)
    return Mixture(pole, neutral, mixing.fit_complaint(own, complaint), mixing.fit_topic(own, topic, sure)), own


def weight_of(one: Example, table: Mapping[str, float]) -> float:
    """How much a text counts in the fit of the sentiment's mixture."""
    if one.source is None:
        return table["own, marked" if one.marked else "own"]
    return table.get(one.source.name, 1.0) * one.source.rare.get(str(one.sentiment), 1.0)


def truth(posts: Sequence[Example]) -> tuple[mixing.Index, mixing.Index, Numbers]:
    """Return labels of complaint and topic, and how much the topic counts."""
    complaint = np.array([int(one.complaint or 0) for one in posts])
    return complaint, np.array([TOPICS.index(str(one.topic)) for one in posts]), np.where(complaint == 1, 1.0, 0.3)


def _metrics(model: Model, mixture: Mixture, material: Material, own: Opinions, options: argparse.Namespace) -> dict[str, Any]:
    tests = _labelled(material, NEVER)
    texts = [one.text for one in tests]
    said, exact = model.opinions(texts), model.opinions(texts, exact=True)
    ways = {"linear": linear_sentiment(said), "encoder": encoder_sentiment(said), "mixed": mixture.sentiment(said)}
    ways |= {"mixed, network in 32 bits": mixture.sentiment(exact)}
    held = model.opinions([one.text for one in material.held])
    posts = np.arange(len(material.posts))
    mine, whose = own.rows(posts), [str(one.writer) for one in material.own]
    complaint, topic, sure = truth(material.own)
    crossed = mixing.crossed(own, (complaint, topic), whose, sure)
    feeling = mixture.sentiment(mine)
    return {
        "open, texts never learnt from": {
            name: {way: figures.sentiment([str(tests[at].sentiment) for at in rows], shares[rows]) for way, shares in ways.items()}
            for name in SCORED
            if len(rows := np.array([at for at, one in enumerate(tests) if one.source is not None and one.source.name == name]))
        },
        "own, writers left out": figures.by_group(material.posts, crossed[0][posts], crossed[1][posts], feeling),
        "own, writers left out, linear": figures.by_group(material.posts, *linear_verdicts(mine), linear_sentiment(mine)),
        "own, writers left out, encoder": figures.by_group(material.posts, *encoder_verdicts(mine), encoder_sentiment(mine)),
        f"open, labelled by reader {HELD_READER}, never learnt from": {
            "mixed": figures.verdicts(material.held, mixture.complaining(held), mixture.topics(held), mixture.sentiment(held)),
            "linear": figures.verdicts(material.held, *linear_verdicts(held), linear_sentiment(held)),
            "encoder": figures.verdicts(material.held, *encoder_verdicts(held), encoder_sentiment(held)),
        },
        "troubles told anew": {HELD_TROUBLES: figures.told_again(options.pairs / HELD_TROUBLES, model.vectors)},
        "network in 8 bits against 32": _rounding(said, exact, mixture),
    }


def _rounding(said: Opinions, exact: Opinions, mixture: Mixture) -> dict[str, Any]:
    """How far eight bits are from 32 on texts never learnt from."""
    sentiment = [mixture.sentiment(one) for one in (said, exact)]
    complaint = [mixture.complaining(one) for one in (said, exact)]
    topic = [mixture.topics(one).argmax(axis=1) for one in (said, exact)]
    return {
        "difference": {
            "sentiment_changed": round(float((sentiment[0].argmax(axis=1) != sentiment[1].argmax(axis=1)).mean()), 4),
            "topic_changed": round(float((topic[0] != topic[1]).mean()), 4),
            "complaint_mean_change": round(float(np.abs(complaint[0] - complaint[1]).mean()), 4),
        }
    }


def linear_sentiment(said: Opinions) -> Numbers:
    """Shares of negative, neutral, positive by the linear model alone."""
    pole, none = (1 / (1 + np.exp(-said.linear[:, HEADS.index(head)])) for head in ("positive", "neutral"))
    return np.stack([(1 - none) * (1 - pole), none, (1 - none) * pole], axis=1)


def encoder_sentiment(said: Opinions) -> Numbers:
    """Shares by the encoder alone."""
    return np.exp(log_shares(said.encoder[:, SENTIMENT]))


def linear_verdicts(said: Opinions) -> tuple[Numbers, Numbers]:
    """Complaint and topic by the linear model alone, not calibrated."""
    return 1 / (1 + np.exp(-said.linear[:, 0])), np.exp(log_shares(said.linear[:, -len(TOPICS) :]))


def encoder_verdicts(said: Opinions) -> tuple[Numbers, Numbers]:
    """Complaint and topic by the encoder alone, not calibrated."""
    return 1 / (1 + np.exp(-said.encoder[:, COMPLAINT])), np.exp(log_shares(said.encoder[:, TOPIC]))


if __name__ == "__main__":
    sys.exit(main())

"""The encoder as it is trained: pieces in, verdicts and a sentence vector out."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional as F
from transformers import BertConfig, BertModel

from monitor.classifiers.embedded.pieces import MARK_PIECE, MOST, PAD
from monitor.domain import TOPICS

SENTIMENT, COMPLAINT, TOPIC = slice(0, 3), 3, slice(4, 4 + len(TOPICS))
VERDICTS = 4 + len(TOPICS)
VECTOR = 128  # numbers of a sentence vector
SHARPNESS = 20.0  # of the similarity in the contrastive loss: 1 / temperature


@dataclass(frozen=True)
class Size:
    """Measures of the network."""

    pieces: int = 24_000
    width: int = 256
    layers: int = 4
    heads: int = 4
    inner: int = 1024
    dropout: float = 0.1


class Dropout(nn.Module):
    """Dropout that draws eight places from one random number, which takes an eighth of the time."""

    def __init__(self, share: float):
        super().__init__()
        self.p, self.below = share, round(share * 256)

    def forward(self, values: Tensor) -> Tensor:
        """Return ``values`` with places set to 0 while training."""
        if not self.training or not self.below:
            return values
        drawn = torch.empty(-(-values.numel() // 8), dtype=torch.int64).random_(-(2**63), None)
        kept = drawn.view(torch.uint8)[: values.numel()].view(values.shape).to(values.device) >= self.below
        return values * kept * (256 / (256 - self.below))


class Network(nn.Module):
    """Encoder, a layer over the mean of all places and the mean of the marked ones, verdicts, heads of single files, and a vector."""

    def __init__(self, size: Size, own: int, owners: int):
        super().__init__()
        config = BertConfig(
            vocab_size=size.pieces,
            hidden_size=size.width,
            num_hidden_layers=size.layers,
            num_attention_heads=size.heads,
            intermediate_size=size.inner,
            max_position_embeddings=MOST,
            type_vocab_size=1,
            pad_token_id=PAD,
            hidden_dropout_prob=size.dropout,
            attention_probs_dropout_prob=0.0,
        )
        config._attn_implementation = "eager"  # faster than the fused one for short texts
        self.encoder = BertModel(config, add_pooling_layer=False)
        self.both = nn.Linear(2 * size.width, size.width)
        self.drop = Dropout(size.dropout)
        self.verdicts = nn.Linear(size.width, VERDICTS)
        self.own = nn.Linear(size.width, own)
        self.vector = nn.Linear(size.width, VECTOR)
        for part in list(self.encoder.modules()):
            if isinstance(getattr(part, "dropout", None), nn.Dropout):
                part.dropout = Dropout(part.dropout.p)
        self.register_buffer("theirs", torch.zeros(owners, own))

    def start_from(self, vectors: NDArray[np.float32], scale: float = 0.1) -> None:
        """Start the vectors of pieces from ``vectors``."""
        with torch.no_grad():
            self.encoder.embeddings.word_embeddings.weight.copy_(torch.from_numpy(vectors * scale))

    def forward(self, pieces: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Return verdicts (n, VERDICTS), the shared layer (n, width) and the normalised vector (n, VECTOR)."""
        there = (pieces != PAD).long()
        states = self.encoder(input_ids=pieces, attention_mask=there).last_hidden_state
        mean = _mean(states, there)
        marks = (pieces == MARK_PIECE).long()
        marked = torch.where(marks.any(1, keepdim=True), _mean(states, marks), mean)
        shared = self.drop(F.gelu(self.both(self.drop(torch.cat([mean, marked], 1)))))
        return self.verdicts(shared), shared, F.normalize(self.vector(mean).float(), dim=1)


def _mean(states: Tensor, chosen: Tensor) -> Tensor:
    weight = chosen.to(states.dtype).unsqueeze(2)
    return (states * weight).sum(1) / weight.sum(1).clamp(min=1.0)


@dataclass
class Truth:
    """Labels of a batch as tensors; -1 where there is none."""

    sentiment: Tensor
    sentiment_weight: Tensor
    complaint: Tensor
    complaint_weight: Tensor
    topic: Tensor
    topic_weight: Tensor
    own: Tensor
    owner: Tensor


def loss(network: Network, found: tuple[Tensor, Tensor, Tensor], truth: Truth, own_weight: float = 0.5) -> Tensor:
    """Return the mean over the batch of the weighted losses of all labels that are there."""
    verdicts, shared, _ = found
    verdicts = verdicts.float()
    total = (truth.sentiment_weight * _classes(verdicts[:, SENTIMENT], truth.sentiment)).sum()
    asked = F.binary_cross_entropy_with_logits(verdicts[:, COMPLAINT], truth.complaint.clamp(min=0).float(), reduction="none")
    total = total + (truth.complaint_weight * asked).sum()
    total = total + (truth.topic_weight * _classes(verdicts[:, TOPIC], truth.topic)).sum()
    labelled = (truth.own >= 0).nonzero()[:, 0]
    if own_weight and len(labelled):
        logits = network.own(shared[labelled]).float() + network.theirs[truth.owner[labelled]]
        total = total + own_weight * F.cross_entropy(logits, truth.own[labelled], reduction="sum")
    return total / len(truth.own)


def _classes(logits: Tensor, truth: Tensor) -> Tensor:
    return F.cross_entropy(logits, truth, ignore_index=-1, reduction="none", label_smoothing=0.03)


def contrast(left: Tensor, right: Tensor) -> Tensor:
    """Return how badly each vector finds its partner among all others (van den Oord et al. 2018), both ways."""
    likeness = SHARPNESS * left @ right.T
    aim = torch.arange(len(left), device=left.device)
    return (F.cross_entropy(likeness, aim) + F.cross_entropy(likeness.T, aim)) / 2

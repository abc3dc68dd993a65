"""Fitting how the two models are mixed, on texts that neither learnt from."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize

from monitor.classifiers.embedded.mixing import Mixture, Numbers, Opinions, complaints, log_shares, neutrals, poles
from monitor.domain import TOPICS

Index = NDArray[np.int64]
_HELD_BACK = 1.0  # by how much weights are held back
COMPLAINTS = 0.55  # share of complaints for which a probability of one half is meant
ENCODER = slice(-len(TOPICS), None)


def softmax_fit(signs: Numbers, truth: Index, weight: Numbers, classes: int, held_back: float = _HELD_BACK) -> Numbers:
    """Return weights (signs, classes) of a multinomial logistic regression with a ridge."""
    aim = np.eye(classes)[truth] * weight[:, None]
    size = np.sqrt((signs**2).mean(axis=0)) + 1e-9
    scaled = signs / size

    def loss(packed: Numbers) -> tuple[float, Numbers]:
        table = packed.reshape(-1, classes)
        logs = log_shares(scaled @ table)
        slope = scaled.T @ (np.exp(logs) * weight[:, None] - aim) + held_back * table
        return -float((aim * logs).sum()) + held_back / 2 * float((table**2).sum()), slope.ravel()

    found = minimize(loss, np.zeros(signs.shape[1] * classes), jac=True, method="L-BFGS-B", options={"maxiter": 500})
    return np.asarray(found.x).reshape(-1, classes) / size[:, None]


def two_fit(signs: Numbers, truth: Index, weight: Numbers) -> Numbers:
    """Return weights (signs) of a logistic regression with a ridge."""
    table = softmax_fit(signs, truth, weight, 2)
    return np.asarray(table[:, 1] - table[:, 0])


def fit_feeling(said: Opinions, truth: Index, pole_weight: Numbers, neutral_weight: Numbers) -> tuple[Numbers, Numbers]:
    """Return the weights of the signs of positive and of neutral; ``truth``: 0 negative, 1 neutral, 2 positive."""
    valued = np.flatnonzero(truth != 1)
    pole = two_fit(poles(said.rows(valued)), (truth[valued] == 2).astype(np.int64), pole_weight[valued])
    return pole, two_fit(neutrals(said), (truth == 1).astype(np.int64), neutral_weight)


def fit_complaint(said: Opinions, truth: Index) -> Numbers:
    """Return the weights of the complaint's signs; eleven of twenty count as complaints.

    Our harmless posts are harder than those of a company's day, most of which are far from any doubt.
    """
    weight = np.where(truth == 1, COMPLAINTS / truth.mean(), (1 - COMPLAINTS) / (1 - truth.mean()))
    return two_fit(complaints(said), truth, weight)


def fit_topic(said: Opinions, truth: Index, weight: Numbers) -> Numbers:
    """Return the weight of each model's say and a shift for each topic, held back strongly."""
    first, second = log_shares(said.linear[:, -len(TOPICS) :]), log_shares(said.encoder[:, ENCODER])

    def loss(packed: Numbers) -> tuple[float, Numbers]:
        logs = log_shares(packed[0] * first + packed[1] * second + packed[2:])
        wrong = (np.exp(logs) - np.eye(len(TOPICS))[truth]) * weight[:, None]
        slope = np.concatenate([[(wrong * first).sum(), (wrong * second).sum()], wrong.sum(axis=0) + 10.0 * packed[2:]])
        return -float((weight * logs[np.arange(len(truth)), truth]).sum()) + 5.0 * float((packed[2:] ** 2).sum()), slope

    start = np.concatenate([[0.5, 0.5], np.zeros(len(TOPICS))])
    return np.asarray(minimize(loss, start, jac=True, method="L-BFGS-B").x)


def crossed(said: Opinions, truth: Sequence[Index], writers: Sequence[str], weight: Numbers) -> tuple[Numbers, Numbers]:
    """Return complaint and topic probabilities of our own posts, mixed by weights fitted on the other writers' posts only."""
    names, whose = sorted(set(writers)), np.array(writers)
    complaint, topic = np.zeros(len(whose)), np.zeros((len(whose), len(TOPICS)))
    for name in names:
        rest, mine = np.flatnonzero(whose != name), np.flatnonzero(whose == name)
        heard = said.rows(rest)
        mixture = Mixture(np.zeros(0), np.zeros(0), fit_complaint(heard, truth[0][rest]), fit_topic(heard, truth[1][rest], weight[rest]))
        complaint[mine], topic[mine] = mixture.complaining(said.rows(mine)), mixture.topics(said.rows(mine))
    return complaint, topic

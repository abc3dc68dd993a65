"""People behind one post whose views are hidden: the design's three forms, a platform's own word added where it has earned one.

The forms and their errors are those of algorithms, section 4.1, fitted on 8,836 original X posts of 2024. What ``learning`` found of a
platform where views are visible is added to their logarithm.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from operator import attrgetter

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr

from monitor.domain import Exposure
from monitor.reach.parameters import Parameters

Array = NDArray[np.float64]
Places = NDArray[np.intp]

FORMS = ("followed", "engaged", "liked", "scored")
"""Followers only; some engagement; at least five likes; platforms that show a score instead of likes."""
FOLLOWED, ENGAGED, LIKED, SCORED = range(4)
WIDTH = 5
_COEFFICIENTS = np.array(
    [
        [-0.97, 0.651, 0.0, 0.0, 0.0],
        [1.04, 0.264, 1.059, -0.272, 0.308],
        [2.78, 0.216, 0.626, -0.078, 0.292],
        [math.log(60.0), 0.0, 1.0, 0.0, 0.0],
    ]
)
"""Of 1 and ln(1 + x) of followers, likes, shares, replies; a score counts as itself, without the 1."""
ERRORS = np.array([1.73, 1.15, 0.92, 1.2])
_LOG_FOLLOWERS = math.log(500)  # of an author whose followers are not shown, with this spread
_LOG_FOLLOWERS_SD = 2.0
_DOUBT = _COEFFICIENTS[:, 1] * _LOG_FOLLOWERS_SD
_FIELDS = attrgetter("views", "likes", "replies", "shares", "followers")
_ORDER = [0, 4, 1, 3, 2]


@dataclass(frozen=True, slots=True)
class Learned:
    """What a platform adds to a form: ``shift`` of the coefficients, ``sd`` in place of the form's error, and from how many."""

    shift: tuple[float, ...]
    sd: float
    posts: int
    authors: int


Own = Mapping[str, Mapping[str, Learned]]
"""By platform and form (``FORMS``)."""


@dataclass(frozen=True, slots=True)
class Counts:
    """Posts: views, likes, replies, shares, followers (nan where not shown); ages in minutes now and when counted."""

    values: Array
    known: NDArray[np.bool_]
    age: Array
    seen_age: Array

    def __getitem__(self, rows: slice) -> Counts:
        return Counts(self.values[rows], self.known[rows], self.age[rows], self.seen_age[rows])


def counts(posts: Sequence[Exposure], at: datetime) -> Counts:
    """Read the posts' counts."""
    values = np.maximum(np.array(list(map(_FIELDS, posts)), dtype=np.float64).reshape(-1, WIDTH), 0.0)
    now = at.timestamp()
    age = np.maximum((now - np.array([exposure.created_at.timestamp() for exposure in posts])) / 60.0, 0.1)
    looked = np.array([math.nan if e.observed_at is None else (now - e.observed_at.timestamp()) / 60.0 for e in posts])
    return Counts(values, ~np.isnan(values), age, np.maximum(age - np.where(np.isnan(looked), 0.0, np.maximum(looked, 0.0)), 0.0))


@dataclass(frozen=True, slots=True)
class Reading:
    """What the forms say of each post: which form speaks, its inputs, log median, error, doubt about followers; and what followers say."""

    form: Places
    inputs: Array
    centre: Array
    sd: Array
    doubt: Array
    by_followers: Array

    def __getitem__(self, rows: slice) -> Reading:
        return Reading(
            self.form[rows], self.inputs[rows], self.centre[rows], self.sd[rows], self.doubt[rows], self.by_followers[rows]
        )  # fmt: skip


def read(shown: Counts, scored: NDArray[np.bool_] | bool, parameters: Parameters) -> Reading:
    """Let for each post the form speak that knows most; posts of which nothing is known have none (-1). ``scored``: likes are a score.

    Each post by itself: what is read of it does not depend on those beside it, to the last bit.
    """
    known = shown.known
    inputs = np.log1p(np.where(known, shown.values, 0.0))[:, _ORDER]
    inputs[:, 0] = 1.0
    inputs[~known[:, 4], 1] = _LOG_FOLLOWERS
    likes, shares, replies = inputs[:, 2:].T
    engaged = known[:, 1:4].any(axis=1) & ((likes + replies + shares > 0) | (shown.seen_age >= 60.0))
    by_counts = np.where(scored, SCORED, np.where(likes >= math.log(6.0), LIKED, ENGAGED))
    if np.any(scored):
        inputs[:, 2] = np.where(scored, np.log(np.maximum(np.expm1(likes), 1.0)), likes)
    form = np.where(engaged, by_counts, known.any(axis=1) - 1)
    spoken = np.maximum(form, FOLLOWED)
    ripe = ndtr((np.log(shown.age) - math.log(parameters.half_life_minutes)) / parameters.half_life_sd)
    every = (inputs[:, None] @ _COEFFICIENTS.T)[:, 0]
    every[:, FOLLOWED] += np.log(ripe)
    by_followers, centre = every[:, FOLLOWED], every[np.arange(form.size), spoken]
    doubt = _DOUBT[spoken] * ~known[:, 4]
    return Reading(form, inputs, centre, ERRORS[spoken], doubt, by_followers)


def guesses(told: Reading, platform: str, parameters: Parameters, own: Mapping[str, Learned]) -> tuple[Array, Array]:
    """Log median people and log error of each of one platform's posts as if its views were hidden."""
    centre, sd = told.centre.copy(), np.hypot(told.sd, foreign(platform, parameters))
    for name, learned in own.items():
        rows = told.form == FORMS.index(name)
        centre[rows] += told.inputs[rows] @ np.array(learned.shift)
        sd[rows] = learned.sd
    sd = np.hypot(sd, told.doubt)
    nothing = told.form < 0
    if nothing.any() and not nothing.all():  # no more than its neighbours' typical post, and no heavy tail: never a crowd from nothing
        centre[nothing] = np.minimum(told.by_followers[nothing], np.median(told.by_followers[~nothing]))
        sd[nothing] = np.hypot(ERRORS[ENGAGED], foreign(platform, parameters))
    return centre, sd


def foreign(platform: str, parameters: Parameters) -> float:
    """Log error that the forms, fitted on X, have on another platform beside their own."""
    return 0.0 if platform == "x" else parameters.other_platform_sd

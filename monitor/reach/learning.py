"""What a platform's posts with public views say about its posts without them.

For each platform and form a ridge regression of the miss, ln(people) less the form, on the form's own inputs, drawn towards the shipped
coefficients; the posts of one author count as one. What does not foretell authors it has not seen better than the shipped form is left out.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from monitor.domain import Exposure
from monitor.reach.forms import FORMS, WIDTH, Array, Counts, Learned, Places, Reading, read
from monitor.reach.parameters import DEFAULTS, Parameters

AUTHORS = 20
"""From so many different authors on a platform has a word of its own."""
SLOPE_SD = 0.1
"""How far a coefficient may well lie from the shipped one; the first one's is the settings' doubt about the platform."""
FEWEST_PEOPLE = 0.5
_INPUTS = {"followed": (0, 1), "engaged": (0, 1, 2, 3, 4), "liked": (0, 1, 2, 3, 4), "scored": (0, 2)}


def learn(exposures: Sequence[Exposure], parameters: Parameters = DEFAULTS) -> dict[str, dict[str, Learned]]:
    """Return what each platform adds to the forms; only what has proved itself, so that it may be empty.

    ``exposures``: posts of any platform; those without views, or that nobody measured, are passed over. Deterministic.
    """
    groups: dict[str, list[Exposure]] = {}
    for one in exposures:
        if one.views is not None and one.observed_at is not None and one.share_of is None:
            groups.setdefault(one.platform, []).append(one)
    found = {platform: _platform(group, platform, parameters) for platform, group in sorted(groups.items())}
    return {platform: forms for platform, forms in found.items() if forms}


@dataclass(frozen=True, slots=True)
class _Misses:
    """Posts that one form speaks for: inputs, miss of the shipped form, weight (1 for each author), author's place, shipped errors."""

    inputs: Array
    miss: Array
    weight: Array
    author: Places
    own_sd: float
    sd: float


def _platform(group: Sequence[Exposure], platform: str, parameters: Parameters) -> dict[str, Learned]:
    shown = _when_counted(group)
    told = read(shown, platform in parameters.scored, parameters)
    settings = parameters.displays_per_person
    people = np.log(np.maximum(shown.values[:, 0] / settings.get(platform, settings["default"]), FEWEST_PEOPLE))
    names: dict[str, int] = {}
    authors = np.array([names.setdefault(one.author_id or f"post {one.post_id}", len(names)) for one in group])
    doubt = parameters.platform_sd if platform == "x" else parameters.other_platform_sd
    found = {}
    for place, name in enumerate(FORMS):
        rows = np.flatnonzero((told.form == place) & (told.doubt == 0.0))
        if rows.size and (learned := _form(_misses(told, rows, people, authors, platform, parameters), name, doubt)) is not None:
            found[name] = learned
    return found


def _when_counted(group: Sequence[Exposure]) -> Counts:
    """Read each post at the moment it was measured."""
    fields = ("views", "likes", "replies", "shares", "followers")
    rows = [[math.nan if (value := getattr(one, name)) is None else max(float(value), 0.0) for name in fields] for one in group]
    age = np.array([max(((one.observed_at or one.created_at) - one.created_at).total_seconds() / 60.0, 0.1) for one in group])
    values = np.array(rows)
    return Counts(values, ~np.isnan(values), age, age)


def _misses(told: Reading, rows: Places, people: Array, authors: Places, platform: str, parameters: Parameters) -> _Misses:
    _, own, posts = np.unique(authors[rows], return_inverse=True, return_counts=True)
    sd = float(told.sd[rows[0]])
    foreign = 0.0 if platform == "x" else parameters.other_platform_sd
    return _Misses(told.inputs[rows], people[rows] - told.centre[rows], 1.0 / posts[own], own, sd, math.hypot(sd, foreign))


def _form(seen: _Misses, name: str, doubt: float) -> Learned | None:
    """Fit; None if there are too few authors, or authors left out are foretold no better by a standard error than by the shipped form."""
    count = int(seen.author[-1:].size and seen.author.max() + 1)
    if count < AUTHORS:
        return None
    used = list(_INPUTS[name])
    inputs = seen.inputs[:, used]
    prior = np.diag([1.0 / doubt**2] + [1.0 / SLOPE_SD**2] * (len(used) - 1))
    weighted = inputs * (seen.weight / seen.own_sd**2)[:, None]
    squares = np.zeros((count, len(used), len(used)))
    np.add.at(squares, seen.author, weighted[:, :, None] * inputs[:, None, :])
    products = np.zeros((count, len(used)))
    np.add.at(products, seen.author, weighted * seen.miss[:, None])
    whole, product = prior + squares.sum(axis=0), products.sum(axis=0)
    others = np.linalg.solve(whole - squares, (product - products)[:, :, None])[:, :, 0]
    left = seen.miss - (inputs * others[seen.author]).sum(axis=1)
    sd = math.sqrt((AUTHORS * seen.sd**2 + float(seen.weight @ left**2)) / (AUTHORS + count))
    gain = np.bincount(seen.author, seen.weight * (_surprise(seen.miss, seen.sd) - _surprise(left, sd)), count)
    if gain.mean() <= gain.std() / math.sqrt(count):
        return None
    shift = np.zeros(WIDTH)
    shift[used] = np.linalg.solve(whole, product)
    return Learned(tuple(round(float(one), 6) for one in shift), round(sd, 6), seen.miss.size, count)


def _surprise(miss: Array, sd: float) -> Array:
    """Negative log density of a normal, up to a constant."""
    return 0.5 * (miss / sd) ** 2 + math.log(sd)

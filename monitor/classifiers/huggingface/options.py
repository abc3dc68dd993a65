"""What may be set: one table for each model, and what it stands for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated, Literal

from monitor.classifiers.huggingface.meanings import KIND_OF, NLI, NOTHING, SENTENCES
from monitor.decode import Between, Filled, Location

Task = Literal["labels", "zero-shot", "vectors"]
Verdict = Literal["complaint", "sentiment", "topic"]


@dataclass(frozen=True)
class Model:
    """One model: a hub ``name`` or a local ``folder``, and what it is asked.

    ``labels``: it was trained to give labels. ``zero-shot``: it was trained on entailment (NLI). ``vectors``: it embeds sentences.
    """

    task: Task
    """What it was trained for: giving labels, judging entailment (NLI, asked without training), or embedding sentences."""
    name: str = ""
    """Its name on the hub, such as `owner/model`."""
    folder: Location | None = None
    """Or the folder that holds it, as `save_pretrained` writes it; nothing is fetched then."""
    revision: str | None = None
    """Commit, tag or branch on the hub; state a commit, or the model may change under you."""
    labels: Mapping[str, str] = field(default_factory=dict)
    """What each label stands for, one word or several: complaint, neg, neu, pos, a topic, none; zero-shot: entailment, contradiction."""
    gives: tuple[Verdict, ...] = ()
    """What a zero-shot model decides; one pass of the model for each complaint, three for the sentiment, twelve for the topic."""
    hypothesis: Mapping[str, str] = field(default_factory=lambda: {"ko": "이 글은 {}.", "en": "This post {}."})
    """Sentence that a zero-shot model weighs, for posts in Korean, and for all others; {} is the meaning in words."""
    ko: Mapping[str, str] = field(default_factory=dict)
    """Own words for a meaning in Korean: `delivery_delay = "배송이 늦다는 글이다"`."""
    en: Mapping[str, str] = field(default_factory=dict)
    """Own words for a meaning in English: `delivery_delay = "is about a late delivery"`."""
    pooling: Literal["mean", "first"] = "mean"
    """How vectors of pieces become one, by the model's card: their mean, or the first piece's (CLS)."""
    prefix: str = ""
    """What stands before every text, if the model's card asks for it (`query: `)."""
    marker: str = ""
    """Word put in the place of the company's name, if the model was trained so; left out: the name stays as written."""
    longest: Annotated[int, Between(8, 8192)] = 256
    """Pieces of a post that are read at most: of a longer one two thirds from its beginning and one from its end."""

    def __post_init__(self) -> None:
        if problems := [*self._source(), *self._meanings(), *self._hypotheses()]:
            raise ValueError("; ".join(problems))

    @property
    def source(self) -> str:
        """Where it comes from, as transformers is told."""
        return str(self.folder) if self.folder else self.name

    @property
    def verdicts(self) -> tuple[str, ...]:
        """The kinds of verdict it gives."""
        if self.task == "vectors":
            return ()
        if self.task == "zero-shot":
            return self.gives
        return tuple(dict.fromkeys(KIND_OF[one] for words in self.labels.values() for one in words.split() if one in KIND_OF))

    def meanings(self, label: str) -> tuple[str, ...]:
        """What a label of the model stands for."""
        return tuple(self.labels[label].split())

    def _source(self) -> list[str]:
        if bool(self.name.strip()) == bool(self.folder):
            return ["name must be given, or folder, and not both"]
        return ["revision must be left out with a folder"] if self.folder and self.revision else []

    def _meanings(self) -> list[str]:
        known = NLI if self.task == "zero-shot" else (*KIND_OF, NOTHING)
        wrong = sorted({one for words in self.labels.values() for one in words.split() if one not in known})
        if wrong:
            return [f"labels must stand for {', '.join(known)} (not {', '.join(wrong)})"]
        if self.task == "labels" and not self.verdicts:
            return ["labels must say what the model's labels stand for"]
        return []

    def _hypotheses(self) -> list[str]:
        if self.task != "zero-shot":
            return ["gives must be left out unless the task is zero-shot"] if self.gives else []
        problems = [] if self.gives else ["gives must name complaint, sentiment or topic"]
        if any(text.count("{}") != 1 for text in self.hypothesis.values()) or set(self.hypothesis) - {"ko", "en"}:
            problems.append("hypothesis must have {} once, in ko and en")
        return problems + [f"{key} must name {', '.join(SENTENCES)}" for key in ("ko", "en") if set(getattr(self, key)) - set(SENTENCES)]


@dataclass(frozen=True)
class Options:
    """Models of the Hugging Face hub, or from folders, as [[classifier.options.models]].

    Needs the extra `torch`. What no model gives comes from the shipped one.
    """

    models: tuple[Model, ...] = ()
    """The models; each gives other verdicts than the others. None: the shipped model judges alone."""
    device: Annotated[str, Filled()] = "auto"
    """"cpu", "cuda", "cuda:1", "mps"; "auto" takes a GPU where there is one."""
    batch: Annotated[int, Between(1, 1024)] = 16
    """Texts that go through a model together."""

    def __post_init__(self) -> None:
        given = [one for model in self.models for one in model.verdicts or (model.task,)]
        twice = sorted({one for one in given if given.count(one) > 1})
        if twice:
            raise ValueError(f"models must give each verdict once, and {', '.join(twice)} comes twice")

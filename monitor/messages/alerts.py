"""The alert about one incident: what happened, how far it has spread and will spread, why we speak now, what to do, who is responsible."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, tzinfo
from typing import Any

from monitor.domain import (
    Answer,
    Assessment,
    Bar,
    Because,
    Brief,
    Change,
    Decision,
    Exposure,
    Fact,
    Incident,
    Interval,
    Kind,
    Labels,
    Message,
    Post,
    Quote,
    Reason,
    Severity,
    Spread,
)
from monitor.messages import briefs, buttons, letters, names
from monitor.messages.letters import Pair
from monitor.messages.reasons import sentence
from monitor.messages.wording import Reader
from monitor.plain import address, clean

QUOTED = 280
TITLE = 90
LIKELY = 0.5


@dataclass(frozen=True, slots=True)
class Briefing:
    """All that an alert about one incident tells.

    ``telling`` holds the posts to quote, as ``store.posts.telling`` gives them; ``complainants`` counts people, ``since`` is the first
    complaint. ``playbook`` are the steps for the topic, ``topic_label`` the name of a company's own topic, ``responsible`` who answers for
    it. ``worse_than`` is the severity last told (for WORSENED). Numbers about spread come from ``assessment`` and may be unknown.
    ``stands`` says who brought the incident into its status and when, ``silenced_until`` whether it is silenced. ``changed`` makes it a
    silent update of the message that the thread shows, and says what is new. ``brief`` are the answers to the five questions, ``drafts``
    the replies of the playbook by language, ``never`` what not to say, ``picture`` a PNG of how it spreads.
    """

    watch: str
    incident: Incident
    assessment: Assessment
    decision: Decision
    telling: tuple[tuple[Post, Labels | None, Exposure | None], ...]
    complainants: int
    since: datetime
    threshold: int
    playbook: tuple[str, ...] = ()
    responsible: str | None = None
    topic_label: str | None = None
    worse_than: Severity | None = None
    link: str | None = None
    commands: tuple[str, ...] | None = None
    stands: Change | None = None
    silenced_until: datetime | None = None
    changed: Because | None = None
    brief: Brief | None = None
    drafts: Mapping[str, str] = field(default_factory=dict)
    never: tuple[str, ...] = ()
    picture: bytes | None = None


def compose(briefing: Briefing, language: str, zone: tzinfo) -> Message:
    """Write the message for ``briefing.decision`` in ``language`` ("ko", else English), with times in ``zone``."""
    incident, decision = briefing.incident, briefing.decision
    reader = Reader(language, zone, decision.at)
    known = _known(briefing, reader)
    outlook = _outlook(briefing)
    what = "update" if briefing.changed else str(decision.reason)
    return Message(
        subject=subject(briefing, reader),
        lines=_lines(briefing, reader, known),
        facts=_facts(briefing, reader, known, outlook),
        quotes=tuple(quote(post, exposure, reader) for post, _, exposure in briefing.telling[:3]),
        actions=() if decision.reason is Reason.RESOLVED or buttons.closed(incident) else _actions(briefing, reader),
        severity=decision.severity,
        language="ko" if reader.korean else "en",
        dedup_key=f"incident-{incident.id}/{what}/{decision.at:%Y%m%dT%H%M%SZ}",
        thread=f"incident-{incident.id}",
        sent_at=decision.at,
        link=address(briefing.link),
        headline=_headline(briefing, reader, known, outlook),
        badge=_badge(decision, reader) + (buttons.mark(incident, reader) if briefing.changed else ""),
        reason=decision.reason,
        spread=_spread(briefing, reader, known),
        why=_why(briefing, reader),
        footer=_footer(briefing, reader),
        headings={part: reader.pick(pair) for part, pair in letters.HEADINGS.items() if part != "incidents"},
        update=briefing.changed is not None,
        buttons=buttons.fitting(incident, briefing.silenced_until, reader),
        picture=briefing.picture,
        **_brief(briefing, reader),
    )


def _brief(briefing: Briefing, reader: Reader) -> dict[str, Any]:
    """The parts of the message that the brief and the playbook fill; a trouble that is over needs no drafts any more."""
    over = briefing.decision.reason is Reason.RESOLVED or buttons.closed(briefing.incident)
    signal = briefing.brief.signal if briefing.brief else None
    parts: dict[str, Any] = (
        {}
        if over
        else {
            "replies": briefs.replies(briefing.drafts, briefing.watch, signal, reader),
            "never": tuple(clean(words, 200) for words in briefing.never if words.strip()),
        }
    )
    if briefing.brief is not None:
        exposures = {post.id: exposure for post, _, exposure in briefing.telling}
        parts["brief"] = briefs.answers(briefing.brief, reader, lambda post: quote(post, exposures.get(post.id), reader))
        parts["stage"] = briefs.stage(briefing.brief.stage, briefing.brief.cost, reader)
    return parts


def answered(brief: Brief, language: str, zone: tzinfo, now: datetime) -> tuple[Answer, ...]:
    """Write a brief by itself: the five answers, then the stage of its cost."""
    reader = Reader(language, zone, now)
    return (*briefs.answers(brief, reader, lambda post: quote(post, None, reader)), briefs.stage(brief.stage, brief.cost, reader))


def subject(briefing: Briefing, reader: Reader) -> str:
    """Say what to know in one line: severity, company, what, how many people, how long is left."""
    known = _known(briefing, reader)
    decision = briefing.decision
    who = reader.fill(letters.WHO[briefing.incident.kind], known)
    if decision.reason is Reason.RESOLVED:
        end = reader.fill(("{lasted:duration} 만에 해결", "resolved after {lasted:duration}"), known)
    else:
        end = reader.fill(letters.SUBJECTS[_prospect(briefing)], known)
    what = reader.fill(("{watch} {topic}", "{watch}, {topic}"), known)
    return clean(f"[{_badge(decision, reader)}] {what}: {who}, {end}", 200)


def _badge(decision: Decision, reader: Reader) -> str:
    if decision.reason is Reason.RESOLVED:
        return reader.pick(("해결", "Resolved"))
    return reader.pick(names.SEVERITIES[decision.severity]) + reader.pick(letters.BADGES.get(decision.reason, ("", "")))


def _outlook(briefing: Briefing) -> str:
    """Say what is known of the spread: ``unknown``, ``seen`` (no forecast), ``crossed``, ``expected`` (with a time) or ``unlikely``."""
    reach, forecast = briefing.assessment.reach, briefing.assessment.forecast
    if reach is None:
        return "unknown"
    if reach.people.p50 >= briefing.threshold or briefing.decision.reason is Reason.CROSSED:
        return "crossed"
    if forecast is None:
        return "seen"
    ahead = forecast.eta_at is not None and forecast.eta_at > briefing.decision.at
    return "expected" if ahead else "unlikely"


def _prospect(briefing: Briefing) -> str:
    """Tell an expected crossing from a ``possible`` one, for the subject has room for one of the two only."""
    outlook, forecast = _outlook(briefing), briefing.assessment.forecast
    return "possible" if outlook == "expected" and forecast is not None and forecast.p_cross < LIKELY else outlook


def _known(briefing: Briefing, reader: Reader) -> dict[str, object]:
    """Every value that a template may name."""
    incident, decision, now = briefing.incident, briefing.decision, briefing.decision.at
    known: dict[str, object] = {
        "watch": clean(briefing.watch, 60),
        "topic": clean(briefing.topic_label, 60) if briefing.topic_label else names.name(names.TOPICS, incident.topic, reader.language),
        "title": clean(incident.title, TITLE),
        "complainants": briefing.complainants,
        "posts": briefing.assessment.posts,
        "since": briefing.since,
        "lasted": max((now - briefing.since).total_seconds(), 0),
        "threshold": briefing.threshold,
        "severity": decision.severity,
        "before": briefing.worse_than,
        "responsible": briefing.responsible,
        "assigned": incident.assigned_to,
        "state": buttons.state(incident, briefing.stands, reader),
        "silenced": briefing.silenced_until,
        "silenced_until": briefing.silenced_until,
        "alerted": incident.alerted_at,
        "lead": None if incident.alerted_at is None else (now - incident.alerted_at).total_seconds(),
        "where": ", ".join(names.name(names.PLATFORMS, p, reader.language) for p in briefing.assessment.emergence.platforms),
    }
    return known | _known_spread(briefing, reader)


def _known_spread(briefing: Briefing, reader: Reader) -> dict[str, object]:
    reach, forecast = briefing.assessment.reach, briefing.assessment.forecast
    known: dict[str, object] = {}
    if reach is not None:
        shares = {"measured": reach.measured, "estimated": 1 - reach.measured}
        kind = "measured" if reach.measured > 0.99 else "estimated" if reach.measured < 0.01 else "mixed"
        known |= {"low": reach.people.p10, "high": reach.people.p90, "source": reader.fill(letters.SOURCES[kind], shares)}
    if forecast is not None:
        known |= {"p": forecast.p_cross, "eta": forecast.eta_at, "eta_from": forecast.eta_earliest_at, "eta_to": forecast.eta_latest_at}
        if forecast.eta_at is not None:
            known["left"] = max((forecast.eta_at - briefing.decision.at).total_seconds(), 60)
    return known


def _headline(briefing: Briefing, reader: Reader, known: dict[str, object], outlook: str) -> str:
    if briefing.decision.reason is Reason.RESOLVED:
        return reader.fill(letters.RESOLVED, known)
    return f"{reader.fill(letters.HEADLINES[briefing.incident.kind], known)} {reader.fill(letters.OUTLOOKS[outlook], known)}"


def _lines(briefing: Briefing, reader: Reader, known: dict[str, object]) -> tuple[str, ...]:
    decision = briefing.decision
    lines = [] if briefing.changed is None else [sentence(briefing.changed, reader.language, reader.zone, reader.now)]
    lines.append(reader.fill(letters.HAPPENED[briefing.incident.kind], known))
    if decision.reason is Reason.WORSENED and briefing.worse_than not in (None, decision.severity):
        lines.append(reader.fill(letters.WORSE, known))
    if briefing.assessment.reach is None:
        lines.append(reader.pick(letters.UNSEEN))
    if decision.reason is Reason.CROSSED:
        lines.append(reader.fill(letters.LEAD[briefing.incident.alerted_at is not None], known))
    return tuple(lines)


def _facts(briefing: Briefing, reader: Reader, known: dict[str, object], outlook: str) -> tuple[Fact, ...]:
    reach = briefing.assessment.reach
    shown = [fact for fact in ("state", "silenced") if known[fact]]
    shown += ["title", "topic", "since", "people" if briefing.incident.kind is Kind.COMPLAINT else "talking"]
    shown.append("unseen" if reach is None else "seen")
    if outlook not in ("unknown", "seen") and briefing.decision.reason is not Reason.RESOLVED:
        shown.append(outlook)
    shown += [fact for fact in ("where", "assigned", "responsible") if known[fact]]
    return tuple(Fact(reader.fill(label, known), reader.fill(value, known)) for label, value in map(letters.FACTS.__getitem__, shown))


def _spread(briefing: Briefing, reader: Reader, known: dict[str, object]) -> Spread | None:
    reach, forecast = briefing.assessment.reach, briefing.assessment.forecast
    if reach is None:
        return None
    ranges = {"now": reach.people} | (forecast.horizons if forecast is not None and briefing.decision.reason is not Reason.RESOLVED else {})
    bars = tuple(_bar(letters.BARS.get(horizon, (horizon, horizon)), people, reader) for horizon, people in ranges.items())
    return Spread(briefing.threshold, reader.fill(letters.MARK, known), reader.fill(letters.CAPTION, known), bars)


def _bar(label: Pair, people: Interval, reader: Reader) -> Bar:
    return Bar(reader.pick(label), reader.fill(letters.RANGE, {"low": people.p10, "high": people.p90}), people)


def quote(post: Post, exposure: Exposure | None, reader: Reader) -> Quote:
    """Return a post as it may be shown: its text cut short, where and when it stands, how far it was seen."""
    parts = [names.name(names.PLATFORMS, post.platform, reader.language)]
    if post.community:
        parts.append(clean(post.community, 40))
    parts.append(reader.time(post.created_at))
    if exposure is not None:
        parts += [reader.fill(pair, {"n": n}) for pair, n in _counts(exposure) if n is not None]
    text = clean(post.text, QUOTED) or reader.pick(("(글 없음)", "(no text)"))
    return Quote(text, " · ".join(parts), address(post.url))


def _counts(exposure: Exposure) -> tuple[tuple[Pair, int | None], ...]:
    views: Pair = ("조회 {n:count}", "{n:count} view{n:s}")
    likes: Pair = ("공감 {n:count}", "{n:count} like{n:s}")
    shares: Pair = ("공유 {n:count}", "{n:count} share{n:s}")
    return (views, exposure.views), (likes, exposure.likes), (shares, exposure.shares)


def _why(briefing: Briefing, reader: Reader) -> tuple[str, ...]:
    assessment = briefing.assessment
    reasons: list[Because] = [briefing.decision.because]
    if briefing.decision.reason is not Reason.RESOLVED:
        reasons.append(assessment.emergence.because)
        reasons += [part.because for part in (assessment.reach, assessment.forecast) if part is not None]
    sentences = (sentence(because, reader.language, reader.zone, reader.now) for because in reasons if because.code)
    return tuple(dict.fromkeys(sentences))


def _actions(briefing: Briefing, reader: Reader) -> tuple[str, ...]:
    return tuple(clean(step, 300) for step in briefing.playbook if step.strip()) or (reader.pick(letters.NO_PLAYBOOK),)


def _footer(briefing: Briefing, reader: Reader) -> tuple[str, ...]:
    id = briefing.incident.id
    commands = briefing.commands if briefing.commands is not None else (f"monitor why {id}", *buttons.command(briefing.incident))
    number = reader.fill(("사건 {id}번, {at:time} 기준", "Incident {id}, as of {at:time}"), {"id": id, "at": briefing.decision.at})
    return (number, *(clean(command, 100) for command in commands))

"""The story of an incident as a person would tell it: what came first, when it became unusual, what we said, what we kept to ourselves."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import timedelta

from monitor.domain import Assessment, Because, Change, Decision, Incident, Post, Reason, Status, Values

LONGEST = 10
TELLING_SILENCES = (
    Reason.OVER_BUDGET,
    Reason.BELOW_SEVERITY,
    Reason.SILENCED,
    Reason.QUIET_HOURS,
    Reason.RECEIVER_CAP,
    Reason.NO_RECEIVER,
    Reason.SILENT_MODE,
    Reason.WARMING_UP,
    Reason.GAP,
    Reason.DIGEST,
    Reason.NOT_EMERGING,
    Reason.TOO_SOON,
)
"""Silences worth telling, the most surprising first; that staff acknowledged is told as something they did."""
CALM = timedelta(minutes=1)
PROGRAM = "monitor"


def tell(
    incident: Incident,
    first: Post | None,
    assessments: Sequence[Assessment],
    decisions: Sequence[Decision],
    changes: Sequence[Change],
    threshold: int,
) -> tuple[Because, ...]:
    """Tell it in five to ten sentences, in the order of time where it matters; less where less is known. All lists oldest first."""
    return tuple(
        [
            *_beginning(incident, first),
            *_unusual(assessments),
            *_spoke(decisions),
            *_silent(decisions),
            *_staff(changes),
            *_spread(incident, assessments, threshold),
            *_now(incident),
        ][:LONGEST]
    )


def _beginning(incident: Incident, first: Post | None) -> Iterator[Because]:
    if first is None:
        yield Because("briefing_story_began_unknown", {"at": incident.opened_at, "watch": incident.watch})
    else:
        values: Values = {"at": first.created_at, "platform": first.platform, "watch": incident.watch, "text": first.text[:200]}
        yield Because("briefing_story_began", values)
    if incident.follows is not None:
        yield Because("briefing_story_follows", {"earlier": incident.follows})


def _unusual(assessments: Sequence[Assessment]) -> Iterator[Because]:
    turn = next((assessment for assessment in assessments if assessment.emergence.emerging), None)
    if turn is None and assessments:
        last = max(assessments, key=lambda assessment: assessment.emergence.observed)
        yield Because("briefing_story_never_unusual", {"observed": last.emergence.observed, "expected": last.emergence.expected})
    elif turn is not None:
        values: Values = {"at": turn.at, "authors": turn.authors, "observed": turn.emergence.observed, "expected": turn.emergence.expected}
        yield Because("briefing_story_unusual", values)


def _spoke(decisions: Sequence[Decision]) -> Iterator[Because]:
    """The first alert with its reason, then how many followed and the gravest of them."""
    spoken = [decision for decision in decisions if decision.notify]
    if not spoken:
        yield Because("briefing_story_unspoken")
        return
    first, *later = spoken
    receivers = ", ".join(first.receivers)
    yield Because("briefing_story_spoke", {"at": first.at, "severity": first.severity.value, "receivers": receivers or None})
    yield first.because
    if later:
        last = later[-1]
        yield Because("briefing_story_again", {"times": len(later), "at": last.at, "reason": last.reason.value})


def _silent(decisions: Sequence[Decision]) -> Iterator[Because]:
    """The silence that most needs a reason, told by its latest decision."""
    quiet = [decision for decision in decisions if not decision.notify and decision.reason in TELLING_SILENCES]
    if not quiet:
        return
    reason = min((decision.reason for decision in quiet), key=TELLING_SILENCES.index)
    chosen = [decision for decision in quiet if decision.reason is reason]
    yield Because("briefing_story_silent", {"times": len(quiet), "at": chosen[-1].at, "reason": reason.value})
    yield chosen[-1].because


def _staff(changes: Sequence[Change]) -> Iterator[Because]:
    moved = [change for change in changes if change.action == "status" and change.who != PROGRAM]
    for status, code in ((Status.ACKNOWLEDGED, "briefing_story_acknowledged"), (Status.DISMISSED, "briefing_story_dismissed")):
        change = next((change for change in moved if change.became == status.value), None)
        if change is not None:
            yield Because(code, {"at": change.at, "who": change.who})


def _spread(incident: Incident, assessments: Sequence[Assessment], threshold: int) -> Iterator[Because]:
    if incident.crossed_at is not None:
        if incident.alerted_at is not None and incident.crossed_at - incident.alerted_at > CALM:
            lead = (incident.crossed_at - incident.alerted_at).total_seconds()
            yield Because("briefing_story_crossed_told", {"at": incident.crossed_at, "threshold": threshold, "lead": lead})
        else:
            yield Because("briefing_story_crossed", {"at": incident.crossed_at, "threshold": threshold})
        return
    seen = [assessment.reach for assessment in assessments if assessment.reach is not None]
    if seen:
        yield Because("briefing_story_seen", {"low": seen[-1].people.p10, "high": seen[-1].people.p90, "threshold": threshold})
        yield from _own(assessments[-1])
    elif assessments:
        yield Because("briefing_story_unseen")


def _own(assessment: Assessment) -> Iterator[Because]:
    """That the forecast was corrected by the company's own finished incidents, if it was."""
    values = assessment.forecast.because.values if assessment.forecast is not None else {}
    if values.get("own"):
        yield Because("briefing_story_own", {"version": values["own"], "incidents": values.get("own_incidents")})


def _now(incident: Incident) -> Iterator[Because]:
    values: Values = {"status": incident.status.value, "posts": incident.posts, "authors": incident.authors}
    yield Because("briefing_story_now", values | {"at": incident.status_at or incident.last_post_at})
    if incident.merged_into is not None:
        yield Because("briefing_story_merged", {"other": incident.merged_into})

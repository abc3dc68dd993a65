"""Views about what staff do: every change, and how soon they respond."""

from __future__ import annotations

from monitor.store.view import View

OFFSET = "utc_offset"
"""Minutes by which the company's clock is ahead of UTC, as the last tick found it (``state``)."""
_OFFSET = f"coalesce((SELECT CAST(value AS TEXT) FROM state WHERE key = '{OFFSET}'), '+540') || ' minutes'"

_V_AUDIT = """SELECT a.id AS change_id, a.at AS changed_at, a.who AS who, a.origin AS origin, a.action AS action,
    a.incident AS incident_id, a.was AS was, a.became AS became, a.note AS note FROM audit a"""

# An incident that others were merged into answers for what was done about those, too.
_V_RESPONSE = f"""SELECT i.id AS incident_id, i.watch AS watch, i.topic AS topic, i.title AS title,
    coalesce((SELECT severity FROM decisions WHERE incident = i.id AND notify = 1 ORDER BY id LIMIT 1), i.severity) AS severity,
    i.alerted_at AS first_alert_at,
    CASE WHEN strftime('%w', i.alerted_at, {_OFFSET}) BETWEEN '1' AND '5'
        AND time(i.alerted_at, {_OFFSET}) >= '09:00:00' AND time(i.alerted_at, {_OFFSET}) < '18:00:00' THEN 1 ELSE 0 END AS working_hours,
    a.at AS acknowledged_at, a.who AS acknowledged_by, a.origin AS acknowledged_from,
    round((julianday(a.at) - julianday(i.alerted_at)) * 1440, 1) AS minutes_to_acknowledge, i.assigned_to AS assigned_to,
    e.became AS ended_as, e.at AS ended_at, e.who AS ended_by, e.origin AS ended_from,
    round((julianday(e.at) - julianday(i.alerted_at)) * 1440, 1) AS minutes_to_end, i.regressed AS came_back, i.confirmed_at AS confirmed_at
FROM incidents i
LEFT JOIN audit a ON a.id = (SELECT min(id) FROM audit WHERE incident IN (SELECT id FROM incidents WHERE i.id IN (id, merged_into))
    AND action = 'status' AND became IN ('acknowledged', 'resolved', 'dismissed') AND who <> 'monitor' AND at >= i.alerted_at)
LEFT JOIN audit e ON e.id = (SELECT max(id) FROM audit WHERE incident = i.id AND action = 'status' AND became = i.status)
    AND i.status IN ('resolved', 'dismissed')
WHERE i.alerted_at IS NOT NULL AND i.merged_into IS NULL"""

STAFF_VIEWS: dict[str, View] = {
    "v_audit": View(
        _V_AUDIT,
        "Audit: one row for every change that staff or the program made to incidents, silences, verdicts and a person's posts.",
        {
            "change_id": "its number, in the order in which things happened",
            "changed_at": "when",
            "who": "who did it; monitor: the program itself",
            "origin": "where it was done: cli, link, slack:U123; empty: the program",
            "action": "status, assign, confirm, undo, merge (kept), merged (gone), split, note, label, silence, expire, forget",
            "incident_id": "the incident; empty if it concerns none",
            "was": "before",
            "became": "after",
            "note": "a remark, or why, as JSON",
        },
        "Who did what in the last week?",
        "SELECT changed_at, who, origin, action, incident_id, was, became FROM v_audit "
        "WHERE who <> 'monitor' AND action <> 'label' AND changed_at > strftime('%Y-%m-%dT%H:%M:%SZ', 'now', '-7 days') ORDER BY change_id",
    ),
    "v_response": View(
        _V_RESPONSE,
        "Response times: one row for each incident that staff were told of.",
        {
            "incident_id": "the incident",
            "watch": "whom it is about",
            "topic": "its topic",
            "title": "its title",
            "severity": "at the first alert",
            "first_alert_at": "when staff were told first",
            "working_hours": "1 if that was from Monday to Friday, 09:00 to 18:00, by the company's clock; holidays count as other days",
            "acknowledged_at": "when a person first acknowledged, resolved or dismissed it; empty if nobody has",
            "acknowledged_by": "who that was",
            "acknowledged_from": "where it was done: cli, link, slack:U123",
            "minutes_to_acknowledge": "from the first alert to that",
            "assigned_to": "who looks after it",
            "ended_as": "resolved or dismissed; empty while it is open",
            "ended_at": "when it was closed last",
            "ended_by": "by whom; monitor: by itself, for nothing more was written",
            "ended_from": "where it was done",
            "minutes_to_end": "from the first alert to that",
            "came_back": "1 if it was closed and opened again",
            "confirmed_at": "when staff said that the alert was right",
        },
        "How fast do we respond, by severity, in and out of working hours?",
        "SELECT severity, working_hours, count(*) AS incidents, count(acknowledged_at) AS acknowledged, "
        "round(avg(minutes_to_acknowledge)) AS minutes_to_acknowledge, round(avg(minutes_to_end)) AS minutes_to_end "
        "FROM v_response GROUP BY 1, 2 ORDER BY 1, 2",
    ),
}

"""Views for analysts: what they show, column by column. Tables may change, views stay; all times are UTC.

This is data as well as definition: the analysts' page is written and checked from it.
"""

from __future__ import annotations

from monitor.store.score_views import SCORE_VIEWS
from monitor.store.staff_views import STAFF_VIEWS
from monitor.store.view import View

__all__ = ["VIEWS", "View"]

_THRESHOLD = "coalesce((SELECT CAST(CAST(value AS TEXT) AS REAL) FROM state WHERE key = 'complaint_threshold'), 0.5)"

_POST_COLUMNS = {
    "post_id": "platform and the post's id there",
    "platform": "where it was written",
    "community": "the forum, board or channel it stands in, if it has one",
    "author": "the account's name, or its id where the platform gives no name",
    "followers": "followers of the account when last seen",
    "text": "as posted; empty once the platform no longer shows it",
    "language": "as the platform states it, else as recognised",
    "posted_at": "when it was written",
    "time_precision": "second; day (only the date is known: noon in Seoul); seen (only when we first saw it)",
    "url": "its address",
    "reply_to": "id of the post it answers",
    "repost_of": "id of the post it passes on",
    "quote_of": "id of the post it quotes",
    "watch": "what it mentions; a post that mentions two watches has two rows",
    "complaint": "how probably it is a complaint about the watch, 0 to 1",
    "is_complaint": "1 if staff say so, or, where they said nothing, if the probability reaches the configured threshold",
    "sentiment": "neg, neu or pos: staff's word, else the model's",
    "topic": "what it is about: staff's word, else the model's",
    "labelled_by": "who on the staff judged it",
    "model": "name and version of the model whose verdict is in force",
    "incident_id": "the incident it belongs to",
    "copy_of": "id of the post whose text it repeats",
    "likes": "at the last measurement, like the next three; empty where the platform does not say",
    "replies": "answers",
    "shares": "reposts and quotes",
    "views": "displays as the platform counts them",
    "measured_at": "when these counts were read last",
    "collected_at": "when we read it",
    "gone_at": "when the platform was found to show it no longer",
    "post_number": "its number here, the rowid of post_search",
}

_V_POSTS = f"""SELECT p.id AS post_id, p.platform AS platform, p.community AS community, coalesce(a.handle, a.id) AS author,
    a.followers AS followers, p.text AS text, coalesce(p.language, c.language) AS language, p.created_at AS posted_at,
    p.time_precision AS time_precision, p.url AS url,
    p.reply_to AS reply_to, p.repost_of AS repost_of, p.quote_of AS quote_of, m.watch AS watch, round(c.complaint, 4) AS complaint,
    coalesce(l.complaint, c.complaint >= {_THRESHOLD}) AS is_complaint, coalesce(l.sentiment, c.sentiment) AS sentiment,
    coalesce(l.topic, c.topic) AS topic, l.who AS labelled_by, k.name AS model, i.incident AS incident_id, i.copy_of AS copy_of,
    e.likes AS likes, e.replies AS replies, e.shares AS shares, e.views AS views, e.observed_at AS measured_at,
    p.collected_at AS collected_at, p.gone_at AS gone_at, p.n AS post_number
FROM posts p
LEFT JOIN mentions m ON m.post = p.n
LEFT JOIN authors a ON a.n = p.author
LEFT JOIN classifications c ON c.post = m.post AND c.watch = m.watch AND c.model = m.model
LEFT JOIN models k ON k.n = c.model
LEFT JOIN labels l ON l.post = m.post AND l.watch = m.watch
LEFT JOIN incident_posts i ON i.post = m.post AND i.watch = m.watch
LEFT JOIN measured e ON e.post = p.n"""

_V_INCIDENTS = """SELECT i.id AS incident_id, i.watch AS watch, i.kind AS kind, i.topic AS topic, i.title AS title, i.status AS status,
    i.severity AS severity, i.opened_at AS opened_at, i.last_post_at AS last_post_at, i.posts AS posts, i.authors AS authors,
    s.at AS assessed_at, json_extract(s.emergence, '$.emerging') AS emerging,
    json_extract(s.emergence, '$.observed') AS observed, json_extract(s.emergence, '$.expected') AS expected,
    CAST(round(json_extract(s.reach, '$.people.p10')) AS INTEGER) AS people_low, CAST(round(s.people) AS INTEGER) AS people_mid,
    CAST(round(json_extract(s.reach, '$.people.p90')) AS INTEGER) AS people_high,
    round(json_extract(s.reach, '$.measured'), 3) AS measured_share,
    CAST(round(json_extract(s.forecast, '$.horizons."24h".p50')) AS INTEGER) AS people_in_24h,
    round(json_extract(s.forecast, '$.p_cross'), 3) AS p_cross, json_extract(s.forecast, '$.eta_at') AS crossing_expected_at,
    i.crossed_at AS crossed_at, i.alerted_at AS first_alert_at, i.assigned_to AS assigned_to, i.status_at AS status_at,
    i.regressed AS came_back, i.confirmed_at AS confirmed_at, i.follows AS follows, i.merged_into AS merged_into
FROM incidents i LEFT JOIN assessments s ON s.id = (SELECT max(id) FROM assessments WHERE incident = i.id)"""

VIEWS: dict[str, View] = {
    "v_posts": View(
        _V_POSTS,
        "Posts: one row for each post and each watch that it mentions, with the latest counts.",
        _POST_COLUMNS,
        "Which posts of the last week were seen most?",
        "SELECT posted_at, platform, views, text, url FROM v_posts WHERE posted_at > strftime('%Y-%m-%dT%H:%M:%SZ', 'now', '-7 days') "
        "ORDER BY views DESC LIMIT 20",
    ),
    "v_complaints": View(
        "SELECT * FROM v_posts WHERE is_complaint",
        "Posts that are complaints: the rows of v_posts whose is_complaint is 1.",
        _POST_COLUMNS,
        "What do people complain about, day by day?",
        "SELECT date(posted_at, '+9 hours') AS day_in_seoul, topic, count(*) AS complaints, count(DISTINCT author) AS people "
        "FROM v_complaints WHERE copy_of IS NULL GROUP BY 1, 2 ORDER BY 1 DESC, 3 DESC",
    ),
    "v_incidents": View(
        _V_INCIDENTS,
        "Incidents: one row each, with the latest estimate of how many people have seen it and will.",
        {
            "incident_id": "its number",
            "watch": "whom it is about",
            "kind": "complaint (complaints about the same trouble) or attention (a wave of news or talk)",
            "topic": "what most of its posts are about",
            "title": "telling words and a post",
            "status": "candidate, triggered, acknowledged, resolved or dismissed",
            "severity": "low, moderate, high or critical, at the latest decision",
            "opened_at": "its first post, or when it was opened",
            "last_post_at": "its latest post",
            "posts": "posts, copies included",
            "authors": "different people who complain, copies left out",
            "assessed_at": "when the following estimates were made",
            "emerging": "1 if it stands far above what is normal",
            "observed": "posts counted by the detector",
            "expected": "posts that would be normal",
            "people_low": "people who have seen it: one time in ten it is fewer",
            "people_mid": "the middle estimate",
            "people_high": "one time in ten it is more",
            "measured_share": "how much of the estimate rests on public view counts, 0 to 1",
            "people_in_24h": "middle forecast of people who will have seen it a day later",
            "p_cross": "chance that the threshold is crossed within 24 hours",
            "crossing_expected_at": "when that is expected",
            "crossed_at": "when the middle estimate first reached the threshold",
            "first_alert_at": "when staff were told first",
            "assigned_to": "who looks after it",
            "status_at": "when its status changed last",
            "came_back": "1 if it was closed and opened again",
            "confirmed_at": "when staff said that it was a real trouble",
            "follows": "the earlier incident that it follows or was split from",
            "merged_into": "the incident that it was merged into",
        },
        "What is open now, gravest first?",
        "SELECT incident_id, severity, status, topic, authors, people_mid, p_cross, title FROM v_incidents "
        "WHERE status IN ('candidate', 'triggered', 'acknowledged') AND authors > 1 ORDER BY people_mid DESC",
    ),
    "v_alerts": View(
        """SELECT d.id AS decision_id, d.at AS decided_at, d.incident AS incident_id, i.watch AS watch, i.topic AS topic, i.title AS title,
    d.reason AS reason, d.severity AS severity, n.id AS notification_id, n.receiver AS receiver, n.channel AS channel,
    json_extract(n.message, '$.subject') AS subject, n.state AS state, n.attempts AS attempts, n.delivered_at AS delivered_at,
    round((julianday(n.delivered_at) - julianday(d.at)) * 1440, 1) AS minutes_to_deliver, n.error AS error
FROM decisions d JOIN incidents i ON i.id = d.incident LEFT JOIN notifications n ON n.decision = d.id
WHERE d.notify = 1""",
        "Alerts: one row for each decision to notify and each channel that it went to.",
        {
            "decision_id": "the decision's number",
            "decided_at": "when it was made",
            "incident_id": "the incident it is about",
            "watch": "whom it is about",
            "topic": "the incident's topic",
            "title": "the incident's title",
            "reason": "first, worsened, repeat, escalated or crossed",
            "severity": "as it was told",
            "notification_id": "the message's number in the outbox; empty if there was nobody to tell",
            "receiver": "who was told",
            "channel": "by which way",
            "subject": "the message's subject",
            "state": "pending, delivered or dead (never accepted)",
            "attempts": "how often it was sent",
            "delivered_at": "when the channel accepted it",
            "minutes_to_deliver": "from the decision to that",
            "error": "the last failure",
        },
        "Which alerts of the last month reached nobody, or late?",
        "SELECT decided_at, incident_id, severity, receiver, channel, state, minutes_to_deliver, error FROM v_alerts "
        "WHERE state IS NOT 'delivered' OR minutes_to_deliver > 5 ORDER BY decided_at DESC",
    ),
    "v_decisions": View(
        """SELECT d.id AS decision_id, d.at AS decided_at, d.incident AS incident_id, i.watch AS watch, i.title AS title,
    d.reason AS reason, d.notify AS notify, d.severity AS severity, json_extract(d.because, '$.code') AS because,
    d.inputs AS inputs, d.receivers AS receivers
FROM decisions d JOIN incidents i ON i.id = d.incident""",
        "Decisions: one row each, also those to stay silent, with the numbers that decided.",
        {
            "decision_id": "its number",
            "decided_at": "when it was made",
            "incident_id": "the incident it is about",
            "watch": "whom it is about",
            "title": "the incident's title",
            "reason": "why we spoke or stayed silent, from a closed list",
            "notify": "1 if staff were told",
            "severity": "how bad it was then",
            "because": "the code of the sentence that explains it",
            "inputs": "the numbers that decided, as JSON",
            "receivers": "who was to be told, as JSON",
        },
        "Why did we stay silent about incident 1?",
        "SELECT decided_at, reason, severity, inputs FROM v_decisions WHERE incident_id = 1 AND NOT notify ORDER BY decision_id",
    ),
    "v_assessments": View(
        """SELECT s.id AS assessment_id, s.incident AS incident_id, s.at AS assessed_at, s.posts AS posts, s.authors AS authors,
    json_extract(s.emergence, '$.observed') AS observed, json_extract(s.emergence, '$.expected') AS expected,
    json_extract(s.emergence, '$.evidence') AS evidence, json_extract(s.emergence, '$.emerging') AS emerging,
    CAST(round(json_extract(s.reach, '$.people.p10')) AS INTEGER) AS people_low, CAST(round(s.people) AS INTEGER) AS people_mid,
    CAST(round(json_extract(s.reach, '$.people.p90')) AS INTEGER) AS people_high,
    round(json_extract(s.reach, '$.measured'), 3) AS measured_share,
    CAST(round(json_extract(s.forecast, '$.horizons."1h".p50')) AS INTEGER) AS people_in_1h,
    CAST(round(json_extract(s.forecast, '$.horizons."6h".p50')) AS INTEGER) AS people_in_6h,
    CAST(round(json_extract(s.forecast, '$.horizons."24h".p50')) AS INTEGER) AS people_in_24h,
    round(json_extract(s.forecast, '$.p_cross'), 3) AS p_cross, json_extract(s.forecast, '$.eta_at') AS crossing_expected_at
FROM assessments s""",
        "Assessments: one row for each time an incident was looked at: its whole course.",
        {
            "assessment_id": "its number",
            "incident_id": "the incident",
            "assessed_at": "when",
            "posts": "its posts then",
            "authors": "its people then",
            "observed": "posts counted by the detector",
            "expected": "posts that would be normal",
            "evidence": "how strongly the counts speak for a rise (log statistic)",
            "emerging": "1 if it stood far above what is normal",
            "people_low": "people who had seen it: one time in ten it is fewer",
            "people_mid": "the middle estimate; empty where nothing was measured",
            "people_high": "one time in ten it is more",
            "measured_share": "how much of the estimate rests on public view counts, 0 to 1",
            "people_in_1h": "middle forecast an hour later",
            "people_in_6h": "middle forecast six hours later",
            "people_in_24h": "middle forecast a day later",
            "p_cross": "chance that the threshold is crossed within 24 hours",
            "crossing_expected_at": "when that was expected",
        },
        "How did incident 1 grow, and what had been forecast?",
        "SELECT assessed_at, people_low, people_mid, people_high, people_in_1h, p_cross FROM v_assessments "
        "WHERE incident_id = 1 ORDER BY assessment_id",
    ),
    "v_engagement": View(
        """SELECT p.id AS post_id, p.platform AS platform, e.observed_at AS observed_at, e.likes AS likes, e.replies AS replies,
    e.shares AS shares, e.views AS views, round((julianday(e.observed_at) - julianday(p.created_at)) * 24, 2) AS hours_since_posted
FROM engagement e JOIN posts p ON p.n = e.post""",
        "Measurements: one row for each time the counts of a post were found changed.",
        {
            "post_id": "the post",
            "platform": "where it was written",
            "observed_at": "when the counts were read",
            "likes": "likes then; empty where the platform does not say",
            "replies": "answers then",
            "shares": "reposts and quotes then",
            "views": "displays then",
            "hours_since_posted": "age of the post then",
        },
        "How did the views of the posts of incident 1 grow?",
        "SELECT e.post_id, e.hours_since_posted, e.views FROM v_engagement e JOIN v_posts p USING (post_id) "
        "WHERE p.incident_id = 1 ORDER BY e.post_id, e.observed_at",
    ),
    "v_collector_health": View(
        """SELECT substr(s.step, 9) AS collector, s.last_run_at AS last_run_at,
    (SELECT max(finished_at) FROM runs WHERE step = s.step AND error IS NULL) AS last_good_at,
    (SELECT count(*) FROM runs WHERE step = s.step AND finished_at > s.day_before) AS runs_24h,
    (SELECT count(error) FROM runs WHERE step = s.step AND finished_at > s.day_before) AS failures_24h,
    (SELECT coalesce(sum(pages), 0) FROM runs WHERE step = s.step AND finished_at > s.day_before) AS pages_24h,
    (SELECT coalesce(sum(done), 0) FROM runs WHERE step = s.step AND finished_at > s.day_before) AS posts_24h,
    (SELECT error FROM runs WHERE step = s.step ORDER BY finished_at DESC, id DESC LIMIT 1) AS error,
    (SELECT problems FROM runs WHERE step = s.step ORDER BY finished_at DESC, id DESC LIMIT 1) AS left_out,
    k.newest_at AS newest_post_at, round((julianday(s.last_run_at) - julianday(k.newest_at)) * 1440, 1) AS lag_minutes,
    k.pause AS paused_because, k.paused_until AS paused_until_at,
    (SELECT moved_at FROM cursors WHERE collector = substr(s.step, 9)) AS cursor_moved_at
FROM (SELECT step, max(finished_at) AS last_run_at, strftime('%Y-%m-%dT%H:%M:%fZ', max(finished_at), '-24 hours') AS day_before
    FROM runs WHERE step >= 'collect ' AND step < 'collect!' GROUP BY step) s LEFT JOIN sources k ON k.collector = substr(s.step, 9)""",
        "Collectors: one row each, how well they fare; 24 hours count back from the last pass.",
        {
            "collector": "its name in the configuration",
            "last_run_at": "when its last pass ended",
            "last_good_at": "when its last pass without an error ended",
            "runs_24h": "passes in the 24 hours up to the last one",
            "failures_24h": "those with an error",
            "pages_24h": "pages that they read",
            "posts_24h": "new posts they brought",
            "error": "what went wrong in the last pass; empty if nothing did",
            "left_out": "records that the last pass left out, and why",
            "newest_post_at": "when the newest post was written that it ever brought, of use or not",
            "lag_minutes": "from that to the end of the last pass",
            "paused_because": "why it asks nothing: refused, unpaid, asked_to_wait; empty if it is not paused",
            "paused_until_at": "when it tries again",
            "cursor_moved_at": "when its place in the source moved last",
        },
        "Which collectors have trouble?",
        "SELECT collector, last_good_at, failures_24h, error FROM v_collector_health WHERE error IS NOT NULL OR failures_24h > 0",
    ),
    "v_spending": View(
        """SELECT collector, requests_today, money_today, requests_month, money_month, requests_per_day, requests_per_month,
    money_per_day, money_per_month,
    coalesce(min(requests_per_day - requests_today, requests_per_month - requests_month),
        requests_per_day - requests_today, requests_per_month - requests_month) AS requests_left,
    coalesce(min(money_per_day - money_today, money_per_month - money_month),
        money_per_day - money_today, money_per_month - money_month) AS money_left
FROM (SELECT k.collector AS collector, k.requests_per_day AS requests_per_day, k.requests_per_month AS requests_per_month,
    k.money_per_day AS money_per_day, k.money_per_month AS money_per_month,
    (SELECT coalesce(sum(requests), 0) FROM spending WHERE collector = k.collector AND day = date('now')) AS requests_today,
    (SELECT coalesce(sum(money), 0.0) FROM spending WHERE collector = k.collector AND day = date('now')) AS money_today,
    (SELECT coalesce(sum(requests), 0) FROM spending WHERE collector = k.collector AND day >= strftime('%Y-%m-01', 'now'))
        AS requests_month,
    (SELECT coalesce(sum(money), 0.0) FROM spending WHERE collector = k.collector AND day >= strftime('%Y-%m-01', 'now')) AS money_month
FROM sources k)""",
        "Spending: one row for each collector, what it has used of its budget in the running UTC day and calendar month.",
        {
            "collector": "its name in the configuration",
            "requests_today": "requests made today, collecting and measuring again together",
            "money_today": "money spent today, in the currency of the kind's prices",
            "requests_month": "requests made this month",
            "money_month": "money spent this month",
            "requests_per_day": "the limit in [collector.budget]; empty: none, like the next three",
            "requests_per_month": "requests allowed in a month",
            "money_per_day": "money allowed in a day",
            "money_per_month": "money allowed in a month",
            "requests_left": "requests left until the nearer limit; empty: no limit",
            "money_left": "money left until the nearer limit; empty: no limit",
        },
        "What has each collector spent, and what is left?",
        "SELECT collector, requests_today, requests_left, money_month, money_left FROM v_spending ORDER BY money_month DESC",
    ),
    "v_gaps": View(
        """SELECT collector, platform, since AS missing_since_at, until AS missing_until_at,
    CASE lost WHEN 1 THEN 'lost' ELSE 'late' END AS outcome, why FROM gaps""",
        "Gaps: one row for each stretch of time from which posts of a collector are missing or came late.",
        {
            "collector": "its name in the configuration",
            "platform": "the platform, if it reads only one",
            "missing_since_at": "the beginning",
            "missing_until_at": "the end; empty while it lasts",
            "outcome": "lost (the platform shows these posts no more) or late (the collector was silent; they may have come later)",
            "why": "what happened",
        },
        "When did we miss something?",
        "SELECT collector, missing_since_at, missing_until_at, outcome, why FROM v_gaps ORDER BY missing_since_at DESC",
    ),
    "v_lead_time": View(
        """SELECT id AS incident_id, watch, topic, title, severity, opened_at, alerted_at AS first_alert_at, crossed_at,
    round((julianday(crossed_at) - julianday(alerted_at)) * 1440, 1) AS lead_minutes,
    round((julianday(alerted_at) - julianday(opened_at)) * 1440, 1) AS minutes_to_alert,
    CASE WHEN crossed_at IS NULL THEN 'not crossed' WHEN alerted_at IS NULL THEN 'missed'
        WHEN alerted_at <= crossed_at THEN 'in time' ELSE 'late' END AS outcome
FROM incidents WHERE merged_into IS NULL AND (alerted_at IS NOT NULL OR crossed_at IS NOT NULL)""",
        "Lead time: one row for each incident that was alerted or crossed the threshold.",
        {
            "incident_id": "the incident",
            "watch": "whom it is about",
            "topic": "its topic",
            "title": "its title",
            "severity": "at the latest decision",
            "opened_at": "its beginning",
            "first_alert_at": "when staff were told first; empty if never",
            "crossed_at": "when the middle estimate of people first reached the threshold; empty if it has not",
            "lead_minutes": "from the first alert to the crossing: positive is a warning in time, negative came after it",
            "minutes_to_alert": "from the beginning to the first alert",
            "outcome": "in time, late (told after the crossing), missed (crossed, never told), or not crossed",
        },
        "How early do we warn, and how often not at all?",
        "SELECT outcome, count(*) AS incidents, round(avg(lead_minutes)) AS mean_lead_minutes FROM v_lead_time GROUP BY outcome",
    ),
    **STAFF_VIEWS,
    **SCORE_VIEWS,
}

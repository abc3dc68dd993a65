"""The phrase book of all verbs: key -> (Korean, English). Both templates of a key use the same fields; formats as in ``wording.SPECS``."""

from __future__ import annotations

from monitor.messages.advice import ADVICE
from monitor.messages.chat import CHAT
from monitor.messages.deeds import ACTS
from monitor.messages.learning import LEARNING
from monitor.messages.reporting import REPORTING
from monitor.messages.setting_up import SETTING_UP
from monitor.messages.telling import TELLING
from monitor.messages.webpages import WEBPAGES

PHRASES: dict[str, tuple[str, str]] = {
    **ADVICE,
    **ACTS,
    **CHAT,
    **LEARNING,
    **REPORTING,
    **SETTING_UP,
    **TELLING,
    **WEBPAGES,
    "yes": ("예", "yes"),
    "no": ("아니요", "no"),
    "unknown": ("알 수 없음", "unknown"),
    "none": ("없음", "none"),
    "nothing_to_show": ("표시할 내용이 없습니다.", "Nothing to show."),
    # monitor incidents, monitor why
    "incidents.none": ("진행 중인 사건이 없습니다.", "No incident is going on."),
    "incidents.split": ("{id}번 사건에서 {new}번 사건을 나눴습니다.", "Incident {new} was split from incident {id}."),
    "incidents.head.id": ("번호", "No."),
    "incidents.head.severity": ("심각도", "severity"),
    "incidents.head.status": ("상태", "status"),
    "incidents.head.watch": ("대상", "watch"),
    "incidents.head.topic": ("주제", "topic"),
    "incidents.head.authors": ("사람", "people"),
    "incidents.head.posts": ("게시물", "posts"),
    "incidents.head.reach": ("본 사람", "seen by"),
    "incidents.head.opened": ("시작", "since"),
    "incidents.head.title": ("제목", "title"),
    "why.alerted": ("{at:time}에 알렸습니다({reason:reason}).", "Alerted at {at:time} ({reason:reason})."),
    "why.silent": ("{at:time}에는 알리지 않았습니다: {reason:reason}.", "Silent at {at:time}: {reason:reason}."),
    "why.never": ("{id}번 사건은 아직 판단한 적이 없습니다.", "Incident {id} has not been judged yet."),
    # monitor silence, monitor outbox
    "silence.added": ("{until:time}까지 알림을 멈춥니다(번호 {id}).", "Silence {id} holds until {until:time}."),
    "silence.expired": ("알림 중지 {id:이/가} 끝났습니다.", "Silence {id} has ended."),
    "silence.none": ("설정된 알림 중지가 없습니다.", "No silence is set."),
    "outbox.none": ("보내지 못한 알림이 없습니다.", "Every notification was delivered."),
    "outbox.retried": ("{id}번 알림을 다시 보냅니다.", "Notification {id} will be sent again."),
    # cells of tables
    "cell.severity": ("{severity:severity}", "{severity:severity}"),
    "cell.status": ("{status:status}", "{status:status}"),
    "cell.topic": ("{topic:topic}", "{topic:topic}"),
    "cell.time": ("{at:time}", "{at:time}"),
    "cell.reach": ("{low:people}~{high:people}명", "{low:people} to {high:people}"),
    "members.head.at": ("시각", "when"),
    "members.head.platform": ("곳", "where"),
    "members.head.text": ("글", "post"),
    "members.head.why": ("여기 있는 까닭", "why it stands here"),
    "silence.head.id": ("번호", "No."),
    "silence.head.matchers": ("대상", "what"),
    "silence.head.until": ("언제까지", "until"),
    "silence.head.author": ("설정한 사람", "by"),
    "silence.head.comment": ("메모", "comment"),
    "outbox.head.id": ("번호", "No."),
    "outbox.head.state": ("상태", "state"),
    "outbox.head.receiver": ("받는 곳", "receiver"),
    "outbox.head.attempts": ("시도", "attempts"),
    "outbox.head.subject": ("제목", "subject"),
    "outbox.head.error": ("오류", "error"),
    "why.head": ("{id}번 사건 ({status:status}), {watch}: {title}", "Incident {id} ({status:status}), {watch}: {title}"),
    # monitor demo
    "demo.story": (
        "이야기: 글 {posts:count}건, 그 가운데 불만 {complaints:count}건, 사건 {incidents:count}건.",
        "The story: {posts:count} posts, {complaints:count} of them complaints, in {incidents:count} incidents.",
    ),
    "demo.silent": ("알린 일이 없습니다.", "Nothing was alerted."),
    "demo.timeline": ("\n알린 일", "\nWhat was said"),
    "demo.spoke": (
        "  {at:time}  {incident}번 사건, {reason:reason}: {title}",
        "  {at:time}  incident {incident}, {reason:reason}: {title}",
    ),
    "demo.crossed": (
        "  {at:time}  {incident}번 사건을 본 사람이 {threshold:persons}을 넘었습니다. 첫 알림은 그보다 {lead:duration} 먼저 나갔습니다.",
        "  {at:time}  incident {incident} was seen by more than {threshold:persons}. The first alert came {lead:duration} earlier.",
    ),
    "demo.crossed_untold": (
        "  {at:time}  {incident}번 글을 본 사람이 {threshold:persons}을 넘었지만 알리지 않았습니다. 까닭은 아래에 있습니다.",
        "  {at:time}  incident {incident} was seen by more than {threshold:persons} and not alerted; the reason stands below.",
    ),
    "demo.crossed_late": (
        "  {at:time}  {incident}번 사건을 본 사람이 {threshold:persons}을 넘었습니다. 알림은 그보다 {late:duration} 늦었습니다.",
        "  {at:time}  incident {incident} was seen by more than {threshold:persons}. The alert came {late:duration} later.",
    ),
    "demo.silences": ("\n알리지 않은 일과 그 까닭", "\nWhat was not said, and why"),
    "demo.kept_silent": (
        "  {incident}번: {authors:persons}, 글 {posts:count}건, {title}\n      {because}",
        "  No. {incident}: {authors:persons}, {posts:count} post{posts:s}, {title}\n      {because}",
    ),
    "demo.next": (
        "\n다음에 해 볼 것\n"
        "  monitor incidents --database {database}            무슨 일이 있었나\n"
        "  monitor why {incident} --database {database}       왜 알렸나, 왜 조용했나\n"
        "  monitor search 흠집 --database {database}           글 찾기\n"
        '  sqlite3 {database} "SELECT * FROM v_incidents"     SQL로 보기\n'
        "  메일로 받는 알림: {mail}",
        "\nWhat to type next\n"
        "  monitor incidents --database {database}            what is going on\n"
        "  monitor why {incident} --database {database}       why it spoke, why it was silent\n"
        "  monitor search scratch --database {database}       find posts\n"
        '  sqlite3 {database} "SELECT * FROM v_incidents"     look with SQL\n'
        "  The alert as a mail: {mail}",
    ),
    # monitor check, once, add, export, backup, prune, forget
    "check.config": (
        "설정 {path}: 이상 없음 (감시 대상 {watches:count}개, 받는 곳 {receivers:count}개)",
        "configuration {path}: good ({watches:count} watch(es), {receivers:count} receiver{receivers:s})",
    ),
    "check.model": ("모델 {model}: 이상 없음", "model {model}: good"),
    "check.database": ("데이터베이스 {path}: 이상 없음 (글 {posts:count}건)", "database {path}: good ({posts:count} post{posts:s})"),
    "check.source": ("수집기 {name}: 이상 없음", "collector {name}: good"),
    "check.no_source": ("수집기 {name}: {why}", "collector {name}: {why}"),
    "check.sent": ("{receiver}/{channel:으로/로} 시험 알림을 보냈습니다.", "a test message was sent to {receiver}/{channel}"),
    "check.not_sent": ("{receiver}/{channel:으로/로} 보내지 못했습니다: {why}", "{receiver}/{channel} did not take a test message: {why}"),
    "check.failed": ("고칠 것이 {failures:count}가지 있습니다.", "{failures:count} thing{failures:s} to mend"),
    "once.failed": ("실패한 단계: {steps} (자세한 내용은 위의 기록을 보세요)", "steps that failed: {steps} (the log above says why)"),
    "added": ("{id:으로/로} 넣었습니다. 다음 판단 때 함께 살핍니다.", "Entered as {id}; the next tick judges it."),
    "judged_again": (
        "언급 {mentions:count}건의 판정을 {model:으로/로} 새로 했습니다. 이전 판정은 남아 있고, 사건에 묶인 글은 그대로입니다.",
        "{mentions:count} mention{mentions:s} judged again by {model}; the old verdicts stay beside, and incidents keep their posts.",
    ),
    "judged_already": ("모두 이미 {model:으로/로} 판정되어 있습니다.", "Everything has the verdict of {model} already."),
    "exported": ("{file}에 {rows:count}줄을 썼습니다.", "{rows:count} row{rows:s} written to {file}."),
    "backed_up": ("{file}에 백업했습니다.", "Backed up to {file}."),
    "pruned": ("오래된 글 {posts:count}건을 지웠습니다.", "{posts:count} old post{posts:s} removed."),
    "prune.forever": ("보존 기간이 정해져 있지 않습니다. --days로 정하세요.", "Posts are kept for ever; say --days to remove old ones."),
    "forgotten": (
        "{author}의 글 {posts:count}건을 지우고 다시 모으지 않습니다.",
        "{posts:count} post{posts:s} of {author} removed, and never collected again.",
    ),
    "error.no_database": (
        "{path}: 데이터베이스가 없습니다. monitor run이나 monitor demo가 만듭니다.",
        "{path}: no such database; monitor run or monitor demo makes one.",
    ),
    "error.no_watch": ("감시 대상 {watch:이/가} 없습니다. 있는 것: {known}", "There is no watch {watch}; known: {known}"),
}

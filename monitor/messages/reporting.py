"""What the verbs about the brief, the report and signals say: key -> (Korean, English)."""

from __future__ import annotations

REPORTING: dict[str, tuple[str, str]] = {
    "written": ("{file:을/를} 썼습니다.", "{file} is written."),
    "why.unmeasured": (
        "그릴 것이 없습니다. 이 사건을 본 사람 수를 한 번도 잴 수 없었습니다.",
        "There is nothing to draw: how many people have seen it was never measured.",
    ),
    "report.nobody": (
        "주간 보고를 받을 사람이 없습니다. [[receiver]]에 weekly = true를 적으세요.",
        "Nobody gets the weekly report: set weekly = true at a [[receiver]].",
    ),
    "report.queued": ("주간 보고를 {n:count}곳에 보냅니다.", "The weekly report is on its way to {n:count} receiver{n:s}."),
    "signal.taken": (
        "우리 쪽 일 {records:count}건을 읽었고, 그 가운데 {new:count}건이 새 것입니다.",
        "{records:count} event{records:s} read, {new:count} of them new.",
    ),
    "signal.none_taken": ("읽을 수 있는 기록이 하나도 없습니다.", "Not one record could be read."),
    "signal.head.at": ("시각", "when"),
    "signal.head.kind": ("종류", "kind"),
    "signal.head.topic": ("주제", "topic"),
    "signal.head.place": ("곳", "where"),
    "signal.head.text": ("내용", "what"),
}

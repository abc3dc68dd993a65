"""What the verbs label, train and evaluate say: key -> (Korean, English)."""

from __future__ import annotations

LEARNING: dict[str, tuple[str, str]] = {
    "task.complaint": ("불만", "complaint"),
    "task.sentiment": ("감정", "sentiment"),
    "task.topic": ("주제", "topic"),
    "cell.language": ("{name:language}", "{name:language}"),
    # monitor label
    "label.keys": (
        "글마다 불만, 감정, 주제를 차례로 묻습니다. Enter: 모델의 판단을 그대로 둠, s: 건너뛰기, u: 직전 답 취소, q: 끝내기\n"
        "주제: {topics}",
        "Each post: complaint, sentiment, topic. Enter leaves the model's word, s skips, u undoes the last post, q quits.\n"
        "Topics: {topics}",
    ),
    "label.head": (
        "[{place}/{count}] {watch} · {platform:platform} · {at:time} · 본 사람 약 {people:people}명",
        "[{place}/{count}] {watch} · {platform:platform} · {at:time} · seen by about {people:people}",
    ),
    "label.head_lot": (
        "[{place}/{count}] {watch} · {platform:platform} · {at:time} · 본 사람 약 {people:people}명 · 무작위",
        "[{place}/{count}] {watch} · {platform:platform} · {at:time} · seen by about {people:people} · by lot",
    ),
    "label.model": (
        "  모델: 불만 {complaint:percent}, {sentiment}, {topic}",
        "  The model: complaint {complaint:percent}, {sentiment}, {topic}",
    ),
    "label.complaint": ("불만입니까? [y/n]", "A complaint? [y/n]"),
    "label.sentiment": ("감정은? [1 부정, 2 중립, 3 긍정]", "Sentiment? [1 negative, 2 neutral, 3 positive]"),
    "label.topic": ("주제는?", "Topic?"),
    "label.feeling.neg": ("부정", "negative"),
    "label.feeling.neu": ("중립", "neutral"),
    "label.feeling.pos": ("긍정", "positive"),
    "label.pressed.s": ("건너뜀", "skipped"),
    "label.pressed.u": ("취소", "undone"),
    "label.pressed.q": ("끝", "the end"),
    "label.nothing_to_undo": ("이번에는 아직 답한 글이 없습니다.", "Nothing was answered in this sitting yet."),
    "label.gone": ("그 사이에 지워진 글입니다.", "The post was removed in the meantime."),
    "label.none": (
        "물어볼 글이 없습니다. 모두 답했거나 새 글이 없습니다.",
        "There is nothing to ask: all are labelled, or there are no new posts.",
    ),
    "label.no_terminal": (
        "단말기가 아니어서 물을 수 없습니다. --to로 CSV를 만들어 채운 뒤 --from으로 읽으세요.",
        "This is no terminal, so nothing can be asked: write a CSV with --to, fill it in, and take it with --from.",
    ),
    "label.done": ("글 {count:count}건에 답했습니다.", "{count:count} post{count:s} labelled."),
    "label.written": (
        "글 {count:count}건을 {file}에 적었습니다. complaint(y/n), sentiment(neg/neu/pos), topic을 채운 뒤 --from으로 읽으세요.",
        "{count:count} post{count:s} written to {file}. Fill in complaint (y/n), sentiment (neg/neu/pos), topic, and take it with --from.",
    ),
    "label.taken": ("{file}에서 답 {count:count}건을 읽었습니다.", "{count:count} label{count:s} taken from {file}."),
    "label.counts": (
        "지금까지 {people:persons}이 글 {labels:count}건에 답했습니다(불만 {complaint:count}, 감정 {sentiment:count}, 주제 {topic:count}). "
        "사건 판단에서 온 것 {from_decisions:count}건, 무작위로 고른 것 {by_lot:count}건.",
        "{labels:count} label{labels:s} by {people:persons} so far (complaint {complaint:count}, sentiment {sentiment:count}, "
        "topic {topic:count}); {from_decisions:count} from decisions about incidents, {by_lot:count} drawn by lot.",
    ),
    # monitor train
    "train.base": ("기본 모델", "the base model"),
    "train.too_few": (
        "배우기에는 답이 모자랍니다: {count:count}건 있고, 같은 항목에 두 가지 이상의 답으로 {needed:count}건이 필요합니다. "
        "monitor label로 더하세요.",
        "Too few labels to learn from: there are {count:count}, and one question needs {needed:count} with at least two different answers. "
        "Add some with `monitor label`.",
    ),
    "train.learnt": (
        "답 {labels:count}건으로 배우고, {held:count}건은 비교하려고 남겨 두었습니다.",
        "Learnt from {labels:count} label{labels:s}; {held:count} were held back to compare on.",
    ),
    "train.compared": (
        "  {task}: 남겨 둔 {labels:count}건 가운데 맞힌 비율 {right:percent}({name:은/는} {before:percent}), 손실 {loss}({loss_before})",
        "  {task}: {right:percent} of {labels:count} right ({name}: {before:percent}), loss {loss} ({loss_before})",
    ),
    "train.refused": (
        "바꾸지 않았습니다: {name:이/가} 더 낫거나 같습니다(남겨 둔 답 {labels:count}건에서 손실 차이 {by}). "
        "그래도 쓰려면 --force를 붙이세요.",
        "Nothing was changed: {name} is better or equal (by {by} of loss on {labels:count} held-out labels). --force takes the new one.",
    ),
    "train.not_compared": (
        "바꾸지 않았습니다: 남겨 둔 답이 {needed:count}건보다 적어 비교할 수 없습니다. 더 답하거나 --force를 붙이세요.",
        "Nothing was changed: fewer than {needed:count} labels were held back, too few to compare on. Label more, or add --force.",
    ),
    "train.done": (
        "{model:이/가} 만들어졌습니다({seconds:duration}, {folder}). 다음에 시작할 때부터 쓰입니다.",
        "{model} is made ({seconds:duration}, {folder}). It is used from the next start on.",
    ),
    # monitor evaluate
    "evaluate.head": ("{model}: 사람이 답한 글 {labels:count}건", "{model}: {labels:count} labelled post{labels:s}"),
    "evaluate.left_out": (
        "모델이 이미 배운 글 {count:count}건은 뺐습니다(--all을 붙이면 넣습니다).",
        "{count:count} that the model learnt from are left out (--all takes them in).",
    ),
    "evaluate.all_learnt": (
        "답 {count:count}건을 모두 모델이 배워서 시험할 것이 없습니다. 더 답하거나 --all을 붙이세요.",
        "The model learnt from all {count:count} labels, so nothing is left to test it with. Label more, or add --all.",
    ),
    "evaluate.no_labels": (
        "답이 없습니다. monitor label로 시작하거나 --data로 파일을 주세요.",
        "There are no labels: begin with `monitor label`, or name a file with --data.",
    ),
    "evaluate.no_curve": ("불만 여부를 답한 글이 없어 그릴 수 없습니다.", "Nothing to draw: no post is labelled as complaint or not."),
    "evaluate.column.slice": ("글", "posts"),
    "evaluate.column.task": ("항목", "question"),
    "evaluate.column.labels": ("답", "labels"),
    "evaluate.column.accuracy": ("정확도", "accuracy"),
    "evaluate.column.macro_f1": ("macro F1", "macro F1"),
    "evaluate.column.ap": ("AP", "AP"),
    "evaluate.column.ece": ("ECE", "ECE"),
    "evaluate.column.brier": ("Brier", "Brier"),
    "evaluate.slice.all": ("전체", "all"),
    "evaluate.slice.by_lot": ("무작위", "by lot"),
    "evaluate.precision": (
        "불만이라고 한 글의 {wanted:percent|이/가} 맞으려면 complaint_threshold = {at} (불만의 {recall:percent|을/를} 찾음)",
        "For {wanted:percent} of the posts called complaints to be some: complaint_threshold = {at} (finds {recall:percent} of them)",
    ),
    "evaluate.no_precision": (
        "어떤 기준으로도 불만이라고 한 글의 {wanted:percent|이/가} 맞지는 않습니다.",
        "No threshold makes {wanted:percent} of the posts called complaints right.",
    ),
    "evaluate.cost": (
        "놓친 불만이 헛된 확인의 {missed}배 비용이면 complaint_threshold = {at} (정밀도 {precision:percent}, 재현율 {recall:percent})",
        "If a missed complaint costs {missed} times a false alarm: complaint_threshold = {at} "
        "(precision {precision:percent}, recall {recall:percent})",
    ),
    "evaluate.confused": ("{task}: 맞힌 수/전체 (잘못 부른 것)", "{task}: right/all (called instead)"),
}

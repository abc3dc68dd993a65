"""The generated parts of docs/: printed by cog, so that the build fails when they are stale."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Mapping
from pathlib import Path

import click

from monitor import classifiers, collectors, notifiers
from monitor.cli import cli
from monitor.store import VIEWS


def views() -> str:
    """Every view: what a row is, its columns, and a question with the query that answers it."""
    parts: list[str] = []
    told: dict[tuple[str, ...], str] = {}
    for name, view in VIEWS.items():
        first = told.setdefault(tuple(view.columns), name)
        columns = _columns(view.columns) if first == name else f"Its columns are those of `{first}`."
        parts.append(f"### {name}\n\n{view.description}\n\n{columns}\n\n{view.question}\n\n```sql\n{view.example.strip()}\n```\n")
    return "\n".join(parts)


def _columns(columns: Mapping[str, str]) -> str:
    return "\n".join(["| column | meaning |", "|---|---|", *(f"| `{column}` | {meaning} |" for column, meaning in columns.items())])


def verbs() -> str:
    """Every verb with its arguments and what it is for."""
    told = ((path, command, command.get_short_help_str(200)) for path, command in _commands(cli, "monitor"))
    return _verbs("| verb | what it does |", told)


def verbs_ko() -> str:
    """The same in Korean. Raises KeyError for a verb that VERBS_KO does not tell."""
    return _verbs("| 명령 | 하는 일 |", ((path, command, VERBS_KO[path]) for path, command in _commands(cli, "monitor")))


def _verbs(head: str, told: Iterable[tuple[str, click.Command, str]]) -> str:
    rows = [head, "|---|---|"]
    for path, command, purpose in told:
        context = click.Context(command)
        arguments = "".join(f" {word.make_metavar(context)}" for word in command.params if isinstance(word, click.Argument))
        rows.append(f"| `{path}{arguments}` | {purpose} |")
    return "\n".join(rows)


def _commands(group: click.Group, path: str) -> list[tuple[str, click.Command]]:
    found: list[tuple[str, click.Command]] = []
    for name, command in sorted(group.commands.items()):
        found.append((f"{path} {name}", command))
        if isinstance(command, click.Group):
            found += _commands(command, f"{path} {name}")
    return found


def kinds() -> str:
    """Every plug-in kind and the class behind it."""
    return _kinds("| room | kind | class |", ("collector", "classifier", "notifier"))


def kinds_ko() -> str:
    """The same in Korean."""
    return _kinds("| 구분 | kind | 클래스 |", ("수집기(collector)", "분류기(classifier)", "알림 채널(notifier)"))


def _kinds(head: str, rooms: tuple[str, str, str]) -> str:
    rows = [head, "|---|---|---|"]
    for room, known in zip(rooms, (collectors.KINDS, classifiers.KINDS, notifiers.KINDS), strict=True):
        rows += [f"| {room} | `{kind}` | `{where}` |" for kind, where in sorted(known.items())]
    return "\n".join(rows)


def faults() -> str:
    """What happens when a channel fails: told and tried by tests/test_faults.py."""
    rows = ["| fault | what happens | alerts lost | at most twice |", "|---|---|---|---|"]
    return "\n".join([*rows, *(f"| {fault} | {happens} | 0 | {twice} |" for fault, happens, twice in _faults().values())])


def faults_ko() -> str:
    """The same in Korean. Raises KeyError for a fault that FAULTS_KO does not tell."""
    rows = ["| 장애 | 어떻게 되나 | 잃은 알림 | 많아야 두 번 |", "|---|---|---|---|"]
    told = ((*FAULTS_KO[name], twice) for name, (_, _, twice) in _faults().items())
    return "\n".join([*rows, *(f"| {fault} | {happens} | 0 | {twice} |" for fault, happens, twice in told)])


def _faults() -> dict[str, tuple[str, str, int]]:
    """Name of each fault of the test -> its docstring, what it returns, and how many may come twice; read, not run."""
    page = ast.parse((Path(__file__).resolve().parents[2] / "tests" / "test_faults.py").read_text(encoding="utf-8"))
    stated = {
        target.id: node.value
        for node in page.body
        if isinstance(node, ast.Assign)
        for target in node.targets
        if isinstance(target, ast.Name)
    }
    tried = [name.id for name in ast.walk(stated["FAULTS"]) if isinstance(name, ast.Name) and name.id != "FAULTS"]
    twice = ast.literal_eval(stated["TWICE"])
    made = {node.name: node for node in page.body if isinstance(node, ast.FunctionDef)}
    said = {name: next(line.value.value for line in made[name].body if isinstance(line, ast.Return)) for name in tried}
    return {name: (ast.get_docstring(made[name]) or "", said[name], twice.get(name, 0)) for name in tried}


# each fault of tests/test_faults.py in Korean: what fails, and what happens; one that is missing here stops the build
FAULTS_KO = {
    "channel_gone": (
        "웹훅이 지워짐(404, 410)",
        "곧바로 그만둡니다. 같은 수신자의 다른 채널이 받고, 운영자에게 한 번 알립니다",
    ),
    "slack_archived": (
        "Slack 채널이 보관됨(is_archived)",
        "곧바로 그만둡니다. 다음 수신자가 까닭 한 문장과 함께 받고, 운영자에게 한 번 알립니다",
    ),
    "slack_revoked": ("Slack 봇의 토큰이 취소됨(token_revoked)", "보관된 채널과 같습니다"),
    "receiver_gone": (
        "한 수신자의 모든 채널이 아주 거부함",
        "경로가 정한 다음 수신자가 까닭 한 문장과 함께 받습니다. 운영자에게 채널마다 한 번 알립니다",
    ),
    "everybody_gone": ("그 수신자도 거부함", "설정된 수신자 가운데 다음 사람이 받습니다"),
    "unplugged": ("받는 곳이 없음(연결 거부, 네트워크 끊김)", "멈춘 채널과 같습니다. 30분 뒤 다른 사람에게도 알립니다"),
    "mail_server_refuses": (
        "메일 서버가 잠시 거부함(450, 451: 그레이리스팅, 과부하)",
        "30초, 1분, 2분, 4분 … 뒤에 다시 보내고, 받아 주면 전달됩니다",
    ),
    "down_for_a_day": ("채널이 하루 동안 멈춤", "30분 뒤 다른 사람에게도 알립니다. 한 시간마다 다시 보내고, 돌아오면 전달됩니다"),
    "rate_limited": ("429와 Retry-After: 600", "정해 준 시간 전에는 다시 묻지 않고, 그 뒤에 전달됩니다"),
    "too_long": (
        "메일 서버가 받는 크기(SIZE)보다 큼",
        "그림을 빼고 보냅니다. 대화방에는 나누어 보내고, 실패한 조각부터 이어 갑니다",
    ),
    "answer_lost": (
        "채널은 받았지만 응답이 사라짐",
        "같은 전달 번호(메일은 Message-ID)로 다시 보내므로 받는 프로그램이 두 번째를 무시합니다",
    ),
    "two_processes": ("두 프로세스가 동시에 보냄", "알림마다 둘 중 하나만 맡습니다"),
    "killed": (
        "보낸 뒤 기록하기 전에 강제 종료(SIGKILL)",
        "5분 임대가 끝나면 다시 보냅니다. 종료 한 번에 많아야 한 번 더, 같은 Message-ID로",
    ),
    "slack_killed": (
        "Slack이 응답한 뒤 기록하기 전에 강제 종료(SIGKILL)",
        "5분 임대가 끝나면 메타데이터로 그 메시지를 알아보고 다시 올리지 않습니다",
    ),
    "removed": ("알림이 기다리는 동안 채널이 config.toml에서 빠짐", "없어진 수신자와 같습니다. 다음 수신자가 받습니다"),
}

# what each verb does, in Korean; a verb that is missing here stops the build
VERBS_KO = {
    "monitor add": "직접 본 불만을 입력합니다. TEXT에는 글의 내용이나 주소, 또는 둘 다 적습니다.",
    "monitor backup": "데이터베이스의 사본을 FILE에 만듭니다. 실행 중에도 내용이 어긋나지 않습니다.",
    "monitor check": "설정, 모델, 데이터베이스, 채널에 이상이 없는지, 수집기마다 무엇을 묻고 얼마가 들며 키가 맞는지 확인합니다.",
    "monitor classify": "FILE(표준 입력은 -)에 있는 글마다 모델의 판정을 보여 줍니다. --again은 저장된 글을 다시 판정합니다.",
    "monitor demo": "무엇을 하는 프로그램인지 보여 줍니다. 며칠간의 가상 사례를 몇 초 만에 재생하며 인증 정보가 필요 없습니다.",
    "monitor evaluate": "사람이 답한 글로 모델이 얼마나 맞는지 잽니다: 정확도, 순위, 확률의 보정, 기준값 제안, 혼동.",
    "monitor label": "글이 불만인지, 감정과 주제가 무엇인지 답합니다. 불확실하고 많이 본 글부터 키 하나로, 또는 CSV 파일로 답합니다.",
    "monitor train": "담당자의 답으로 배웁니다. 모델 위에 작은 보정을 맞추어 쓰고 있는 것과 비교하고, 더 나은 것을 씁니다.",
    "monitor export": "VIEW(v_posts, v_incidents 등)를 엑셀에서 한글이 깨지지 않는 CSV로 저장합니다. FILE을 생략하면 VIEW.csv입니다.",
    "monitor forget": "AUTHOR(platform:id 또는 @handle)가 쓴 글을 모두 영구히 지우고 다시 모으지 않습니다. 삭제 요구에 응할 때 씁니다.",
    "monitor incidents": "진행 중인 사건을 보여 주고, 담당자의 조치를 입력합니다.",
    "monitor incidents ack": "담당자가 확인했음을 기록합니다. 더 알리지 않고 다른 사람을 부르지도 않습니다.",
    "monitor incidents assign": "사건을 WHO(me: 나)에게 맡깁니다. 확인까지 함께 처리합니다.",
    "monitor incidents confirm": "맞는 경보로 확인합니다. 경보에 든 예산을 돌려받습니다.",
    "monitor incidents dismiss": "우리 문제가 아니었다고 판단하여 오경보로 처리합니다.",
    "monitor incidents list": "사건을 심각한 순서로 보여 줍니다.",
    "monitor incidents merge": "같은 일인 사건들을 하나로 합칩니다. 가장 먼저 생긴 번호가 남습니다.",
    "monitor incidents resolve": "사건을 해결됨으로 바꿉니다.",
    "monitor incidents undo": "해결이나 오경보 처리를 되돌립니다.",
    "monitor incidents show": "사건 하나를 자세히 보여 줍니다: 파악된 내용, 지금까지 한 일, 글마다 여기 있는 까닭.",
    "monitor report": "주간 보고를 HTML로 쓰거나(--out) weekly = true인 받는 사람에게 보냅니다(--send).",
    "monitor route": "사건 하나(또는 --topic 등으로 가정한 사건)를 지금 누가 받는지, --explain이면 경로마다 그 까닭까지 보여 줍니다.",
    "monitor subscribe": "ADDRESS(전자우편 주소)가 담당자와 함께, 또는 시간별·하루 요약으로 알림을 받게 합니다. 동의를 함께 기록합니다.",
    "monitor subscribers": "누가 무엇을 구독하고 어떻게 동의했는지 보여 줍니다.",
    "monitor unsubscribe": "ADDRESS에 더 이상 아무것도 보내지 않습니다. 보내려던 것도 지웁니다.",
    "monitor incidents split": "POSTS(글의 id)를 떼어 내어 별도의 사건으로 나눕니다. 다시 합쳐지지 않습니다.",
    "monitor init": "설명이 달린 config.toml을 만듭니다. 이 파일에서 시작하면 됩니다.",
    "monitor kinds": "쓸 수 있는 수집기, 분류기, 알림 채널을 보여 줍니다.",
    "monitor once": "전체 또는 지정한 STEP만 한 차례 실행하고 끝냅니다. cron, systemd 타이머, 컨테이너에서 씁니다.",
    "monitor outbox": "전달하지 못한 알림을 보여 주고 다시 보냅니다.",
    "monitor outbox list": "아직 전달되지 않은 알림을 보여 줍니다.",
    "monitor outbox retry": "알림을 다음 처리 때(1분 간격) 다시 보냅니다.",
    "monitor prune": "보존 기간이 지난 글과 기록을 지웁니다. 사건과 판단은 글의 내용 없이 남습니다.",
    "monitor replay": "과거의 글(FILE, 표준 입력은 -)을 그때 시각대로 재생합니다: 무엇을 얼마나 일찍 알렸을지, 헛된 알림은 몇 건인지.",
    "monitor run": "시작합니다. 일정에 따라 수집하고 1분마다 판단하여 알립니다. SIGTERM이나 Ctrl-C로 멈춥니다.",
    "monitor search": "글을 낱말로 찾습니다. 한글 두 글자면 충분합니다.",
    "monitor silence": "한동안 알림을 멈춥니다.",
    "monitor silence add": "MATCHERS에 모두 맞는 알림을 멈춥니다: incident=12, watch=NAME, topic=price, kind=attention.",
    "monitor silence expire": "알림 중지를 지금 끝냅니다.",
    "monitor silence list": "적용 중인 알림 중지를 보여 줍니다.",
    "monitor signal": "배 지연이나 장애처럼 우리 쪽에서 먼저 아는 일을 다룹니다. 고객에게 먼저 알리기 위한 것입니다.",
    "monitor signal add": "FILE(표준 입력은 -)의 JSON Lines에서 우리 쪽 일을 받아들입니다.",
    "monitor signal list": "최근에 받아들인 우리 쪽 일을 보여 줍니다.",
    "monitor why": "한 사건이 어떻게 시작됐고 무엇을 왜 알렸고 왜 알리지 않았는지 이야기로 들려줍니다. --picture로 그림도 그립니다.",
}

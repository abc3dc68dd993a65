"""What ``monitor init`` asks and says: key -> (Korean, English)."""

from __future__ import annotations

SETTING_UP: dict[str, tuple[str, str]] = {
    "init.hello": (
        "몇 가지만 여쭙니다. 그냥 Enter를 누르면 괄호 안의 값을 씁니다. 나중에 파일에서 모두 고칠 수 있습니다.",
        "A few questions. Enter takes what stands in brackets; everything can be changed in the file later.",
    ),
    "init.company": ("지켜볼 회사나 브랜드 이름", "Name of the company or brand to watch"),
    "init.terms": (
        "사람들이 부르는 다른 이름 (영문 이름, 줄임말, 해시태그, 계정; 쉼표로 구분)",
        "What else people call it (other spellings, short names, hashtags, handles; with commas)",
    ),
    "init.kinds": ("글을 가져올 곳: {kinds} (쉼표로 구분)", "Where posts come from: {kinds} (with commas)"),
    "init.no_kind": ("{kind:은/는} 없습니다. 있는 것: {kinds}", "There is no {kind}. There are: {kinds}"),
    "init.about": ("{kind}: {told}", "{kind}: {told}"),
    "init.variable": (
        "  {option:이/가} 들어 있는 환경 변수 (값이 아니라 이름)",
        "  environment variable that holds {option} (its name, not the value)",
    ),
    "init.value": ("  {option}", "  {option}"),
    "init.no_variable": (
        "환경 변수 이름은 영문 대문자, 숫자, _로 씁니다. 키 자체는 여기에 적지 마세요.",
        "Names of environment variables are capitals, digits and _; never type the key itself here.",
    ),
    "init.mail": ("알림을 받을 전자우편 주소 (쉼표로 구분, 없으면 Enter)", "E-mail addresses to alert (with commas; Enter for none)"),
    "init.no_mail": ("전자우편 주소가 아닙니다: {address}", "No e-mail address: {address}"),
    "init.smtp": ("메일 서버 (SMTP)", "Mail server (SMTP)"),
    "init.smtp_user": ("메일 서버의 사용자 이름", "User name at the mail server"),
    "init.slack": ("알림을 받을 Slack 채널 (없으면 Enter)", "Slack channel to alert (Enter for none)"),
    "init.threshold": ("몇 명이 보면 위기인가요", "So many people having seen it make it a crisis"),
    "init.no_threshold": ("1 이상의 정수를 적으세요.", "A whole number of at least 1."),
    "init.written": ("{file:을/를} 썼습니다.", "{file} is written."),
    "init.set": ("실행하기 전에 환경 변수를 정하세요: {names}", "Before you run it, set these environment variables: {names}"),
    "init.next": ("다음: monitor check", "Next: monitor check"),
}

"""Names of things in Korean and English: topics, severities, states, reasons, streams, platforms."""

from __future__ import annotations

from monitor.domain import Kind, Reason, Severity, Status
from monitor.plain import clean

Names = dict[str, tuple[str, str]]

TOPICS: Names = {
    "delivery_delay": ("배송 지연", "delivery delay"),
    "damage_loss": ("파손·분실", "damage or loss"),
    "refund_billing": ("환불·요금 청구", "refund or billing"),
    "customer_service": ("고객 상담", "customer service"),
    "app_website": ("앱·웹사이트", "app or website"),
    "price": ("가격", "price"),
    "product_quality": ("품질", "quality"),
    "safety": ("안전", "safety"),
    "staff_behaviour": ("직원 태도", "staff behaviour"),
    "privacy": ("개인정보", "privacy"),
    "partner_subcontractor": ("협력사", "partner or subcontractor"),
    "other": ("기타", "other"),
}
SEVERITIES: Names = {
    Severity.LOW: ("낮음", "Low"),
    Severity.MODERATE: ("보통", "Moderate"),
    Severity.HIGH: ("높음", "High"),
    Severity.CRITICAL: ("심각", "Critical"),
}
STATUSES: Names = {
    Status.CANDIDATE: ("관찰 중", "being watched"),
    Status.TRIGGERED: ("알림 발송됨", "alerted"),
    Status.ACKNOWLEDGED: ("확인됨", "acknowledged"),
    Status.RESOLVED: ("해결됨", "resolved"),
    Status.DISMISSED: ("오경보로 처리됨", "dismissed"),
}
REASONS: Names = {
    Reason.FIRST: ("첫 알림", "first alert"),
    Reason.WORSENED: ("악화", "worsened"),
    Reason.REPEAT: ("다시 알림", "reminder"),
    Reason.ESCALATED: ("상위 보고", "escalated"),
    Reason.CROSSED: ("기준 인원 초과", "threshold crossed"),
    Reason.RESOLVED: ("해결", "resolved"),
    Reason.DIGEST: ("요약에 포함", "in the digest"),
    Reason.NOT_EMERGING: ("평소 수준", "nothing unusual"),
    Reason.BELOW_SEVERITY: ("알릴 만큼 심각하지 않음", "below the severity to tell"),
    Reason.OVER_BUDGET: ("알림 예산 초과", "over the alert budget"),
    Reason.SILENCED: ("알림 중지 설정됨", "silenced"),
    Reason.ACKNOWLEDGED: ("담당자가 이미 확인함", "already acknowledged"),
    Reason.TOO_SOON: ("직전 알림 후 시간이 짧음", "too soon after the last alert"),
    Reason.QUIET_HOURS: ("방해 금지 시간", "quiet hours"),
    Reason.SILENT_MODE: ("시험 운영(발송 안 함)", "silent mode"),
    Reason.RECEIVER_CAP: ("수신자 한도 초과", "over the receiver's cap"),
    Reason.NO_RECEIVER: ("받을 사람 없음", "no receiver"),
    Reason.WARMING_UP: ("평소 수준 학습 중", "still learning what is normal"),
    Reason.GAP: ("수집 공백 직후", "just after a gap in collection"),
}
KINDS: Names = {
    Kind.COMPLAINT: ("고객 불만", "complaints"),
    Kind.ATTENTION: ("언급·보도 급증", "wave of attention"),
}
STREAMS: Names = {
    "total": ("전체 불만", "all complaints"),
    "topic": ("{} 불만", "complaints about {}"),
    "platform": ("{} 불만", "complaints on {}"),
    "incident": ("{}번 사건", "incident {}"),
    "mentions": ("전체 언급", "all mentions"),
    "negative": ("부정 언급과 보도", "negative mentions and news"),
}
PLATFORMS: Names = {
    "x": ("X", "X"),
    "reddit": ("레딧", "Reddit"),
    "bluesky": ("블루스카이", "Bluesky"),
    "mastodon": ("마스토돈", "Mastodon"),
    "naver": ("네이버", "Naver"),
    "youtube": ("유튜브", "YouTube"),
    "hn": ("해커 뉴스", "Hacker News"),
    "hackernews": ("해커 뉴스", "Hacker News"),
    "rss": ("뉴스", "news"),
    "feeds": ("뉴스 피드", "news feeds"),
    "news": ("뉴스", "news"),
    "playstore": ("구글 플레이 리뷰", "Google Play reviews"),
    "appstore": ("앱스토어 리뷰", "App Store reviews"),
    "instagram": ("인스타그램", "Instagram"),
    "facebook": ("페이스북", "Facebook"),
    "threads": ("스레드", "Threads"),
    "tiktok": ("틱톡", "TikTok"),
    "dcinside": ("디시인사이드", "DC Inside"),
    "clien": ("클리앙", "Clien"),
    "fmkorea": ("에펨코리아", "FM Korea"),
    "theqoo": ("더쿠", "theqoo"),
    "bobaedream": ("보배드림", "Bobaedream"),
    "ppomppu": ("뽐뿌", "Ppomppu"),
    "blind": ("블라인드", "Blind"),
    "manual": ("직원 입력", "entered by staff"),
}
WANTS: Names = {
    "refund": ("환불", "A refund"),
    "compensation": ("보상", "Compensation"),
    "reply": ("답변·연락", "An answer"),
    "repair": ("수리·복구", "Repair"),
    "replacement": ("교환", "A replacement"),
    "delivery": ("물건·차량을 받는 것", "To get what they ordered"),
    "apology": ("사과", "An apology"),
    "information": ("설명·안내", "Information"),
    "punishment": ("처벌·신고", "Consequences"),
    "improvement": ("개선·재발 방지", "That it changes"),
    "leave": ("거래를 끊겠다고 함", "They are leaving"),
}
LANGUAGES: Names = {
    "ko": ("한국어", "Korean"),
    "en": ("영어", "English"),
    "ja": ("일본어", "Japanese"),
    "zh": ("중국어", "Chinese"),
}
UNKNOWN = ("알 수 없음", "unknown")


def column(language: str) -> int:
    """0 for Korean, 1 for every other language: the place of a text in its (Korean, English) pair."""
    return 0 if language == "ko" else 1


def name(names: Names, code: str, language: str) -> str:
    """Return the name of ``code``; a code that has none (a company's own topic, a new platform) is shown itself."""
    pair = names.get(code)
    return clean(code, 60).replace("_", " ") if pair is None else pair[column(language)]


def stream(code: str, language: str) -> str:
    """Return the name of a detector's stream: ``total``, ``mentions``, ``topic:price``, ``incident:12``; ``watch/stream`` also."""
    kind, _, which = code.rpartition("/")[2].partition(":")
    pair = STREAMS.get(kind)
    if pair is None:
        return name(TOPICS, code, language)
    names = {"topic": TOPICS, "platform": PLATFORMS}.get(kind, {})
    return pair[column(language)].replace("{}", name(names, which, language))

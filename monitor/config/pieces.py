"""The pieces that ``monitor init`` makes a config.toml of: a block for each kind of collector and channel, comments in two languages."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

Pair = tuple[str, str]


@dataclass(frozen=True)
class Ask:
    """A value to ask for. ``default`` may be empty: then the key is left out. ``shape`` puts the answer into its place."""

    default: str = ""
    several: bool = False
    shape: str = "{}"
    beside: str = ""
    """The key without which this one means nothing."""


@dataclass(frozen=True)
class Variable:
    """A secret: the environment variable that holds it, with a usual name; an empty one leaves an optional secret out."""

    default: str = ""
    beside: str = ""


@dataclass(frozen=True)
class Piece:
    """A block: what it is (Korean, English), how often it is asked, its budget and its options in order."""

    told: Pair
    every: str = "5m"
    options: Mapping[str, Ask | Variable | str | int | bool] = field(default_factory=dict)
    budget: Mapping[str, int | float] = field(default_factory=dict)


COLLECTORS: dict[str, Piece] = {
    "naver": Piece(
        (
            "네이버 블로그, 카페, 지식iN, 뉴스. 새 키는 네이버 클라우드의 NAVER API HUB에서 받습니다.\n"
            "그 키를 쓰려면 base_url과 헤더 이름도 바꿔야 합니다.\n"
            "developers.naver.com의 키는 2027-06-30까지 쓸 수 있습니다 (하루 25,000건).",
            "Naver blogs, cafes, questions, news. New keys come from NAVER API HUB\n"
            "and also need its base_url and header names;\n"
            "keys of developers.naver.com work until 2027-06-30 (25,000 calls a day).",
        ),
        "10m",
        {"client_id": Variable("NAVER_CLIENT_ID"), "client_secret": Variable("NAVER_CLIENT_SECRET")},
        {"requests_per_day": 25000},
    ),
    "x": Piece(
        (
            "X(트위터) 최근 7일 검색. console.x.com에서 앱을 만듭니다. 글 1건 0.005달러, 작성자 1명 0.010달러: 예산을 꼭 정하세요.",
            "X, posts of the last seven days: make an app at console.x.com. $0.005 a post, $0.010 an author: keep the budget.",
        ),
        "5m",
        {"bearer_token": Variable("X_BEARER_TOKEN")},
        {"money_per_day": 5, "money_per_month": 100},
    ),
    "reddit": Piece(
        (
            "Reddit 글 검색과, 고른 커뮤니티(subreddits)의 새 글과 댓글. Reddit의 승인을 받은 앱의 키가 필요합니다 (상업적 이용은 계약).",
            "Reddit: posts by words, all of chosen subreddits. Needs the key of an app that Reddit approved (commercial use: a contract).",
        ),
        "5m",
        {
            "client_id": Ask("client-id"),
            "client_secret": Variable("REDDIT_CLIENT_SECRET"),
            "user_agent": Ask("our_account", shape="linux:complaint-monitor:1.0 (by /u/{})"),
            "subreddits": Ask(several=True),
        },
    ),
    "bluesky": Piece(
        (
            "Bluesky 검색. 키 없이 됩니다. 글이 몰릴 때도 빠짐없이 읽으려면 handle과 앱 비밀번호를 적습니다.",
            "Bluesky by words; no key needed. With handle and an app password a burst is read whole.",
        ),
        "5m",
        {"handle": Ask(), "app_password": Variable("BLUESKY_APP_PASSWORD", beside="handle")},
    ),
    "jetstream": Piece(
        (
            "Bluesky의 모든 글이 흐르는 통로. 키 없이 모든 글을 읽고 우리 이야기만 남깁니다. 검색보다 빠짐없지만 통신량이 많습니다.",
            "The stream of all Bluesky posts; no key. Everything is read and only what is about us kept: nothing missed, much traffic.",
        ),
        "2m",
    ),
    "mastodon": Piece(
        (
            "Mastodon 해시태그. 키 없이 됩니다. 토큰이 있으면 글도 검색합니다.",
            "Mastodon by hashtags; no key needed. With a token words are searched too.",
        ),
        "5m",
        {"base_url": Ask("https://mastodon.social"), "access_token": Variable()},
    ),
    "youtube": Piece(
        (
            "YouTube 영상과 댓글. Google Cloud 콘솔에서 YouTube Data API v3를 켜고 API 키를 만듭니다. 하루 할당량이 적습니다.",
            "YouTube videos and comments: an API key from the Google Cloud console with YouTube Data API v3 on; the daily quota is small.",
        ),
        "1h",
        {"key": Variable("YOUTUBE_API_KEY")},
    ),
    "hackernews": Piece(("Hacker News. 키가 필요 없습니다.", "Hacker News; no key."), "10m"),
    "feeds": Piece(
        (
            "RSS/Atom 피드: Google 알리미(피드로 받기), 뉴스, 게시판.",
            "RSS and Atom feeds: Google Alerts (delivered as a feed), news, boards.",
        ),
        "15m",
        {"feeds": Ask("https://www.example.com/feed.xml", several=True)},
    ),
    "jsonl": Piece(
        (
            "글 기록 파일(JSON Lines)이나 그런 파일이 쌓이는 폴더.",
            "A file of post records (JSON Lines), or a folder where such files arrive.",
        ),
        "5m",
        {"path": Ask("incoming")},
    ),
}

CHANNELS: dict[str, Piece] = {
    "email": Piece(
        ("전자우편", "e-mail"),
        options={
            "host": Ask("smtp.example.com"),
            "port": 587,
            "security": "starttls",
            "sender": Ask("monitor@example.com"),
            "to": Ask(several=True),
            "username": Ask(),
            "password": Variable("MONITOR_SMTP_PASSWORD", beside="username"),
        },
    ),
    "slack": Piece(("Slack", "Slack"), options={"channel": Ask("#complaints"), "token": Variable("SLACK_BOT_TOKEN")}),
}

TEXTS: dict[str, Pair] = {
    "head": (
        "불만 조기 경보 설정. 고친 뒤에는 `monitor check`로 확인하세요.\n"
        '시간 길이: 30s 5m 2h 7d. 비밀번호와 토큰은 여기에 쓰지 않고 { env = "이름" }으로 환경 변수를 가리킵니다.\n'
        "모든 항목의 설명: docs/configuration.md",
        "Settings of the early warning of complaints. Run `monitor check` after every change.\n"
        'Durations: 30s 5m 2h 7d. Passwords and tokens never stand here: { env = "NAME" } points to an environment variable.\n'
        "Every key is explained in docs/configuration.md.",
    ),
    "threshold": ("이 인원이 보면 위기로 봅니다.", "So many people having seen it make a complaint a crisis."),
    "mode": (
        '"silent"로 하면 아무것도 보내지 않고 기록만 합니다. 처음 몇 주는 그렇게 지켜보는 것도 좋습니다.',
        '"silent" records decisions and sends nothing: a good way to spend the first weeks.',
    ),
    "budget": (
        "서비스팀에 얼마나 자주 말을 걸어도 되는지. 모든 감시 대상이 함께 씁니다.",
        "How often the service team may be spoken to, all watches together.",
    ),
    "watch": (
        "무엇을 지켜볼지. 글에 any의 말이 하나라도 있으면 우리 이야기입니다. 조사가 붙거나 띄어 써도 찾습니다.",
        "What to track: a post with one of the `any` terms is about us, however it is spaced or hyphenated.",
    ),
    "none": ("이 말이 있으면 우리 이야기가 아닙니다 (이름이 같은 다른 것).", "Terms that rule a post out: namesakes."),
    "exclude": (
        "이름 가까이에 이런 이야기가 있으면 뺍니다: 스포츠, 주식, 채용, 부동산, 중고 거래.",
        "Other talk to leave out, known by the words near the name: teams, shares, job offers, homes, private sales.",
    ),
    "collectors": (
        "어디에서 글을 가져올지. `monitor kinds`가 쓸 수 있는 종류를 보여 줍니다.",
        "Where posts come from; `monitor kinds` lists the kinds there are.",
    ),
    "receivers": (
        "누구에게 알릴지. [[route]]가 없으면 모두가 severity high부터 받습니다.",
        "Who is told. Without any [[route]] everybody here is told from severity high on.",
    ),
    "console": (
        "화면에만 씁니다. 전자우편이나 메신저는 docs/operators.ko.md를 보세요.",
        "Written to the screen only; see docs/operators.md for e-mail and chat.",
    ),
    "retention": ("이 기간이 지나면 `monitor prune`이 지웁니다.", "What `monitor prune` removes after which time."),
    "playbooks": (
        "주제별 대응 지침. 답글 초안의 {중괄호}는 보내는 사람이 채웁니다.",
        "What to do, topic by topic. The sender fills in the {braces}.",
    ),
}

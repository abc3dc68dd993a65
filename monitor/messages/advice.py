"""What ``monitor check`` finds, and what to do about each failure: key -> (Korean, English).

``advice.KIND.CODE`` holds for one kind of collector or channel, ``advice.CODE`` for all others. ``keys`` are the environment variables
that hold the secrets of the one that failed.
"""

from __future__ import annotations

ADVICE: dict[str, tuple[str, str]] = {
    "check.asks": (
        "  질문 {questions:count}개를 {every:duration}마다: 하루 요청 약 {requests:count}건",
        "  asks {questions:count} question{questions:s} every {every:duration}: about {requests:count} request{requests:s} a day",
    ),
    "check.costs": ("  하루 비용 약 {money}", "  about {money} a day"),
    "check.each": (
        "  찾은 글 1건마다 많아야 {each} (건수에 따라 늘어납니다)",
        "  and at most {each} for each post found, as many as there are",
    ),
    "check.question": ("    {question}", "    {question}"),
    "check.more": ("    그 밖에 {count:count}개", "    and {count:count} more"),
    "check.spent": (
        "  오늘 요청 {requests:count}건, 비용 {money} 사용; 이달 요청 {month_requests:count}건, 비용 {month_money}",
        "  spent today: {requests:count} request{requests:s}, money {money}; this month: {month_requests:count} and {month_money}",
    ),
    "check.left.requests_per_day": ("  오늘 남은 요청 {left} / {limit}", "  requests left today: {left} of {limit}"),
    "check.left.requests_per_month": ("  이달 남은 요청 {left} / {limit}", "  requests left this month: {left} of {limit}"),
    "check.left.money_per_day": ("  오늘 남은 비용 {left} / {limit}", "  money left today: {left} of {limit}"),
    "check.left.money_per_month": ("  이달 남은 비용 {left} / {limit}", "  money left this month: {left} of {limit}"),
    "check.over.requests_per_day": (
        "  주의: 이 간격이면 하루 요청이 예산({limit})을 넘습니다. every를 늘리거나 예산을 고치세요.",
        "  mind: at this interval the requests of a day exceed the budget ({limit}); ask less often (every) or raise it",
    ),
    "check.over.money_per_day": (
        "  주의: 이 간격이면 하루 비용이 예산({limit})을 넘습니다. every를 늘리거나 예산을 고치세요.",
        "  mind: at this interval a day costs more than the budget ({limit}); ask less often (every) or raise it",
    ),
    "check.advice": ("  → {advice}", "  -> {advice}"),
    "check.channel": ("채널 {receiver}/{channel}: 이상 없음 (보내지 않고 확인)", "channel {receiver}/{channel}: good (nothing was sent)"),
    "check.untried": (
        "채널 {receiver}/{channel}: 설정 이상 없음 (실제로 가는지는 --send-test로 확인)",
        "channel {receiver}/{channel}: configured; --send-test shows whether messages arrive",
    ),
    "check.no_channel": ("채널 {receiver}/{channel}: {why}", "channel {receiver}/{channel}: {why}"),
    # ---- any kind
    "advice.refused": (
        "키를 받아 주지 않습니다. 환경 변수 {keys}의 값이 맞는지, 만료되거나 다시 발급되지 않았는지 확인하세요.",
        "The key is refused: see that {keys} holds the right value and that it has not expired or been renewed.",
    ),
    "advice.forbidden": (
        "키는 맞지만 허가되지 않았습니다. 그 서비스의 개발자 화면에서 신청한 권한과 이용 제한을 확인하세요.",
        "The key is known but may not do this: look at the permissions and restrictions in the platform's developer pages.",
    ),
    "advice.unpaid": (
        "그 서비스가 돈을 요구합니다. 잔액이나 요금제를 확인하세요.",
        "The platform wants to be paid: look at the balance or the plan.",
    ),
    "advice.budget": (
        "[collector.budget]에 정한 예산을 다 썼습니다. 다음 날이나 다음 달에 저절로 다시 시작하며, 급하면 예산을 늘리세요.",
        "The budget of [collector.budget] is used up: it starts again by itself with the next day or month, or raise it.",
    ),
    "advice.limited": (
        "너무 자주 물었습니다. 기다리면 저절로 다시 시작합니다. 자주 나오면 every를 늘리세요.",
        "Asked too often: it goes on by itself after a while; if this comes often, ask less often (every).",
    ),
    "advice.not_there": (
        "그 주소에 아무것도 없습니다. options의 주소와 이름을 확인하세요.",
        "There is nothing at that address: look at the addresses and names in its options.",
    ),
    "advice.unreachable": (
        "닿지 않거나 제대로 답하지 않습니다. 네트워크, 프록시, 방화벽과 주소를 확인하세요. 그쪽 문제라면 저절로 다시 시도합니다.",
        "It cannot be reached or answers nonsense: look at network, proxy, firewall and address; if the fault is theirs, we try again by ourselves.",
    ),
    "advice.undeliverable": (
        "채널이 받지 않습니다. options의 주소와 환경 변수 {keys}를 확인하세요.",
        "The channel does not accept us: look at the addresses in its options and at {keys}.",
    ),
    # ---- collectors
    "advice.jsonl.unreachable": (
        "파일이나 폴더를 읽을 수 없습니다. options의 path와 읽기 권한을 확인하세요.",
        "The file or folder cannot be read: look at path in its options and at the right to read it.",
    ),
    "advice.reddit.refused": (
        "client_id 또는 client_secret이 틀렸습니다. reddit.com/prefs/apps에서 앱의 id(이름 아래 글자)와 secret을 다시 옮기고 {keys}를 확인하세요.",
        "client_id or client_secret is wrong: copy the app's id (below its name) and secret again from reddit.com/prefs/apps; see {keys}.",
    ),
    "advice.reddit.forbidden": (
        "Reddit이 이 앱을 승인하지 않았거나 user_agent를 막았습니다. Data API 이용 승인을 받고 user_agent에 계정 이름을 적으세요.",
        "Reddit has not approved this app, or blocks its user_agent: ask for approval to use the Data API, and name your account in user_agent.",
    ),
    "advice.x.refused": (
        "Bearer token이 틀렸거나 다시 발급되었습니다. console.x.com의 앱 화면에서 새로 받아 {keys}에 넣으세요.",
        "The bearer token is wrong or was renewed: take it again from the app's page at console.x.com and put it into {keys}.",
    ),
    "advice.x.forbidden": (
        "앱이 프로젝트에 속하지 않거나 최근 글 검색 권한이 없습니다. console.x.com에서 앱과 요금제를 확인하세요.",
        "The app belongs to no project or may not search recent posts: look at the app and its plan at console.x.com.",
    ),
    "advice.x.unpaid": (
        "X의 잔액(크레딧)이 없습니다. console.x.com에서 충전하고 자동 충전과 지출 한도를 정하세요.",
        "No X credits are left: buy some at console.x.com, and set automatic purchase and a spending limit there.",
    ),
    "advice.naver.refused": (
        "네이버가 키를 받지 않습니다. {keys}의 값과, 애플리케이션의 API 설정에 '검색'이 들어 있는지 확인하세요. "
        "NAVER API HUB의 키라면 base_url과 헤더 이름도 바꿔야 합니다.",
        "Naver refuses the key: see that {keys} is right and that the application has the search API; "
        "keys of NAVER API HUB also need its base_url and header names.",
    ),
    "advice.naver.forbidden": (
        "애플리케이션에 '검색' API 권한이 없거나 https가 아닌 주소로 물었습니다. 개발자 센터의 API 설정을 확인하세요.",
        "The application has no right to the search API, or base_url is not https: look at its API settings in the developer centre.",
    ),
    "advice.naver.limited": (
        "하루 25,000건을 다 썼거나 너무 빨리 물었습니다. every를 늘리거나 kinds를 줄이세요.",
        "The 25,000 calls of the day are used up, or we asked too fast: lengthen every or name fewer kinds.",
    ),
    "advice.bluesky.refused": (
        "handle과 앱 비밀번호가 맞지 않습니다. Bluesky의 설정 > 개인정보 보호 및 보안 > 앱 비밀번호에서 새로 만들어 {keys}에 넣으세요 (계정 비밀번호가 아님).",
        "handle and app password do not fit: make a new one under Settings, Privacy and security, App passwords, "
        "and put it into {keys}; the account's own password does not work.",
    ),
    "advice.bluesky.forbidden": (
        "비밀번호 없이는 검색이 막혀 있습니다. handle과 app_password를 적으세요.",
        "Search without a password is blocked here: give handle and app_password.",
    ),
    "advice.mastodon.refused": (
        "서버가 토큰을 받지 않습니다. 그 서버의 환경설정 > 개발에서 read 권한의 토큰을 만들어 {keys}에 넣으세요.",
        "The server refuses the token: make one with the right read under Preferences, Development on that server, and put it into {keys}.",
    ),
    "advice.mastodon.forbidden": (
        "이 서버는 로그인 없이 글을 보여 주지 않습니다. 토큰을 넣거나 다른 서버를 적으세요.",
        "This server shows nothing without a sign-in: give a token, or name another server.",
    ),
    "advice.youtube.refused": (
        "API 키가 틀렸거나 제한에 걸렸습니다. Google Cloud 콘솔의 API 키 화면에서 값과 제한(API, IP)을 확인하고 {keys}를 고치세요.",
        "The API key is wrong or restricted: look at its value and restrictions (APIs, addresses) in the Google Cloud console; see {keys}.",
    ),
    "advice.youtube.forbidden": (
        "프로젝트에 YouTube Data API v3가 켜져 있지 않거나 키가 제한되어 있습니다. Google Cloud 콘솔에서 켜세요.",
        "YouTube Data API v3 is not switched on in the project, or the key is restricted: see the Google Cloud console.",
    ),
    "advice.youtube.unpaid": (
        "오늘의 할당량을 다 썼습니다 (태평양 시간 자정에 다시 시작). every를 늘리거나 할당량을 신청하세요.",
        "The quota of the day is used up (it starts again at midnight Pacific time): lengthen every or apply for more.",
    ),
    "advice.feeds.refused": (
        "피드가 로그인을 요구합니다. 공개된 주소를 쓰세요.",
        "The feed asks for a sign-in: use an address that is public.",
    ),
    "advice.feeds.forbidden": (
        "그 사이트가 자동 요청을 막습니다. 사이트에 허락을 구하거나 다른 피드를 쓰세요.",
        "The site blocks automatic requests: ask for permission or use another feed.",
    ),
    # ---- channels
    "advice.email.undeliverable": (
        "메일 서버가 받지 않습니다. host, port, security, username과 {keys}를 확인하세요. 두 단계 인증을 쓰면 앱 비밀번호가 필요합니다.",
        "The mail server does not accept us: look at host, port, security, username and {keys}; with two-step sign-in it takes an app password.",
    ),
    "advice.slack.undeliverable": (
        "Slack이 받지 않습니다. 토큰({keys})이 맞는지, 봇이 그 채널에 초대되어 있는지 확인하세요.",
        "Slack does not accept us: see that the token ({keys}) is right and that the bot has been invited to the channel.",
    ),
}

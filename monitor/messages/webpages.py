"""What the pages behind a mail's links say, and a message that reaches somebody else: key -> (Korean, English)."""

from __future__ import annotations

WEBPAGES: dict[str, tuple[str, str]] = {
    "mail.instead": (
        "{receiver}에 전달되지 않아 대신 알려 드립니다.",
        "You get this because it could not be delivered to {receiver}.",
    ),
    "web.incident": ("{id}번 사건", "Incident {id}"),
    "web.stands": ("지금 상태: {status:status}", "Status now: {status:status}."),
    "web.ask": ("“{action}” 처리할까요?", "Do this: {action}?"),
    "web.as": ("{who:으로/로} 기록됩니다. 이 링크는 한 번만 쓸 수 있습니다.", "It is recorded as done by {who}. This link works once."),
    "web.done": ("처리했습니다", "Done"),
    "web.nothing": ("바뀐 것이 없습니다", "Nothing has changed"),
    "web.used": ("이미 쓴 링크입니다", "This link has been used"),
    "web.used_more": (
        "링크는 한 번만 쓸 수 있습니다. 더 처리할 일이 있으면 최근 메일의 링크나 명령을 쓰세요: monitor incidents show {id}",
        "A link works once. To do more, use those of the latest mail, or type: monitor incidents show {id}",
    ),
    "web.bad": ("쓸 수 없는 링크입니다", "This link does not work"),
    "web.bad_more": (
        "기한이 지났거나 메일에서 잘린 주소입니다. 최근 메일의 링크를 쓰세요.",
        "It is too old, or was cut on its way. Use the link of the latest mail.",
    ),
    "web.nowhere": ("없는 주소입니다", "There is nothing here"),
    "web.wrong": ("지금은 처리할 수 없습니다", "That did not work"),
    "web.wrong_more": (
        "아무것도 바뀌지 않았습니다. 잠시 뒤에 같은 링크를 다시 열어 주세요.",
        "Nothing has changed. Open the same link again in a moment.",
    ),
    "web.unsubscribe": ("메일을 그만 받으시겠습니까?", "Stop these mails?"),
    "web.unsubscribe_more": ("{address:으로/로} 더는 메일을 보내지 않습니다.", "No more mails will go to {address}."),
    "web.unsubscribe_do": ("그만 받기", "Unsubscribe"),
    "web.unsubscribed": ("이제 메일을 보내지 않습니다", "You are unsubscribed"),
    "web.unsubscribed_more": (
        "{address:으로/로} 가던 메일을 멈췄습니다. 다시 받으시려면 담당자에게 말씀해 주세요.",
        "No more mails go to {address}. To get them again, ask whoever runs the monitor.",
    ),
}

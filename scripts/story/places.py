"""Where posts stand: ids in each platform's manner, boards and groups, addresses under ``.example`` (reserved) that lead nowhere."""

from __future__ import annotations

from datetime import UTC, datetime
from random import Random

_BASE36 = "0123456789abcdefghijklmnopqrstuvwxyz"
_VIDEO = _BASE36 + "ABCDEFGHIJKLMNOPQRSTUVWXYZ-_"
_EPOCH = datetime(2010, 11, 4, tzinfo=UTC)

COMMUNITIES = {
    ("reddit", "stock"): ("r/seoul_stocks", "r/shippingshares"),
    ("reddit", "namesake"): ("r/kpop_tracks", "r/autobattlers"),
    ("reddit", "sale"): ("r/koreacarmarket",),
    ("reddit", "incident"): ("r/koreadrivers", "r/evowners", "r/shipmycar"),
    ("reddit", ""): ("r/koreadrivers", "r/shipmycar", "r/rorospotting", "r/movingtokorea"),
    ("naver_cafe", "incident"): ("아르카 오너스", "아르카 오너스", "신차출고 이야기"),
    ("naver_cafe", "stock"): ("주식하는 사람들",),
    ("naver_cafe", ""): ("아르카 오너스", "신차출고 이야기", "내차사랑", "우리동네 맘들"),
    ("dcinside", "stock"): ("주식 갤러리",),
    ("dcinside", "namesake"): ("음악 갤러리", "게임 갤러리"),
    ("dcinside", ""): ("자동차 갤러리",),
    ("bobaedream", ""): ("자유게시판", "국산차게시판", "수입차게시판"),
    ("clien", ""): ("굴러간당", "모두의공원"),
}


def community(platform: str, role: str, rng: Random) -> str | None:
    """A board or group that fits the platform and the role; None where posts stand on their own."""
    names = COMMUNITIES.get((platform, role)) or COMMUNITIES.get((platform, ""))
    return rng.choice(names) if names else None


class Addresses:
    """Gives out ids, none twice."""

    def __init__(self, rng: Random):
        self._rng = rng
        self._taken: set[str] = set()

    def new(self, platform: str, at: datetime, *, comment: bool) -> str:
        """``platform:native id`` for a post of that moment."""
        while True:
            key = f"{platform}:{self._native(platform, at, comment)}"
            if key not in self._taken:
                self._taken.add(key)
                return key

    def _native(self, platform: str, at: datetime, comment: bool) -> str:
        rng = self._rng
        if platform == "x":
            return str((int((at - _EPOCH).total_seconds() * 1000) << 22) | rng.getrandbits(22))
        if platform == "reddit":
            return ("t1_" if comment else "t3_") + "1" + "".join(rng.choices(_BASE36, k=6))
        if platform == "youtube":
            return ("Ug" if comment else "") + "".join(rng.choices(_VIDEO, k=22 if comment else 11))
        if platform == "bluesky":
            return "3m" + "".join(rng.choices(_BASE36[2:], k=11))
        number = rng.randrange(10_000_000, 99_999_999)
        return f"{number}-{rng.randrange(100, 9999)}" if comment else str(number)


def url(key: str) -> str:
    """An address that looks the part and leads nowhere."""
    platform, native = key.split(":", 1)
    return f"https://{platform.replace('_', '-')}.example/{native}"

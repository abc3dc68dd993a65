"""The small word lists of grouping."""

from __future__ import annotations


def _listed(words: str) -> list[str]:
    return words.split()


PARTICLES = frozenset(
    _listed(
        """
    에서는 에서도 에서만 에서의 에서 에게서 에게는 에게 한테서 한테는 한테도 한테 께서는 께서 으로는 으로도 으로만 으로 로는
    로도 로만 까지도 까지는 까지만 까지 부터는 부터 마다 처럼 만큼 보다는 보다 이나 이라고 라고 이라는 라는 이라도 라도 이랑
    하고는 에는 에도 에만 에 은 는 이 가 을 를 의 도 만 와는 와 과는 과 로 나 랑 들이 들은 들도 들을 들의 들 이고
    이며 이면 이에요 이예요 예요 이네요 네요 입니다 입니까 이다 인데요 인데 인가요 인지 이죠 이지 이라서 라서 이었는데 이었다
    였는데 였다 씩 째 쯤 뿐 조차 밖에
    """
    )
)
"""Korean particles and forms of the copula."""

ENDINGS = frozenset(
    _listed(
        """
    했습니다 했는데요 했는데 했어요 했네요 했다고 했다는 했다가 했다 했음 했지만 했으면 했고 했던 했더니 했나요 했나 했냐
    했더라 했죠 했지 했 합니다 하네요 하는데요 하는데 하는지 하는거 하는 하니까 하니 하고 하면서 하면 하려고 하려면 하려다
    하지만 하지도 하지 하다가 하다니 하다 하더니 하더라 하던 하게 하자 하세요 하시는 하시네 하나요 하나 하냐 하죠 해요 해서
    해도 해야 해줘 해주 해 한다고 한다는 한다 한데 한 할 함 됐습니다 됐는데요 됐는데 됐어요 됐네요 됐다고 됐다는 됐다 됐음
    됐지만 됐고 됐던 됐더니 됐 됩니다 되네요 되는데 되는지 되는 되니까 되고 되면 되지 되던 되어 되나요 되나 돼요 돼서 돼도
    돼야 돼 된다고 된다 된 될 됨 되었습니다 되었는데 되었다 습니다 습니까 는데요 는데 네요 어요 아요 더라고요 더라구요 더라
    더니 었는데 았는데 었어요 았어요 었습니다 았습니다 었다고 았다고 었다 았다 었음 았음 었고 았고 었던 았던 는지 는다 라고요
    다고요 다고 다는 다니 다가 지만 거든요 거든 잖아요 잖아 려고 려면 면서 으면 니까 나요 냐고 시켰 시키 당했 당한
    """
    )
)
"""Endings of common Korean verbs."""

ENGLISH_STOPS = frozenset(
    _listed(
        """
    a about after again all also am an and any are as at back be because been before being but by can cannot could did do does doing
    don down each even ever every few for from get gets getting go goes going gone got had has have having he her here him his how i
    if im in into is isn it its ive just know let like ll made make many me more most much my never no nor not now of off on once one
    only or other our out over own please put re really s said same say says see she should since so some still such t take than that
    the their them then there these they thing this those through to today told too took u under until up us use used ve very via want
    was way we well went were what when where which while who whole why will with without won would yes yet you your wtf omg lol lmao
    ffs smh pls thanks thank hey hi hello guys anyone everyone someone nobody something anything nothing keep keeps day days week
    weeks month time
    seriously unbelievable unbelievably wow literally honestly absolutely totally actually ridiculous terrible awful horrible worst
    disgusting unacceptable appalling shocking pathetic shame shameful furious angry annoyed annoying disappointed disappointing fuming
    livid ugh sigh damn hell
    """
    )
)
"""English words that tell nothing about a trouble, the author's mood among them."""

KOREAN_STOPS = frozenset(
    _listed(
        """
    진짜 정말 너무 완전 아니 그냥 지금 오늘 어제 내일 이거 그거 저거 이게 그게 저게 이건 그건 뭐야 뭐지 뭐냐 뭔가 어떻게
    어떡 왜 저만 나만 저도 나도 제가 내가 저는 나는 우리 여기 거기 저기 다들 혹시 이런 그런 저런 이렇게 그렇게 하는 하고
    해서 했는데 있는 있는데 있나 있어 없는 없는데 없어 없고 없다 같은 같은데 같아 아직 아직도 계속 다시 또 이제 벌써 하나
    하루 이틀 며칠 때문 경우 정도 사람 생각 그리고 그런데 근데 그래서 하지만 그러면 그럼 입니다 합니다 됩니다 있습니다
    없습니다 했습니다 겁니다 건가 건지 거지 거야 거냐 건데 ㅋㅋ ㅠㅠ ㅎㅎ ㅜㅜ ㅡㅡ 아오 아놔 에휴 하아 대체 도대체 무슨
    어디 언제 누가 모두 전부 이미 처음 마지막 다른 모든 매번 항상 맨날 자꾸 그만 빨리 제발 좀 더 안 못 잘 다 수 것 거
    데 게 걸 건 줄 번 곳 분 등 및
    와우 대박 실화 솔직히 제보 후기 화나 화난 화남 화났 어쩌 어쩌죠 어쩌라는 어쩌라고 짜증 짜증나 짜증남 열받 열받네
    빡치 빡치네 빡침 어이없 어이없네 어이없음 어처구니없 황당 황당하 실망 실망하 최악 답답 답답하 미치겠 미치겠네 미쳤 미쳤나 노답
    극혐 역대급
    """
    )
)
"""Korean words that tell nothing about a trouble, the author's mood among them."""

AFTER_PLACES = frozenset(
    _listed(
        "행 발 시 군 구 항 역 점 쪽 지점 대리점 영업소 센터 터미널 공항 부두 항구 야적장 톨게이트 휴게소 물류센터 출고장 시내 지역 근처"
    )
)
"""What may follow a place's name within a word."""

"""What a model's labels may stand for, and the same as sentences that an entailment model can judge."""

from __future__ import annotations

from monitor.domain import TOPICS, Sentiment

COMPLAINT, NOTHING = "complaint", "none"
FEELINGS = tuple(one.value for one in (Sentiment.NEG, Sentiment.NEU, Sentiment.POS))
KIND_OF = {COMPLAINT: "complaint", **dict.fromkeys(FEELINGS, "sentiment"), **dict.fromkeys(TOPICS, "topic")}
MEANINGS = {"complaint": (COMPLAINT,), "sentiment": FEELINGS, "topic": TOPICS}
ENTAILED, CONTRADICTED = "entailment", "contradiction"
NLI = (ENTAILED, CONTRADICTED, NOTHING)

SENTENCES = {  # (Korean, English); each fits the standard hypotheses "이 글은 {}." and "This post {}."
    "complaint": (
        "회사의 제품이나 서비스, 직원에 대해 고객이 제기하는 불만이다",
        "is a customer's complaint about the company's product, service or staff",
    ),
    "neg": ("불쾌하거나 불만스러운 감정을 드러낸다", "sounds displeased"),
    "neu": ("좋다거나 나쁘다는 평가를 하지 않는다", "does not judge anything as good or bad"),
    "pos": ("만족스럽거나 기쁜 감정을 드러낸다", "sounds pleased"),
    "delivery_delay": ("배송이 늦거나 오지 않는 것에 관한 글이다", "is about a late or missing delivery"),
    "damage_loss": ("물건이 파손되거나 분실된 것에 관한 글이다", "is about something damaged, stolen or lost"),
    "refund_billing": ("환불이나 청구, 결제에 관한 글이다", "is about a refund, a bill or a payment"),
    "customer_service": ("고객센터나 상담에 관한 글이다", "is about the hotline or customer service"),
    "app_website": ("앱이나 웹사이트의 문제에 관한 글이다", "is about an app or a website that fails"),
    "price": ("가격이나 요금에 관한 글이다", "is about prices or fees"),
    "product_quality": ("제품 자체의 품질에 관한 글이다", "is about the quality of the product itself"),
    "safety": ("사람이 다치거나 다칠 뻔한 일에 관한 글이다", "is about an injury or a danger to people"),
    "staff_behaviour": ("직원의 무례한 태도나 거부에 관한 글이다", "is about rude or unhelpful staff"),
    "privacy": ("개인정보 유출이나 사생활 침해에 관한 글이다", "is about personal data or privacy"),
    "partner_subcontractor": ("협력사나 대리점, 하청 업체, 입점 판매자에 관한 글이다", "is about a partner, an agency or a subcontractor"),
    "other": ("그 밖의 일에 관한 글이다", "is about something else"),
}

"""Free help, said in the languages most spoken in the US after English.

Every plan owes this notice in the 15 languages most spoken in its state: 45 CFR 92.11(b).
In our own words; `#` stands where the plan's numbers go.
"""

from typing import NamedTuple


class HelpLine(NamedTuple):
    code: str
    name: str
    before: str
    after: str
    rtl: bool = False


def _line(code: str, name: str, words: str, *, rtl: bool = False) -> HelpLine:
    before, _mark, after = words.partition("#")
    return HelpLine(code, name, before, after, rtl)


HELP_LINES = (
    _line(
        "es",
        "Español",
        "Puede recibir ayuda gratis en español: un intérprete y cartas que pueda leer. Llame al #.",
    ),
    _line("zh", "中文", "您可以免费获得中文帮助：口译服务，以及您能阅读的信件。请致电 #。"),
    _line(
        "vi",
        "Tiếng Việt",
        "Quý vị có thể nhận trợ giúp miễn phí bằng tiếng Việt: thông dịch viên và thư từ"
        " mà quý vị đọc được. Xin gọi #.",
    ),
    _line(
        "tl",
        "Tagalog",
        "Makakakuha ka ng libreng tulong sa Tagalog: isang interpreter at mga sulat na"
        " mababasa mo. Tumawag sa #.",
    ),
    _line(
        "ko",
        "한국어",
        "한국어로 무료 도움을 받으실 수 있습니다. 통역과 읽으실 수 있는 편지를 제공합니다. 전화: #",
    ),
    _line(
        "ar",
        "العربية",
        "يمكنك الحصول على مساعدة مجانية باللغة العربية: مترجم فوري ورسائل يمكنك قراءتها."
        " اتصل على الرقم #.",
        rtl=True,
    ),
    _line(
        "ru",
        "Русский",
        "Вы можете бесплатно получить помощь на русском языке: переводчика и понятные вам"
        " письма. Звоните по номеру #.",
    ),
    _line(
        "ht",
        "Kreyòl ayisyen",
        "Ou ka jwenn èd gratis an kreyòl ayisyen: yon entèprèt ak lèt ou ka li. Rele #.",
    ),
    _line(
        "fr",
        "Français",
        "Vous pouvez recevoir une aide gratuite en français : un interprète et des lettres que"
        " vous pouvez lire. Appelez le #.",
    ),
    _line(
        "pl",
        "Polski",
        "Oferujemy bezpłatną pomoc w języku polskim: tłumacza i listy, które można przeczytać."
        " Prosimy dzwonić pod numer #.",
    ),
    _line(
        "pt",
        "Português",
        "Você pode receber ajuda gratuita em português: um intérprete e cartas que consiga ler."
        " Ligue para #.",
    ),
    _line(
        "it",
        "Italiano",
        "Può ricevere aiuto gratuito in italiano: un interprete e lettere che può leggere."
        " Chiami il numero #.",
    ),
    _line(
        "de",
        "Deutsch",
        "Sie bekommen kostenlose Hilfe auf Deutsch: jemanden, der dolmetscht, und Briefe, die"
        " Sie lesen können. Telefon: #.",
    ),
    _line(
        "ja",
        "日本語",
        "日本語で無料の支援を受けられます。通訳と、お読みになれる手紙をご用意します。電話: #",
    ),
    _line(
        "hi",
        "हिन्दी",
        "आपको हिन्दी में मुफ़्त मदद मिल सकती है: एक दुभाषिया और ऐसे पत्र जिन्हें आप पढ़ सकें। # पर फ़ोन करें।",
    ),
)

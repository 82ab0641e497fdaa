"""The currencies that prices are written in, by their codes, signs and words."""

CURRENCIES: dict[str, str] = {
    word: code
    for code, words in {
        "USD": "usd us$ $us u$s $ dollar dollars dollari dolares dólares dólar",
        "EUR": "eur € \x80 euro euros",
        "GBP": "gbp £ pound pounds",
        "CHF": "chf sfr fr. franken francs",
        "BRL": "brl r$ reais real",
        "JPY": "jpy ¥ yen",
        "CNY": "cny rmb yuan cn¥",
        "INR": "inr ₹ rs rs. rupees",
        "HKD": "hkd hk$",
        "AUD": "aud au$ a$",
        "CAD": "cad ca$ c$",
        "SGD": "sgd s$ sg$",
        "ILS": "ils nis ₪",
        "AED": "aed dhs dirham dirhams",
        "ZAR": "zar rand",
        "PLN": "pln zł",
        "RUB": "rub ₽",
        "SEK": "sek",
        "NOK": "nok",
        "DKK": "dkk",
        "MXN": "mxn mx$",
        "TRY": "₺",
        "THB": "thb ฿ baht",
        "KRW": "krw ₩",
        "NZD": "nzd nz$",
        "TWD": "twd nt$",
    }.items()
    for word in words.split()
}
"""Codes of currencies by how they are written, in lower case."""

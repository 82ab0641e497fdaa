"""Names of columns and what they mean, in the languages and words of the trade."""

from collections.abc import Mapping, Sequence

from diamonds.dataset.cells.texts import words_in

Aliases = Mapping[str, Sequence[str]]

ALIASES: Aliases = {
    "carat": words_in(
        "carat, carats, carat weight, weight, weight ct, carat ct, ct, cts, size, ct weight, cts weight, "
        "weight carats, weight in carats, carat size, crt, wt, caratage, karat, kt, carati, caratura, peso, "
        "peso ct, quilate, quilates, quilataje, peso quilates, gewicht, karatgewicht, karaat, poids, poids "
        "carat, stone weight"
    ),
    "cut": words_in(
        "cut, cut grade, cut quality, taglio, taille, qualité de taille, schliff, schliffgüte, "
        "schliffqualität, corte, talla, calidad de corte, qualità taglio, lapidação, slijpsel, make, cut gr"
    ),
    "color": words_in(
        "color, colour, color grade, colour grade, col, colore, couleur, farbe, cor, kleur, farbgrad, farbton"
    ),
    "clarity": words_in(
        "clarity, clarity grade, clar, cla, purity, purezza, pureté, reinheit, claridad, pureza, claridade, "
        "zuiverheid, reinheitsgrad"
    ),
    "depth": words_in(
        "depth, depth %, depth pct, depth percentage, total depth, total depth %, total depth pct, % depth, "
        "td %, depth per, profondità, profondità %, profondeur, profondeur %, tiefe, tiefe %, gesamttiefe, "
        "gesamthöhe %, profundidad, profundidad %, profundidade, profundidade %, diepte, diepte %"
    ),
    "table": words_in(
        "table, table %, table pct, table percentage, % table, table per, tbl, tbl %, table size, tavola, "
        "tavola %, tafel, tafel %, tabla, tabla %, mesa, mesa %"
    ),
    "price": words_in(
        "price, price usd, usd, usd price, price in usd, price $, sale price, sale price usd, total, total "
        "price, total usd, price total, total amount, amount, net price, net amount, net amt, amt, total "
        "amt, sold price, selling price, sold for, price per stone, prezzo, prezzo totale, prix, prix "
        "total, preis, gesamtpreis, verkaufspreis, precio, precio total, preço, preço total, prijs, "
        "totaalprijs, verkoopprijs, prix de vente, prezzo di vendita, precio de venta, variant price"
    ),
    "x": words_in(
        "x, x mm, length, length mm, l, lunghezza, longueur, länge, longitud, largo, comprimento, lengte, "
        "measurement length, measurements length, dimension length, dimensions length"
    ),
    "y": words_in(
        "y, y mm, width, width mm, w, larghezza, largeur, breite, ancho, anchura, largura, breedte, "
        "measurement width, measurements width, dimension width, dimensions width"
    ),
    "z": words_in(
        "z, z mm, height, height mm, depth mm, h, d, altezza, hauteur, höhe, altura, alto, hoogte, "
        "measurement height, measurement depth, measurements height, measurements depth, dimension height, "
        "dimension depth, dimensions height, dimensions depth"
    ),
}
"""Accepted names by column, in any case, accents and punctuation; ``%`` is percent, ``$`` is usd."""

ROLES: Aliases = {
    "price per carat": words_in(
        "price per carat, price per ct, price/ct, price/carat, $/ct, $/carat, usd/ct, usd/carat, $ per "
        "carat, per carat, per ct, /ct, ppc, p/ct, rate, rate per carat, rate/ct, asking price per carat, "
        "carat price, ct price, prezzo al carato, prezzo per carato, prezzo/ct, prix par carat, prix au "
        "carat, prix/ct, prix/carat, preis pro karat, preis je karat, preis/ct, karatpreis, precio por "
        "quilate, precio/ct, preço por quilate, preço/ct, prijs per karaat, prijs/ct"
    ),
    "points": words_in("points, pts, pt, pointer, point, punti, punkte, puntos, pontos, punten"),
    "measurements": words_in(
        "measurements, measurement, dimensions, dimension, meas, measure, mm, measurements mm, dimensions "
        "mm, size mm, misure, dimensioni, mesures, maße, abmessungen, abmessung, medidas, dimensiones, "
        "medidas mm, dimensões, afmetingen, afmeting, maten, diameter, lxwxd, l x w x d, lxwxh, l w d, min "
        "max depth, xyz"
    ),
    "shape": words_in(
        "shape, shapes, stone shape, diamond shape, shape name, form, forma, forme, vorm, slijpvorm, "
        "schliffform, schliffart, cut shape, shape cut, formato, shp"
    ),
    "origin": words_in(
        "origin, type, diamond type, stone type, natural lab, natural or lab, growth type, origine, "
        "herkunft, origen, origem, herkomst, tipo, typ, category, creation, natural vs lab, lab or natural, "
        "growth, growth process, growth method, source, nature"
    ),
    "lab-grown": words_in(
        "lab grown, is lab grown, islabgrown, lab created, is lab created, is lab, lab diamond, labgrown, "
        "synthetic, is synthetic, lgd, man made, is lab diamond"
    ),
    "natural": words_in("natural, is natural, natural diamond, mined"),
    "treatment": words_in(
        "treatment, treatments, treated, is treated, enhancement, enhancements, enhanced, clarity enhanced, "
        "trattamento, traitement, behandlung, tratamiento, tratamento, behandeling, color treatment, "
        "clarity treatment"
    ),
    "pieces": words_in(
        "pcs, pieces, piece, no of pieces, no of stones, number of stones, qty, quantity, stone count, "
        "stück, stückzahl, anzahl, pezzi, numero pezzi, nombre de pierres, pièces, piezas, cantidad, peças, "
        "quantidade, aantal, stuks"
    ),
    "currency": words_in(
        "currency, currency code, curr, ccy, cur, price currency, valuta, devise, währung, moneda, moeda, "
        "munt"
    ),
    "price unit": words_in("price unit, price basis, unit of price, price type, priced per, unit, per"),
    "sold at": words_in(
        "sold at, sold on, sold, date sold, sale date, date of sale, sold date, date, day, transaction "
        "date, invoice date, sales date, data di vendita, data vendita, data, date de vente, vendu le, "
        "verkaufsdatum, verkauft am, datum, fecha de venta, fecha, vendido el, data da venda, data de "
        "venda, vendido em, verkoopdatum, verkocht op"
    ),
}
"""Accepted names of what is used besides: other units, what must not be mixed, and the date of a sale."""

UNUSED = frozenset(
    words_in(
        "availability, cert, certificate, city, comments, country, crown, culet, disc, discount, flour, "
        "fluor, fluorescence, girdle, gradinglab, id, lab, location, lwratio, percentrap, pol, polish, rap, "
        "rapaport, rappercent, rapprice, ratio, report, reportno, reportnumber, sku, stock, stockno, "
        "stocknumber, sym, symmetry, vendor"
    )
)
"""Other names that are known, in the form of ``normalised``: they are no other column misspelled."""

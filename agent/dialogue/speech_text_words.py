"""Abbreviations, units and signs, and the words a voice says for them. Data only."""

UNITS = {
    "kg": ("kilogram", "kilograms"), "kgs": ("kilogram", "kilograms"), "g": ("gram", "grams"),
    "mg": ("milligram", "milligrams"), "lb": ("pound", "pounds"), "lbs": ("pound", "pounds"),
    "oz": ("ounce", "ounces"), "fl oz": ("fluid ounce", "fluid ounces"),
    "cm": ("centimeter", "centimeters"), "mm": ("millimeter", "millimeters"),
    "m": ("meter", "meters"), "km": ("kilometer", "kilometers"), "ft": ("foot", "feet"),
    "mi": ("mile", "miles"), "yd": ("yard", "yards"), "in": ("inch", "inches"),
    "l": ("liter", "liters"), "L": ("liter", "liters"), "ml": ("milliliter", "milliliters"),
    "mL": ("milliliter", "milliliters"), "cl": ("centiliter", "centiliters"),
    "KB": ("kilobyte", "kilobytes"), "kB": ("kilobyte", "kilobytes"), "MB": ("megabyte", "megabytes"),
    "GB": ("gigabyte", "gigabytes"), "TB": ("terabyte", "terabytes"),
    "Mbps": ("megabit per second", "megabits per second"),
    "Gbps": ("gigabit per second", "gigabits per second"),
    "Hz": ("hertz", "hertz"), "kHz": ("kilohertz", "kilohertz"), "MHz": ("megahertz", "megahertz"),
    "GHz": ("gigahertz", "gigahertz"), "W": ("watt", "watts"), "kW": ("kilowatt", "kilowatts"),
    "kWh": ("kilowatt hour", "kilowatt hours"), "V": ("volt", "volts"), "A": ("amp", "amps"),
    "mAh": ("milliamp hour", "milliamp hours"), "Ah": ("amp hour", "amp hours"),
    "km/h": ("kilometer per hour", "kilometers per hour"),
    "kph": ("kilometer per hour", "kilometers per hour"),
    "mph": ("mile per hour", "miles per hour"), "m/s": ("meter per second", "meters per second"),
    "°C": ("degree Celsius", "degrees Celsius"), "°F": ("degree Fahrenheit", "degrees Fahrenheit"),
    "°": ("degree", "degrees"), "ms": ("millisecond", "milliseconds"), "s": ("second", "seconds"),
    "sec": ("second", "seconds"), "secs": ("second", "seconds"), "min": ("minute", "minutes"),
    "mins": ("minute", "minutes"), "h": ("hour", "hours"), "hr": ("hour", "hours"), "hrs": ("hour", "hours"),
    "wk": ("week", "weeks"), "wks": ("week", "weeks"), "mo": ("month", "months"),
    "mos": ("month", "months"), "yr": ("year", "years"), "yrs": ("year", "years"), "px": ("pixel", "pixels"),
    "dpi": ("dot per inch", "dots per inch"), "fps": ("frame per second", "frames per second"),
    "pcs": ("piece", "pieces"), "pc": ("piece", "pieces"), "doz": ("dozen", "dozen"),
    "m²": ("square meter", "square meters"), "cm²": ("square centimeter", "square centimeters"),
    "ft²": ("square foot", "square feet"), "sq ft": ("square foot", "square feet"),
    "m³": ("cubic meter", "cubic meters"), "cm³": ("cubic centimeter", "cubic centimeters"),
}  # fmt: skip
"""Written after a number: singular and plural."""

ABBREVIATIONS = {
    "e.g.": "for example", "i.e.": "that is", "etc.": "and so on", "vs.": "versus", "approx.": "about",
    "dept.": "department", "est.": "estimated", "incl.": "including", "excl.": "excluding",
    "max.": "maximum", "min.": "minimum", "qty.": "quantity", "ext.": "extension", "tel.": "telephone",
    "mr.": "Mister", "mrs.": "Missus", "ms.": "Miz", "dr.": "Doctor", "prof.": "Professor", "jr.": "Junior",
    "sr.": "Senior", "ave.": "Avenue", "blvd.": "Boulevard", "rd.": "Road", "ln.": "Lane", "hwy.": "Highway",
    "apt.": "Apartment", "ste.": "Suite", "inc.": "Incorporated", "ltd.": "Limited", "corp.": "Corporation",
    "co.": "Company", "bros.": "Brothers", "fig.": "figure", "p.s.": "P S", "a.m.": "a m", "p.m.": "p m",
    "a.k.a.": "also known as", "attn:": "attention:", "misc.": "miscellaneous", "avg.": "average",
    "acct.": "account", "bldg.": "building", "qty:": "quantity:", "ref.": "reference", "temp.": "temperature",
    "u.s.": "U S", "u.k.": "U K", "u.s.a.": "U S A", "asap": "as soon as possible", "w/o": "without",
    "w/": "with", "c/o": "care of", "n/a": "not available", "b/c": "because", "&c.": "and so on",
    "mon.": "Monday", "tue.": "Tuesday", "tues.": "Tuesday", "wed.": "Wednesday", "thu.": "Thursday",
    "thur.": "Thursday", "thurs.": "Thursday", "fri.": "Friday", "sat.": "Saturday", "sun.": "Sunday",
    "jan.": "January", "feb.": "February", "mar.": "March", "apr.": "April", "jun.": "June",
    "jul.": "July", "aug.": "August", "sep.": "September", "sept.": "September", "oct.": "October",
    "nov.": "November", "dec.": "December",
}  # fmt: skip
"""Lower case, as written; looked up without regard to case."""

DAYS = {
    "Mon": "Monday", "Tue": "Tuesday", "Tues": "Tuesday", "Wed": "Wednesday", "Thu": "Thursday",
    "Thur": "Thursday", "Thurs": "Thursday", "Fri": "Friday", "Sat": "Saturday", "Sun": "Sunday",
}  # fmt: skip
"""Short names of days that stand without a full stop."""

SPELLED = frozenset(
    "USA UK EU US UPS USPS DHL ATM VAT USB PDF FAQ PIN ID SMS SIM CEO VIP TV PC LED LCD HDMI URL IBAN PO "
    "IT HR AI IV ETA FYI NYC "
    "EST PST CST MST GMT UTC SKU UPC RMA COD DIY OK".split()
) - {"PIN", "SIM", "VAT", "OK", "LED"}  # fmt: skip
"""Capitals said letter by letter; those without a vowel are anyhow."""

SIGNS = {
    "&": " and ", "@": " at ", "%": " percent ", "+": " plus ", "=": " equals ", "#": " number ",
    "~": " about ",
    "×": " by ", "÷": " divided by ", "±": " plus or minus ", "<": " less than ", ">": " more than ",
    "≤": " at most ", "≥": " at least ", "≈": " about ", "°": " degrees ", "€": " euros ", "£": " pounds ",
    "$": " dollars ", "¥": " yen ", "¢": " cents ", "©": " ", "®": " ", "™": " ", "§": " section ",
    "/": " or ", "\\": " ", "|": ", ", "_": " ", "…": ". ", "—": ", ", "–": ", ", "•": ", ",
    "→": " to ", "“": "", "”": "", "\"": "", "«": "", "»": "", "„": "", "`": "", "*": "", "^": " ",
    "(": ", ", ")": ", ", "[": ", ", "]": ", ", "{": ", ", "}": ", ", "\n": ". ", "\r": " ", "\t": " ",
}  # fmt: skip
"""What remains of signs after everything with a meaning of its own has been read."""

"""Spanish as written in the United States: 4 ago 2026, 3:42 p.m., $1,240.00 and not $1.240,00."""

DECIMAL_SEPARATOR = "."
THOUSAND_SEPARATOR = ","
DATE_FORMAT = "j b Y"
DATETIME_FORMAT = "j b Y, g:i a T"
TIME_FORMAT = "g:i a T"
YEAR_MONTH_FORMAT = r"F \d\e Y"
LONG_DATE_FORMAT = r"j \d\e F \d\e Y"
LONG_WEEKDAY_FORMAT = r"l, j \d\e F \d\e Y"
WEEKDAY_FORMAT = "D, j b"
WEEKDAY_YEAR_FORMAT = "D, j b Y"
# A day is typed as on other forms of this country, whatever the language of the page.
DATE_INPUT_FORMATS = ["%m/%d/%Y", "%m/%d/%y"]
FIRST_DAY_OF_WEEK = 0

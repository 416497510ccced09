"""Spanish as written in the United States: $1,240.00, not $1.240,00."""

DECIMAL_SEPARATOR = "."
THOUSAND_SEPARATOR = ","

"""Numbers of spreadsheets as their formats show them."""

import pytest

from contacts.importing.number_formats import shown


@pytest.mark.parametrize(
    ("value", "form", "text"),
    [
        (46115, "dd.mm.yyyy", "03.04.2026"),
        (46115, "d.mmm.yy", "3.Apr.26"),
        (46115, "m/d/yyyy;@", "2026-04-03"),  # a computer's own order: nobody knows which
        (46115, "mm/dd/yyyy", "2026-04-03"),
        (46115.5, "m/d/yy h:mm", "2026-04-03 12:00"),
        (46115, "dd/mm/yyyy", "03/04/2026"),
        (0.0123, "mm:ss.0", "17:42.7"),
        (9841001804, "#,##0.00", "9841001804"),
        (9779841001804, "0.00E+00", "9779841001804"),
        (1500, "0.00E+00", "1.50E+03"),
        (2.675, "0.00", "2.68"),
        (0, ";;;", ""),
        (1e300, "0", "1e+300"),
        (1500, '"Rs."#,##0', "Rs.1,500"),
        (-1500, '"Rs. "#,##0', "-Rs. 1,500"),
        (1500000, "[$Rs.]#,##0", "Rs.1,500,000"),
        (1500, "[$Rs.-4009] #,##0.00", "Rs. 1,500.00"),
        (1500, r"\R\s\.#,##0", "Rs.1,500"),
        (1500, '_("रु."* #,##0_)', "रु.1,500"),
        (12345678, '"Rs."##,##,##0', "Rs.12,345,678"),
        (7, '"No. 5/"0', "No. 5/7"),
        (1.005, '"Rs."#,##0.00', "Rs.1.01"),
        (1.005, '_(* #,##0.00_);_(* (#,##0.00);_(* "-"??_);_(@_)', "1.01"),
        (0, '_(* #,##0.00_);_(* (#,##0.00);_(* "-"??_);_(@_)', "-"),
        (1500, '0.0,"k"', "1.5k"),
        (-2.5, "#,##0.00;(#,##0.00)", "(2.50)"),
        (5, "not a [format", ""),
        (123456789012.5, "General", "123456789012"),
        (1e-7, "General", "0.0000001"),
    ],
)
def test_a_number_is_what_its_format_shows(value: float, form: str, text: str) -> None:
    assert shown(float(value), form) == text


def test_days_of_the_calendar_of_1904_are_those_that_are_shown() -> None:
    assert shown(44653.0, "dd/mm/yyyy", is_1904=True) == "03/04/2026"

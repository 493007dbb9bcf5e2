"""The page on compatibility says what the other tests here prove."""

from tests.clients import page


def test_the_page_says_what_the_rows_say(request):
    text = page.written()
    if request.config.getoption("bless"):
        page.PAGE.write_text(text)

    assert page.PAGE.read_text() == text

def test_smoke(gateway):
    answer = gateway.chat()
    assert answer.status_code == 200, answer.text
    print(answer.headers, answer.text)
    print(gateway.access_log())

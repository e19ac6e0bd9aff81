"""Tables that the file fuzzer found to end in an exception of another library, or to be read wrong."""

import pytest

from deeplinear.data import load_file


@pytest.mark.parametrize(
    ("content", "options", "text"),
    [
        # rows of more cells than the header has
        (
            b'c0V\xff\xdc\x0c;c1;c2\n8.205;1.742;blue\n2.736;-4.988;\'\n-2.648;1e;blue\n-1.6/\xc0\xc7\xf60.63;"q""q20-01-01;-0.794;red\n',
            {"drop_missing": True, "encoding": "latin-1"},
            "cells in each row",
        ),
    ],
)
def test_refused_in_our_words(tmp_path, content, options, text):
    (tmp_path / "data.csv").write_bytes(content)
    with pytest.raises(ValueError, match="^load_file needs .*" + text):
        load_file(tmp_path / "data.csv", **options)

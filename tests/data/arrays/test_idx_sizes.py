"""IDX files hold exactly the bytes that their header announces."""

import gzip

import numpy as np
import pytest
from numpy.testing import assert_array_equal

from deeplinear.data.arrays.idx import idx

VALUES = (300 * np.arange(12)).astype(">i2").reshape(2, 3, 2)
CONTENT = b"\0\0\x0b\x03" + np.array(VALUES.shape, ">u4").tobytes() + VALUES.tobytes()


def test_every_entry_is_where_it_was(tmp_path):
    (tmp_path / "a").write_bytes(CONTENT)
    (tmp_path / "b.gz").write_bytes(gzip.compress(CONTENT))
    for name in ("a", "b.gz"):
        assert_array_equal(idx(tmp_path / name), VALUES)


@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize("change", [-24, -2, -1, 1, 2, 16, 100])
def test_a_byte_more_or_less_is_refused(tmp_path, change, packed):
    content = CONTENT[:change] if change < 0 else CONTENT + b"\0" * change
    path = tmp_path / "a"
    path.write_bytes(gzip.compress(content) if packed else content)
    with pytest.raises(ValueError, match=r"idx needs a whole IDX file, got a which is truncated or something else"):
        idx(path)

"""Files written for a test."""

import pytest


@pytest.fixture
def written(tmp_path):
    """Write text or bytes to a file of that name."""

    def write(content, name="data.csv"):
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    return write

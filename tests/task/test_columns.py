"""What the columns of a user's data are called."""

from deeplinear.task.columns import Columns, shortened


def test_numbers_are_no_classes():
    numbers = Columns(3, ("a", "b"), ("y", "z"))
    assert numbers.classes == ()
    assert str(numbers) == "3 examples; features a, b; targets y, z: numbers"


def test_classes_and_notes_in_one_line():
    columns = Columns(1, ("a",), ("ant", "bee"), "classes", "kind", ("left out: b (empty)",))
    assert columns.classes == ("ant", "bee")
    assert str(columns) == "1 example; feature a; target kind: 2 classes (ant, bee); left out: b (empty)"
    named_target = Columns(2, ("a",), ("ant", "bee"), "classes", "target")
    assert str(named_target) == "2 examples; feature a; target: 2 classes (ant, bee)"


def test_twelve_names_are_listed():
    names = [f"n{i}" for i in range(14)]
    assert shortened(names[:12]) == ", ".join(names[:12])
    assert shortened(names[:13]) == ", ".join(names[:12]) + " and 1 more"
    assert shortened(names) == ", ".join(names[:12]) + " and 2 more"

"""BibTeX of the papers that the laws are from, by the keys that a law's ``cites`` holds."""

from __future__ import annotations

from collections.abc import Iterable

ENTRIES = {
    "saxe2014exact": """@inproceedings{saxe2014exact,
  title     = {Exact solutions to the nonlinear dynamics of learning in deep linear neural networks},
  author    = {Saxe, Andrew M. and McClelland, James L. and Ganguli, Surya},
  booktitle = {International Conference on Learning Representations},
  year      = {2014},
  note      = {arXiv:1312.6120},
}""",
    "saxe2019mathematical": """@article{saxe2019mathematical,
  title   = {A mathematical theory of semantic development in deep neural networks},
  author  = {Saxe, Andrew M. and McClelland, James L. and Ganguli, Surya},
  journal = {Proceedings of the National Academy of Sciences},
  volume  = {116},
  number  = {23},
  pages   = {11537--11546},
  year    = {2019},
  doi     = {10.1073/pnas.1820226116},
}""",
    "fukumizu1998effect": """@inproceedings{fukumizu1998effect,
  title     = {Effect of batch learning in multilayer neural networks},
  author    = {Fukumizu, Kenji},
  booktitle = {International Conference on Neural Information Processing},
  pages     = {67--70},
  year      = {1998},
}""",
    "braun2022exact": """@inproceedings{braun2022exact,
  title     = {Exact learning dynamics of deep linear networks with prior knowledge},
  author    = {Braun, Lukas and Domin{\\'e}, Cl{\\'e}mentine and Fitzgerald, James and Saxe, Andrew},
  booktitle = {Advances in Neural Information Processing Systems},
  volume    = {35},
  year      = {2022},
}""",
    "domine2024lazy": """@misc{domine2024lazy,
  title  = {From lazy to rich: Exact learning dynamics in deep linear networks},
  author = {Domin{\\'e}, Cl{\\'e}mentine C. J. and Anguita, Nicolas and Proca, Alexandra M. and Braun, Lukas and Kunin, Daniel
            and Mediano, Pedro A. M. and Saxe, Andrew M.},
  year   = {2024},
  note   = {arXiv:2409.14623},
}""",
    "arora2018optimization": """@inproceedings{arora2018optimization,
  title     = {On the optimization of deep networks: Implicit acceleration by overparameterization},
  author    = {Arora, Sanjeev and Cohen, Nadav and Hazan, Elad},
  booktitle = {International Conference on Machine Learning},
  year      = {2018},
  note      = {arXiv:1802.06509},
}""",
    "arora2019implicit": """@inproceedings{arora2019implicit,
  title     = {Implicit regularization in deep matrix factorization},
  author    = {Arora, Sanjeev and Cohen, Nadav and Hu, Wei and Luo, Yuping},
  booktitle = {Advances in Neural Information Processing Systems},
  volume    = {32},
  year      = {2019},
  note      = {arXiv:1905.13655},
}""",
}


def bibtex(keys: Iterable[str]) -> str:
    """The entries of these keys, each once, in this order, with an empty line between them."""
    return "\n\n".join(ENTRIES[key] for key in dict.fromkeys(keys))

"""Numerics under the Jacobian laws: the curve on which λ(M) is real, cells of φ'², panels and tables."""

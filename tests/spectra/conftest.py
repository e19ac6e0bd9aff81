"""Every law of the registry, in every view, at parameters from one matrix to a thousand."""

from deeplinear.spectra import LAWS, FussCatalan, GinibreProduct, MarchenkoPastur, QuarterCircle, Triangle

COUNTS = (1, 2, 3, 5, 20, 99, 1000)
PARAMETERS = {
    FussCatalan: [{"k": k} for k in COUNTS],
    MarchenkoPastur: [{"aspect": a} for a in (1e-4, 0.3, 0.99, 1 - 1e-9, 1, 1.01, 2.5, 400)],
    QuarterCircle: [{}],
    GinibreProduct: [{"k": k} for k in COUNTS],
    Triangle: [{}],
}
PLAIN = [law(**case) for law in LAWS for case in PARAMETERS[law]]
ROOTS = [law.singular_values() for law in PLAIN if isinstance(law, FussCatalan | MarchenkoPastur)]
POSITIVE = PLAIN + ROOTS
EVERY = POSITIVE + [law.logarithm() for law in (*PLAIN, *ROOTS[2::5])]

#!/usr/bin/env bash
# Runs tests as other processors would: BLAS kernels without AVX, with AVX2 and with AVX-512, and NumPy without its AVX-512 loops.
#   tests/processors.sh                     the whole default suite, once for each setting that this machine can run
#   tests/processors.sh tests/exact src     these tests only
# A result may differ between processors in its last bits. A test that then fails rests on bits, or the code is ill-conditioned.
set -uo pipefail
cd "$(dirname "$0")/.."
avx512=$(python - <<'PY'
from numpy._core._multiarray_umath import __cpu_dispatch__, __cpu_features__

print(*(name for name in __cpu_dispatch__ if name.startswith(("AVX512", "X86_V4")) and __cpu_features__[name]))
PY
)
failed=0
while read -r kernel needs loops; do
  if ! grep -qw "$needs" /proc/cpuinfo 2>/dev/null; then
    echo "== $kernel kernels: this processor has no $needs, skipped"
    continue
  fi
  without=""
  [ "$loops" = all ] || without=$avx512
  echo "== $kernel kernels${without:+, NumPy without $without}"
  start=$SECONDS
  OPENBLAS_CORETYPE=$kernel NPY_DISABLE_CPU_FEATURES=$without python -m pytest "$@" </dev/null || failed=1
  echo "== $kernel kernels: $((SECONDS - start)) s"
done <<'TABLE'
Nehalem sse4_2 fewer
Haswell avx2 fewer
SkylakeX avx512f all
TABLE
exit $failed

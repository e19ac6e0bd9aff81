"""Delta-orthogonal kernels: convolutions of periodic images, by other means, keep every norm."""

import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy import ndimage

from deeplinear import initial

KERNELS = [(3,), (4,), (1,), (3, 3), (5, 3), (2, 4), (3, 3, 3), (1, 2, 3)]
every = pytest.mark.parametrize("size", KERNELS, ids=str)


def by_fourier(kernel, image):
    """Periodic convolution: products of spectra, summed over input channels."""
    axes, shape = tuple(range(1, image.ndim)), image.shape[1:]
    spectrum = np.fft.fftn(kernel, s=shape, axes=tuple(a + 1 for a in axes))
    return np.fft.ifftn(np.einsum("oi...,i...->o...", spectrum, np.fft.fftn(image, axes=axes)), axes=axes).real


def by_sliding(kernel, image):
    """Periodic correlation, as deep learning calls convolution, with SciPy's sliding window."""
    return np.stack(
        [sum(ndimage.correlate(i, k, mode="wrap") for i, k in zip(image, row, strict=True)) for row in kernel]
    )


@every
@pytest.mark.parametrize("convolve", [by_fourier, by_sliding])
def test_norms_of_periodic_images_are_kept(size, convolve):
    image = np.random.default_rng(0).standard_normal((3, *[6 + a for a in range(len(size))]))
    for gain, c_out in ((1.0, 3), (1.0, 5), (0.5, 5)):
        kernel = initial.delta_orthogonal(size, 3, c_out, gain=gain, rng=1)
        out = convolve(kernel, image)
        assert out.shape == (c_out, *image.shape[1:])
        assert_allclose(np.linalg.norm(out), gain * np.linalg.norm(image), rtol=1e-13)
        per_pixel = [np.linalg.norm(z.reshape(len(z), -1), axis=0) for z in (out, image)]
        assert_allclose(np.sort(per_pixel[0]), gain * np.sort(per_pixel[1]), rtol=1e-12)


@every
def test_angles_are_kept_too(size):
    one, two = np.random.default_rng(2).standard_normal((2, 4, *[5] * len(size)))
    kernel = initial.delta_orthogonal(size, 4, 6, rng=3)
    assert_allclose(np.vdot(by_fourier(kernel, one), by_fourier(kernel, two)), np.vdot(one, two), rtol=1e-12)


@every
def test_one_tap_is_a_frame_and_the_rest_is_zero(size):
    kernel = initial.delta_orthogonal(size, 3, 5, gain=2.0, rng=4)
    assert kernel.shape == (5, 3, *size)
    assert np.count_nonzero(kernel) == 15
    centre = kernel[(..., *((k - 1) // 2 for k in size))]
    assert_allclose(centre.T @ centre, 4 * np.eye(3), rtol=0, atol=1e-14)


@pytest.mark.parametrize("size", [(3,), (4,), (3, 3), (2, 5), (3, 3, 3)], ids=str)
def test_odd_kernels_do_not_move_the_image(size):
    """Same padding as `jax.lax` does it, zeros outside: still every pixel on its own, for even kernels too."""
    import jax
    import jax.numpy as jnp

    image = np.random.default_rng(5).standard_normal((3, *[6] * len(size))).astype(np.float32)
    kernel = initial.delta_orthogonal(size, 3, 4, rng=6)
    centre = kernel[(..., *((k - 1) // 2 for k in size))]
    out = jax.lax.conv_general_dilated(
        jnp.asarray(image)[None], jnp.asarray(kernel, jnp.float32), (1,) * len(size), "SAME"
    )[0]
    assert_allclose(out, np.einsum("oi,i...->o...", centre, image), atol=1e-5)


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        (((3, 3), 5, 4), "c_in <= c_out, got kernel_size=.*c_in=5, c_out=4: fewer outputs"),
        ((3, 4, 4), "one to three whole kernel sizes >= 1 .* got kernel_size=3"),
        (((), 4, 4), r"got kernel_size=\(\)"),
        (((3,) * 4, 4, 4), r"got kernel_size=\(3, 3, 3, 3\)"),
        (((3, 0), 4, 4), r"got kernel_size=\(3, 0\)"),
        (((3, 2.5), 4, 4), r"got kernel_size=\(3, 2.5\)"),
        (((3, 3), 0, 4), "c_in=0"),
        (((3, 3), 2.0, 4), "c_in=2.0"),
        (((3, 3), 2, None), "c_out=None"),
    ],
)
def test_refuses(arguments, text):
    with pytest.raises(ValueError, match="^delta_orthogonal needs .*" + text):
        initial.delta_orthogonal(*arguments, rng=0)

#include <complex>
#include <vector>
#include <numbers>
#include <stdexcept>

using cd = std::complex<double>;
static void transform(std::vector<cd> &a, bool invert) {
    const std::size_t n = a.size();
    if (n == 1) return;
    std::vector<cd> even, odd;
    for (std::size_t i = 0; i < n; i++) (i % 2 ? odd : even).push_back(a[i]);
    transform(even, invert); transform(odd, invert);
    double angle = 2 * std::numbers::pi / n * (invert ? -1 : 1);
    cd w(1), step(std::cos(angle), std::sin(angle));
    for (std::size_t i = 0; i < n / 2; i++, w *= step) {
        a[i] = even[i] + w * odd[i];
        a[i + n / 2] = even[i] - w * odd[i];
        if (invert) { a[i] /= 2; a[i + n / 2] /= 2; }
    }
}
/// Fast Fourier transform, in place.
void fft(std::vector<cd> &a, bool invert = false) {
    if (a.size() & (a.size() - 1)) throw std::length_error("a power of two, please");
    transform(a, invert);
}
std::vector<long> multiply(const std::vector<int> &a, const std::vector<int> &b) {
    std::size_t n = 1;
    while (n < a.size() + b.size()) n <<= 1;
    std::vector<cd> fa(a.begin(), a.end()), fb(b.begin(), b.end());
    fa.resize(n); fb.resize(n);
    fft(fa); fft(fb);
    for (std::size_t i = 0; i < n; i++) fa[i] *= fb[i];
    fft(fa, true);
    std::vector<long> result(a.size() + b.size() - 1);
    for (std::size_t i = 0; i < result.size(); i++) result[i] = std::lround(fa[i].real());
    return result;
}
// >>> multiply([1, 2, 3], [4, 5])
// [4, 13, 22, 15]
// >>> a = [1, 0, 0, 0]
// >>> fft(a)
// >>> a
// [(1+0j), (1+0j), (1+0j), (1+0j)]
// >>> raises(ValueError, fft, [1, 2, 3])
// 'a power of two, please'

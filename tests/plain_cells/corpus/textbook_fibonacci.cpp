#include <array>
#include <cstdint>
#include <stdexcept>
#include <unordered_map>
#include <vector>
constexpr std::uint64_t fib_constexpr(unsigned n) { return n < 2 ? n : fib_constexpr(n - 1) + fib_constexpr(n - 2); }
static_assert(fib_constexpr(10) == 55);
using Matrix = std::array<std::array<std::uint64_t, 2>, 2>;
Matrix multiply(const Matrix &a, const Matrix &b) { Matrix c{}; for (int i = 0; i < 2; i++) for (int j = 0; j < 2; j++) for (int k = 0; k < 2; k++) c[i][j] += a[i][k] * b[k][j]; return c; }
std::uint64_t fib(unsigned n) { if (n > 93) throw std::overflow_error("too large"); Matrix r{{{1, 0}, {0, 1}}}, m{{{1, 1}, {1, 0}}}; for (; n; n >>= 1) { if (n & 1) r = multiply(r, m); m = multiply(m, m); } return r[0][1]; }
std::vector<std::uint64_t> first(std::size_t n) { std::vector<std::uint64_t> v; for (std::uint64_t a = 0, b = 1; v.size() < n;) { v.push_back(a); b += a; a = b - a; } return v; }
// >>> fib(90), fib_constexpr(12), first(7)
// (2880067194370816120, 144, [0, 1, 1, 2, 3, 5, 8])
// >>> raises(OverflowError, fib, 94)
// 'too large'

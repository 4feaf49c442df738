#include <complex>
#include <cppmagic/array.hpp>
#include <cppmagic/view.hpp>
#include <cstddef>
void scale(cppmagic::span<double> x, double k = 2) { for (double &v : x) v *= k; }
std::size_t address(cppmagic::span<const float> x) { return reinterpret_cast<std::size_t>(x.data()); }
double trace(const cppmagic::view<const double, 2> &a) {
    double sum = 0;
    for (std::size_t i = 0; i < a.rows() && i < a.cols(); i++) sum += a(i, i) + 0 * a[i][0];
    return sum;
}
void fill(cppmagic::view<int, 3> a, int value) { for (int &x : a) x = value; }
double sum(cppmagic::span<const double> x) { double s = 0; for (double v : x) s += v; return s; }
long sum(cppmagic::span<const long> x) { long s = 0; for (long v : x) s += v; return s; }
std::size_t count(cppmagic::span<const std::byte> x) { return x.size(); }
bool any(cppmagic::span<const bool> x) { for (bool v : x) if (v) return true; return false; }
std::complex<double> first(cppmagic::span<const std::complex<double>> x) { return x[0]; }
cppmagic::array<double> squares(int n) {
    std::vector<double> v;
    for (int i = 0; i < n; i++) v.push_back(i * i);
    return v;
}
cppmagic::array<int> grid(std::size_t rows, std::size_t cols) {
    auto a = cppmagic::array<int>::zeros({rows, cols});
    for (std::size_t i = 0; i < rows; i++) for (std::size_t j = 0; j < cols; j++) a(i, j) = 10 * i + j;
    return a;
}
class Signal {
    cppmagic::span<const double> data_;
public:
    Signal(cppmagic::span<const double> data) : data_(data) {}
    double last() const { return data_.back(); }
};
cppmagic::span<double> dangling() { return {}; }

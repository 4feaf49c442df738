#include <array>
#include <chrono>
#include <cmath>
#include <complex>
#include <deque>
#include <filesystem>
#include <functional>
#include <iostream>
#include <list>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <tuple>
#include <unordered_map>
#include <unordered_set>
#include <variant>
#include <vector>

/// Moving average of `x` over `window` samples.
///
/// @param x  the samples
/// @return   one mean per sample
[[nodiscard]] std::vector<double> smooth(std::span<const double> x, int window = 5) {
    std::vector<double> means(x.size());
    double sum = 0;
    for (std::size_t i = 0; i < x.size(); i++) {
        sum += x[i];
        if (i >= std::size_t(window)) sum -= x[i - window];
        means[i] = sum / std::min<std::size_t>(i + 1, window);
    }
    return means;
}

/* Twice. */
int twice(int x) noexcept { return 2 * x; }
// Of a text.
std::string twice(const std::string &x, const std::string &between = " \"and\" ") { return x + between + x; }
constexpr unsigned long long third(unsigned long long x) { return x / 3; }
inline auto halved(float x) -> float { return x / 2; }
extern "C" { int from_c(int x) { return x + 1; } }
auto lambda(int in, bool is = true) -> int { return is ? in : -in; }
int unnamed(int, double) { return 7; }
bool invert(bool x = false) { return !x; }
std::complex<double> conjugate(std::complex<double> z) { return std::conj(z); }
std::string hello(std::string_view name, const char *mark = "!") { return "hello " + std::string(name) + mark; }
std::map<std::string, std::vector<int>> grouped(const std::vector<std::pair<std::string, int>> &pairs) {
    std::map<std::string, std::vector<int>> result;
    for (auto &[key, value] : pairs) result[key].push_back(value);
    return result;
}
std::tuple<int, std::string, std::optional<double>> several(std::optional<double> x = std::nullopt) { return {1, "a", x}; }
std::variant<int, std::string> either(bool number) { if (number) return 3; return std::string("three"); }
double integrate(const std::function<double(double)> &f, double a, double b) { return (b - a) * (f(a) + f(b)) / 2; }
std::function<int(int)> adder(int n) { return [n](int x) { return x + n; }; }
std::set<int> unique(const std::list<int> &x) { return {x.begin(), x.end()}; }
std::unordered_set<int> also_unique(const std::deque<int> &x) { return {x.begin(), x.end()}; }
std::array<int, 3> three(int n = {}) { return {n, n, n}; }
std::chrono::milliseconds later(std::chrono::milliseconds t) { return 2 * t; }
std::filesystem::path inside(const std::filesystem::path &p) { return p / "inside"; }
void sort_in_place(std::vector<int> &x) { for (auto &a : x) for (auto &b : x) if (a < b) std::swap(a, b); }
void add_key(std::map<std::string, int> &x) { x["new"] = 1; }
void transpose(std::vector<std::vector<int>> &rows) { std::swap(rows[0][1], rows[1][0]); }
void print(const std::vector<int> &x, std::ostream &out = std::cout) { for (int i : x) out << i; }

static int internal() { return 1; }
namespace { int anonymous() { return internal(); } }
namespace detail { int hidden() { return anonymous(); } }
int seen() { return detail::hidden(); }

template <class T> T sum(const std::vector<T> &x, T start = T()) { for (auto &v : x) start += v; return start; }
template double sum<double>(const std::vector<double> &x, double start);
template std::string sum(const std::vector<std::string> &, std::string);

namespace geometry {
constexpr double pi = 3.25;
/// Of a circle.
double area(double radius) { return pi * radius * radius; }
namespace solid { double volume(double edge) { return std::pow(edge, 3); } }
}
const int primes[] = {2, 3, 5};
const std::string motto = "plain";
static const double ratio = 0.5;
int mutable_global = 1;

#define API
#define WITH_EXTRA 1
API int exported(int x) { return x; }
#if WITH_EXTRA
int extra() { return 1; }
#else
int missing() { return 1; }
#endif
#ifdef NOT_DEFINED
int also_missing() { return 1; }
#endif
#if 0
int nonsense( { return 1; }
#endif

int main(int argc, char **argv) { return argc * 100 + argv[0][0]; }

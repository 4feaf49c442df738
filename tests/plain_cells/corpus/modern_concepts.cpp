#include <concepts>
#include <numeric>
#include <ranges>
#include <string>
#include <vector>
template <typename T> concept Number = std::integral<T> || std::floating_point<T>;
template <Number T> T clamp_to(T x, T lo, T hi) { return x < lo ? lo : x > hi ? hi : x; }
template int clamp_to(int x, int lo, int hi);
template double clamp_to(double, double, double);
std::vector<int> even_squares(const std::vector<int> &in) {
    std::vector<int> out;
    for (int x : in | std::views::filter([](int i) { return i % 2 == 0; }) | std::views::transform([](int i) { return i * i; })) out.push_back(x);
    return out;
}
auto add(int a, int b) { return a + b; }
auto describe = [](int x) { return std::to_string(x); };
consteval int answer() { return 42; }
int the_answer() { return answer(); }
// >>> clamp_to(15, lo=0, hi=10), clamp_to(0.5, 1, 2), even_squares([1, 2, 3, 4]), add(2, 3), the_answer()
// (10, 1.0, [4, 16], 5, 42)
// LEFT OUT answer
// LEFT OUT describe

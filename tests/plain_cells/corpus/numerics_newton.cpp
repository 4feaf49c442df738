#include <cmath>
#include <functional>
#include <optional>
#include <tuple>

// Root of f near x; nothing if it does not converge.
std::optional<double> newton(std::function<double(double)> f, std::function<double(double)> df, double x,
                             double tolerance = 1e-12, int max_steps = 50) {
    for (int i = 0; i < max_steps; ++i) {
        double step = f(x) / df(x);
        x -= step;
        if (std::fabs(step) < tolerance) return x;
    }
    return std::nullopt;
}
std::tuple<double, int> bisect(std::function<double(double)> f, double lo, double hi) {
    int steps = 0;
    while (hi - lo > 1e-10) {
        double mid = 0.5 * (lo + hi);
        (f(lo) * f(mid) <= 0 ? hi : lo) = mid;
        steps++;
    }
    return {lo, steps};
}
// >>> round(newton(lambda x: x * x - 2, lambda x: 2 * x, 1.0), 9)
// 1.414213562
// >>> print(newton(lambda x: x * x + 1, lambda x: 2 * x, 0.3))
// None
// >>> root, steps = bisect(lambda x: x ** 3 - 8, 0, 5)
// >>> (round(root, 6), steps)
// (2.0, 36)

// Numerical integration of a Python function.
#include <cmath>
#include <functional>
#include <stdexcept>

using Function = std::function<double(double)>;

/// Trapezoidal rule with n intervals.
double trapezoid(const Function &f, double a, double b, int n = 100) {
    if (n <= 0) throw std::invalid_argument("n must be positive");
    double h = (b - a) / n, sum = (f(a) + f(b)) / 2;
    for (int i = 1; i < n; i++) sum += f(a + i * h);
    return sum * h;
}

/// Simpson's rule.
double simpson(const Function &f, double a, double b, int n = 100) {
    double h = (b - a) / n, sum = f(a) + f(b);
    for (int i = 1; i < n; i++) sum += (i % 2 ? 4 : 2) * f(a + i * h);
    return sum * h / 3;
}

namespace {
double adaptive(const Function &f, double a, double b, double whole, double eps, int depth) {
    double m = (a + b) / 2, left = simpson(f, a, m, 2), right = simpson(f, m, b, 2);
    if (depth == 0 || std::abs(left + right - whole) < 15 * eps) return left + right;
    return adaptive(f, a, m, left, eps / 2, depth - 1) + adaptive(f, m, b, right, eps / 2, depth - 1);
}
}

double adaptive_simpson(const Function &f, double a, double b, double eps = 1e-9) {
    return adaptive(f, a, b, simpson(f, a, b, 2), eps, 40);
}
// >>> round(trapezoid(lambda x: x * x, 0, 3, n=1000), 4)
// 9.0
// >>> round(simpson(lambda x: x ** 3, 0, 2), 9)
// 4.0
// >>> import math
// >>> abs(adaptive_simpson(math.sin, 0, math.pi) - 2) < 1e-8
// True
// >>> raises(ValueError, trapezoid, abs, 0, 1, 0)
// 'n must be positive'

#include <cmath>
#include <numeric>

static double square(double x) { return x * x; }

double energy(const double *x, long n) {
    double sum = 0;
    for (long i = 0; i < n; i++)
        sum += square(x[i]);
    return sum;
}

void scale(double *x, long n, double factor) {
    for (long i = 0; i < n; i++)
        x[i] *= factor;
}

void accumulate(double *x, long n) {
    for (long i = 1; i < n; i++)
        x[i] += x[i - 1];
}

void waves(double *x, long n) {
    for (long i = 0; i < n; i++)
        x[i] = std::sin(x[i]);
}

double logistic(double r, double x, long steps) {
    for (long i = 0; i < steps; i++)
        x = r * x * (1 - x);
    return x;
}

int weigh(const int *x) {
    int sum = 0;
    for (int i = 0; i < 6; i++)
        sum += x[i] * i;
    return sum;
}

int total(const int *begin, const int *end) { return std::accumulate(begin, end, 0); }

#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>
#include <span>
#include <string>
#include <vector>

namespace stats {
/// Arithmetic mean
double mean(std::span<const double> x) { return std::accumulate(x.begin(), x.end(), 0.0) / x.size(); }
double variance(std::span<const double> x, int ddof = 0) {
    double m = mean(x), sum = 0;
    for (double v : x) sum += (v - m) * (v - m);
    return sum / (x.size() - ddof);
}
double median(std::vector<double> x) {
    std::sort(x.begin(), x.end());
    auto n = x.size();
    return n % 2 ? x[n / 2] : (x[n / 2 - 1] + x[n / 2]) / 2;
}
std::map<std::string, double> summary(std::span<const double> x) {
    return {{"mean", mean(x)}, {"sd", std::sqrt(variance(x, 1))}, {"median", median({x.begin(), x.end()})}};
}
std::vector<std::size_t> histogram(std::span<const double> x, double low, double high, std::size_t bins = 10) {
    std::vector<std::size_t> counts(bins);
    for (double v : x)
        if (v >= low && v < high) counts[(v - low) / (high - low) * bins]++;
    return counts;
}
}
// >>> import numpy as np
// >>> x = np.array([1.0, 2.0, 3.0, 10.0])
// >>> mean(x), variance(x), median([3, 1, 2])
// (4.0, 12.5, 2.0)
// >>> sorted(summary(x))
// ['mean', 'median', 'sd']
// >>> histogram(x, 0, 12, bins=3)
// [3, 0, 1]
// >>> raises(TypeError, mean, [1.0])
// 'mean(): x must be an array of float64 with 1 dimension, and came as list; numpy.asarray(..., dtype="float64") makes one'

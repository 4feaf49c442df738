#include <complex>
#include <cppmagic/array.hpp>

/// How many steps each point takes to escape.
cppmagic::array<int> mandelbrot(std::size_t rows, std::size_t cols, int limit = 50) {
    auto steps = cppmagic::array<int>::zeros({rows, cols});
    for (std::size_t i = 0; i < rows; i++)
        for (std::size_t j = 0; j < cols; j++) {
            std::complex<double> c(-2 + 3.0 * j / cols, -1.5 + 3.0 * i / rows), z = 0;
            int n = 0;
            while (n < limit && std::norm(z) < 4) { z = z * z + c; n++; }
            steps(i, j) = n;
        }
    return steps;
}
cppmagic::array<std::complex<double>> spiral(int n) {
    std::vector<std::complex<double>> points;
    for (int k = 0; k < n; k++) points.push_back(std::polar(double(k), 0.0));
    return points;
}
// >>> m = mandelbrot(6, 9, limit=20)
// >>> m.shape, str(m.dtype), int(m.max()), int(m[0, 0])
// ((6, 9), 'int32', 20, 1)
// >>> spiral(3).tolist()
// [0j, (1+0j), (2+0j)]

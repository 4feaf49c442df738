#include <cmath>
#include <stdexcept>
#include <string>
#include <vector>
using std::vector;
typedef vector<vector<double>> Rows;

class SingularMatrix : public std::runtime_error {
public:
    explicit SingularMatrix(int column) : std::runtime_error("no pivot in column " + std::to_string(column)) {}
};

/// Gaussian elimination with partial pivoting: solves A x = b.
vector<double> solve(Rows a, vector<double> b) {
    const int n = a.size();
    for (int c = 0; c < n; c++) {
        int pivot = c;
        for (int r = c + 1; r < n; r++) if (std::fabs(a[r][c]) > std::fabs(a[pivot][c])) pivot = r;
        if (std::fabs(a[pivot][c]) < 1e-12) throw SingularMatrix(c);
        std::swap(a[c], a[pivot]); std::swap(b[c], b[pivot]);
        for (int r = c + 1; r < n; r++) {
            double f = a[r][c] / a[c][c];
            for (int k = c; k < n; k++) a[r][k] -= f * a[c][k];
            b[r] -= f * b[c];
        }
    }
    for (int r = n - 1; r >= 0; r--) {
        for (int k = r + 1; k < n; k++) b[r] -= a[r][k] * b[k];
        b[r] /= a[r][r];
    }
    return b;
}
// >>> solve([[2, 1], [1, 3]], [3, 5])
// [0.8, 1.4]
// >>> raises(SingularMatrix, solve, [[1, 2], [2, 4]], [1, 2])
// 'no pivot in column 1'
// >>> issubclass(SingularMatrix, RuntimeError)
// True

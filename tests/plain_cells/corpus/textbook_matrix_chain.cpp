#include <climits>
#include <cstdio>
#include <cstring>
#include <string>
#include <vector>
int MatrixChainOrder(std::vector<int> p) {
    int n = p.size();
    std::vector<std::vector<int>> m(n, std::vector<int>(n));
    for (int L = 2; L < n; L++)
        for (int i = 1; i < n - L + 1; i++) {
            int j = i + L - 1; m[i][j] = INT_MAX;
            for (int k = i; k <= j - 1; k++) { int q = m[i][k] + m[k + 1][j] + p[i - 1] * p[k] * p[j]; if (q < m[i][j]) m[i][j] = q; }
        }
    return m[1][n - 1];
}
int lcs(char *X, char *Y, int m, int n) { return 0; }
int lcs(const std::string &X, const std::string &Y) {
    std::vector<std::vector<int>> L(X.size() + 1, std::vector<int>(Y.size() + 1));
    for (size_t i = 1; i <= X.size(); i++) for (size_t j = 1; j <= Y.size(); j++)
        L[i][j] = X[i - 1] == Y[j - 1] ? L[i - 1][j - 1] + 1 : std::max(L[i - 1][j], L[i][j - 1]);
    return L[X.size()][Y.size()];
}
int main() { printf("%d\n", MatrixChainOrder({1, 2, 3, 4})); }
// >>> MatrixChainOrder([40, 20, 30, 10, 30]), lcs("AGGTAB", "GXTXAYB")
// (26000, 4)
// LEFT OUT lcs

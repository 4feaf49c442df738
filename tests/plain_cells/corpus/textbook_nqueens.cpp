#include <iostream>
#include <vector>
class NQueens {
private:
    int n;
    std::vector<std::vector<int>> solutions;
    std::vector<int> placed;
    bool safe(int row, int col) { for (int r = 0; r < row; ++r) if (placed[r] == col || abs(placed[r] - col) == row - r) return false; return true; }
    void place(int row) {
        if (row == n) { solutions.push_back(placed); return; }
        for (int col = 0; col < n; ++col) if (safe(row, col)) { placed[row] = col; place(row + 1); }
    }
public:
    NQueens(int n) : n(n), placed(n) {}
    const std::vector<std::vector<int>> &solve();
    int count() const { return solutions.size(); }
};
const std::vector<std::vector<int>> &NQueens::solve() { solutions.clear(); place(0); return solutions; }
int main() { NQueens q(8); q.solve(); std::cout << q.count() << std::endl; }
// >>> q = NQueens(6)
// >>> q.solve()[0], q.count()
// ([1, 3, 5, 0, 2, 4], 4)

#include <array>
#include <string>
#include <vector>
using Grid = std::array<std::array<int, 9>, 9>;
namespace {
bool fits(const Grid &g, int r, int c, int v) {
    for (int i = 0; i < 9; i++) if (g[r][i] == v || g[i][c] == v || g[r / 3 * 3 + i / 3][c / 3 * 3 + i % 3] == v) return false;
    return true;
}
}
/// Fill in the empty fields (0); false if it cannot be done.
bool solve(Grid &grid) {
    for (int r = 0; r < 9; r++)
        for (int c = 0; c < 9; c++)
            if (!grid[r][c]) {
                for (int v = 1; v <= 9; v++)
                    if (fits(grid, r, c, v)) { grid[r][c] = v; if (solve(grid)) return true; grid[r][c] = 0; }
                return false;
            }
    return true;
}
Grid parse(const std::string &text) { Grid g{}; for (int i = 0; i < 81; i++) g[i / 9][i % 9] = text.at(i) == '.' ? 0 : text[i] - '0'; return g; }
// >>> g = parse("53..7....6..195....98....6.8...6...34..8.3..17...2...6.6....28....419..5....8..79")
// >>> solve(g), g[0], sum(map(sum, g))
// (True, [5, 3, 4, 6, 7, 8, 9, 1, 2], 405)

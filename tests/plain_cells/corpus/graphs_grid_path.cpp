#include <array>
#include <deque>
#include <optional>
#include <string>
#include <utility>
#include <vector>
#include <set>
using Point = std::pair<int, int>;
std::optional<std::vector<Point>> path(const std::vector<std::string> &maze, Point from, Point to) {
    std::deque<std::vector<Point>> waiting{{from}};
    std::set<Point> seen{from};
    constexpr std::array<Point, 4> steps{{{0, 1}, {1, 0}, {0, -1}, {-1, 0}}};
    while (!waiting.empty()) {
        auto way = waiting.front(); waiting.pop_front();
        auto [r, c] = way.back();
        if (way.back() == to) return way;
        for (auto [dr, dc] : steps) {
            Point next{r + dr, c + dc};
            if (next.first < 0 || next.second < 0 || next.first >= (int)maze.size() || next.second >= (int)maze[next.first].size()) continue;
            if (maze[next.first][next.second] == '#' || !seen.insert(next).second) continue;
            waiting.push_back(way); waiting.back().push_back(next);
        }
    }
    return {};
}
// >>> path(["..", "#."], (0, 0), (1, 1))
// [(0, 0), (0, 1), (1, 1)]
// >>> print(path([".#", "#."], (0, 0), (1, 1)))
// None

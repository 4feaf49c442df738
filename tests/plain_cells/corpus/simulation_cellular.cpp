#include <bitset>
#include <string>
#include <vector>
/// One-dimensional cellular automaton.
std::vector<std::string> automaton(int rule, std::string cells, int generations) {
    std::vector<std::string> history{cells};
    for (int g = 0; g < generations; ++g) {
        std::string next(cells.size(), '.');
        for (size_t i = 0; i < cells.size(); ++i) {
            int pattern = 0;
            for (int d = -1; d <= 1; ++d) pattern = pattern * 2 + (cells[(i + d + cells.size()) % cells.size()] == '#');
            if (rule >> pattern & 1) next[i] = '#';
        }
        history.push_back(cells = next);
    }
    return history;
}
// >>> automaton(90, "...#...", 2)
// ['...#...', '..#.#..', '.#...#.']

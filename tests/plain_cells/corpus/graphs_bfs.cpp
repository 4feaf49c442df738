#include <queue>
#include <vector>
#include <map>
using Graph = std::map<int, std::vector<int>>;
/// Number of edges from `start` to each vertex that can be reached.
std::map<int, int> distances(const Graph &graph, int start) {
    std::map<int, int> found{{start, 0}};
    std::queue<int> waiting; waiting.push(start);
    while (!waiting.empty()) {
        int v = waiting.front(); waiting.pop();
        auto edges = graph.find(v);
        if (edges == graph.end()) continue;
        for (int w : edges->second) if (found.emplace(w, found[v] + 1).second) waiting.push(w);
    }
    return found;
}
// >>> distances({1: [2, 3], 2: [4], 3: [4]}, 1)
// {1: 0, 2: 1, 3: 1, 4: 2}

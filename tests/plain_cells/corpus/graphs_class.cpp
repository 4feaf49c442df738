#include <algorithm>
#include <functional>
#include <set>
#include <stdexcept>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

class CycleError : public std::logic_error { using std::logic_error::logic_error; };

/// A directed graph of names.
class Graph {
public:
    void add_edge(const std::string &from, const std::string &to) { edges_[from].insert(to); edges_[to]; }
    [[nodiscard]] std::size_t size() const noexcept { return edges_.size(); }
    bool contains(const std::string &v) const { return edges_.count(v) > 0; }
    const std::set<std::string> &successors(const std::string &v) const { return edges_.at(v); }
    std::vector<std::string> topological_order() const {
        std::vector<std::string> order;
        std::unordered_map<std::string, int> state;
        std::function<void(const std::string &)> visit = [&](const std::string &v) {
            if (state[v] == 1) throw CycleError("there is a cycle through " + v);
            if (state[v] == 2) return;
            state[v] = 1;
            for (auto &w : edges_.at(v)) visit(w);
            state[v] = 2;
            order.push_back(v);
        };
        std::vector<std::string> names;
        for (auto &[v, _] : edges_) names.push_back(v);
        std::sort(names.begin(), names.end());
        for (auto &v : names) visit(v);
        std::reverse(order.begin(), order.end());
        return order;
    }
private:
    std::unordered_map<std::string, std::set<std::string>> edges_;
};
// >>> g = Graph()
// >>> g.add_edge("shirt", "tie"); g.add_edge("tie", "jacket"); g.add_edge("trousers", "jacket")
// >>> len(g), g.contains("tie"), g.successors("tie")
// (4, True, {'jacket'})
// >>> g.topological_order()
// ['trousers', 'shirt', 'tie', 'jacket']
// >>> g.add_edge("jacket", "shirt")
// >>> raises(CycleError, g.topological_order)[:24]
// 'there is a cycle through'
// >>> raises(IndexError, g.successors, "x") != ""
// True

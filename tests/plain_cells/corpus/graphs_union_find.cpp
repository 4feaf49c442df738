#include <numeric>
#include <vector>
class UnionFind {
    std::vector<int> parent, rank_;
    int sets;
public:
    UnionFind(int n) : parent(n), rank_(n), sets(n) { std::iota(parent.begin(), parent.end(), 0); }
    int find(int x) { return parent[x] == x ? x : parent[x] = find(parent[x]); }
    bool unite(int a, int b) {
        a = find(a), b = find(b);
        if (a == b) return false;
        if (rank_[a] < rank_[b]) std::swap(a, b);
        parent[b] = a; rank_[a] += rank_[a] == rank_[b]; sets--;
        return true;
    }
    int count() const { return sets; }
};
struct Edge { int u, v; double w; bool operator<(const Edge &o) const { return w < o.w; } };
#include <algorithm>
double kruskal(int n, std::vector<Edge> edges) {
    std::sort(edges.begin(), edges.end());
    UnionFind sets(n); double total = 0;
    for (auto &e : edges) if (sets.unite(e.u, e.v)) total += e.w;
    return total;
}
// >>> u = UnionFind(4)
// >>> u.unite(0, 1), u.unite(1, 0), u.count()
// (True, False, 3)
// >>> kruskal(3, [Edge(0, 1, 5), Edge(1, 2, 1), Edge(u=0, v=2, w=2)])
// 3.0
// >>> Edge(0, 1, 2) < Edge(0, 1, 3), Edge(1, 2, 0.5)
// (True, Edge(u=1, v=2, w=0.5))

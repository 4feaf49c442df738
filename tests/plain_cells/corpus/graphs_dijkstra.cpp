#include <bits/stdc++.h>
using namespace std;
const int INF = 1e9;
vector<int> dijkstra(int n, const vector<tuple<int, int, int>> &edges, int source) {
    vector<vector<pair<int, int>>> adjacent(n);
    for (auto [u, v, w] : edges) { adjacent[u].push_back({v, w}); adjacent[v].push_back({u, w}); }
    vector<int> dist(n, INF);
    priority_queue<pair<int, int>, vector<pair<int, int>>, greater<>> heap;
    heap.push({dist[source] = 0, source});
    while (!heap.empty()) {
        auto [d, u] = heap.top(); heap.pop();
        if (d > dist[u]) continue;
        for (auto [v, w] : adjacent[u])
            if (d + w < dist[v]) heap.push({dist[v] = d + w, v});
    }
    return dist;
}
// >>> dijkstra(4, [(0, 1, 4), (0, 2, 1), (2, 1, 2)], 0)
// [0, 3, 1, 1000000000]
// >>> INF
// 1000000000

#include <iostream>
#include <vector>
#include <limits>
#define V 4
#define INF std::numeric_limits<int>::max() / 2

/* All shortest paths, in place. */
void floyd_warshall(std::vector<std::vector<int>> &dist) {
    const int n = dist.size();
    for (int k = 0; k < n; k++)
        for (int i = 0; i < n; i++)
            for (int j = 0; j < n; j++)
                if (dist[i][k] + dist[k][j] < dist[i][j]) dist[i][j] = dist[i][k] + dist[k][j];
}
int infinity() { return INF; }
void print_fixed(int graph[V][V]) { std::cout << graph[0][0]; }
int main() { int graph[V][V] = {}; print_fixed(graph); }
// >>> d = [[0, 3, infinity()], [infinity(), 0, 1], [1, infinity(), 0]]
// >>> floyd_warshall(d)
// >>> d
// [[0, 3, 4], [2, 0, 1], [1, 4, 0]]
// LEFT OUT print_fixed

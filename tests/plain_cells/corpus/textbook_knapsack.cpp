#include <bits/stdc++.h>
using namespace std;
#define int long long
const int MAXN = 105;
int memo[MAXN][1005];
int n, W;
int w[MAXN], v[MAXN];
int best(int i, int left) {
    if (i == n) return 0;
    int &r = memo[i][left];
    if (r != -1) return r;
    r = best(i + 1, left);
    if (w[i] <= left) r = max(r, v[i] + best(i + 1, left - w[i]));
    return r;
}
int knapsack(vector<int> weights, vector<int> values, int capacity) {
    memset(memo, -1, sizeof memo);
    n = weights.size(); W = capacity;
    copy(weights.begin(), weights.end(), w); copy(values.begin(), values.end(), v);
    return best(0, W);
}
signed main() { cin >> n >> W; for (int i = 0; i < n; i++) cin >> w[i] >> v[i]; cout << best(0, W); }
// >>> knapsack([1, 3, 4, 5], [1, 4, 5, 7], 7)
// 9
// >>> MAXN
// 105
// LEFT OUT memo
// LEFT OUT n
// LEFT OUT W
// LEFT OUT w
// LEFT OUT v

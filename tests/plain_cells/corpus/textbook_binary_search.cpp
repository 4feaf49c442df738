#include <iostream>
#include <vector>
#include <optional>
int binary_search(const std::vector<int> &a, int key) {
    int lo = 0, hi = static_cast<int>(a.size()) - 1;
    while (lo <= hi) { int mid = lo + (hi - lo) / 2; if (a[mid] == key) return mid; if (a[mid] < key) lo = mid + 1; else hi = mid - 1; }
    return -1;
}
int recursive(const int a[], int l, int r, int x) { return r >= l ? x : -1; }
template <typename T, typename Predicate> std::optional<T> lowest(T lo, T hi, Predicate p) { while (lo < hi) { T m = lo + (hi - lo) / 2; if (p(m)) hi = m; else lo = m + 1; } return p(lo) ? std::optional<T>(lo) : std::nullopt; }
#include <functional>
template std::optional<long> lowest<long, std::function<bool(long)>>(long, long, std::function<bool(long)>);
// >>> binary_search([1, 3, 5, 7], 5), binary_search([], 1)
// (2, -1)
// >>> lowest(0, 1000, lambda n: n * n >= 50), lowest(lo=0, hi=3, p=lambda n: n > 5)
// (8, None)
// LEFT OUT recursive

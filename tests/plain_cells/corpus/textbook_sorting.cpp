/**
 * @file
 * @brief Several sorting algorithms
 */
#include <algorithm>
#include <cassert>
#include <iostream>
#include <vector>

/** @namespace sorting @brief Sorting algorithms */
namespace sorting {
/** @brief Bubble sort, in place */
void bubble_sort(std::vector<int> &a) {
    for (std::size_t i = 0; i < a.size(); i++)
        for (std::size_t j = 1; j < a.size() - i; j++)
            if (a[j - 1] > a[j]) std::swap(a[j - 1], a[j]);
}
void insertion_sort(std::vector<int> &a) { for (std::size_t i = 1; i < a.size(); i++) for (std::size_t j = i; j && a[j] < a[j - 1]; j--) std::swap(a[j], a[j - 1]); }
namespace quick {
template <typename T>
int partition(std::vector<T> *arr, const int &low, const int &high) {
    T pivot = (*arr)[high]; int i = low - 1;
    for (int j = low; j < high; j++) if ((*arr)[j] <= pivot) std::swap((*arr)[++i], (*arr)[j]);
    std::swap((*arr)[i + 1], (*arr)[high]);
    return i + 1;
}
template <typename T>
void quick_sort(std::vector<T> *arr, const int &low, const int &high) {
    if (low < high) { int p = partition(arr, low, high); quick_sort(arr, low, p - 1); quick_sort(arr, p + 1, high); }
}
template <typename T>
std::vector<T> quick_sorted(std::vector<T> arr) { quick_sort(&arr, 0, int(arr.size()) - 1); return arr; }
template std::vector<int> quick_sorted<int>(std::vector<int>);
template std::vector<double> quick_sorted<double>(std::vector<double>);
}  // namespace quick
std::vector<int> merge_sort(const std::vector<int> &a) {
    if (a.size() < 2) return a;
    auto middle = a.begin() + a.size() / 2;
    auto left = merge_sort({a.begin(), middle}), right = merge_sort({middle, a.end()});
    std::vector<int> result;
    std::merge(left.begin(), left.end(), right.begin(), right.end(), std::back_inserter(result));
    return result;
}
}  // namespace sorting
static void test() {
    std::vector<int> v{3, 1, 2}; sorting::bubble_sort(v); assert(std::is_sorted(v.begin(), v.end()));
    std::cout << "passed\n";
}
int main() { test(); return 0; }
// >>> x = [5, 2, 9]
// >>> bubble_sort(x)
// >>> x, merge_sort([3, 1, 2]), quick.quick_sorted([2, 1]), quick.quick_sorted([2.5, 1])
// ([2, 5, 9], [1, 2, 3], [1, 2], [1.0, 2.5])
// >>> y = [4, 3]; insertion_sort(y); y
// [3, 4]
// LEFT OUT partition
// LEFT OUT quick_sort

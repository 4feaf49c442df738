/**
 * @file
 * @brief The Knuth-Morris-Pratt algorithm for finding a pattern within a text.
 */
#include <cassert>   /// for assert
#include <iostream>  /// for IO operations
#include <string>    /// for std::string
#include <vector>    /// for std::vector

/**
 * @namespace string_search
 * @brief String search algorithms
 */
namespace string_search {
/**
 * @brief Generate the partial match table (failure function)
 * @param pattern text for which to create the table
 * @returns the table
 */
std::vector<size_t> getFailureArray(const std::string &pattern) {
    size_t pattern_length = pattern.size();
    std::vector<size_t> failure(pattern_length + 1);
    failure[0] = std::string::npos;
    size_t j = std::string::npos;
    for (size_t i = 0; i < pattern_length; i++) {
        while (j != std::string::npos && pattern[j] != pattern[i]) j = failure[j];
        failure[i + 1] = ++j;
    }
    return failure;
}
/**
 * @brief KMP algorithm to find a pattern in a text
 * @param pattern string pattern to search
 * @param text text in which to search
 * @returns the starting index of the pattern, or npos
 */
size_t kmp(const std::string &pattern, const std::string &text) {
    if (pattern.empty()) return 0;
    std::vector<size_t> failure = getFailureArray(pattern);
    size_t k = 0;
    for (size_t j = 0; j < text.size(); j++) {
        while (k != std::string::npos && pattern[k] != text[j]) k = failure[k];
        if (++k == pattern.length()) return j - k + 1;
    }
    return std::string::npos;
}
}  // namespace string_search

using string_search::kmp;

/** @brief self-test implementations @returns void */
static void tests() {
    assert(kmp("abc1abc12l", "alskfjaldsabc1abc1abc12k2") == std::string::npos);
    assert(kmp("bba", "bba") == 0);
    std::cout << "All KMP algorithms passed!" << std::endl;
}
/** @brief Main function @returns 0 on exit */
int main() {
    tests();
    return 0;
}
// >>> kmp("ss", "mississippi"), getFailureArray("aab")[1:]
// (2, [0, 1, 0])
// >>> "KMP algorithm to find a pattern in a text" in kmp.__doc__
// True

#include <cctype>
#include <map>
#include <string>
#include <utility>
#include <vector>
#include <algorithm>
#include <unordered_map>

std::unordered_map<std::string, int> word_count(const std::string &text) {
    std::unordered_map<std::string, int> counts;
    std::string word;
    for (char c : text + " ") {
        if (std::isalnum((unsigned char)c)) word += std::tolower(c);
        else if (!word.empty()) { ++counts[word]; word.clear(); }
    }
    return counts;
}
std::vector<std::pair<std::string, int>> most_common(const std::string &text, std::size_t n = 3) {
    auto counts = word_count(text);
    std::vector<std::pair<std::string, int>> all(counts.begin(), counts.end());
    std::sort(all.begin(), all.end(), [](auto &a, auto &b) { return a.second != b.second ? a.second > b.second : a.first < b.first; });
    if (all.size() > n) all.resize(n);
    return all;
}
std::multimap<int, std::string> by_length(const std::string &) { return {}; }
// >>> word_count("The cat. the dog")["the"]
// 2
// >>> most_common("b a b c a b", n=2)
// [('b', 3), ('a', 2)]
// LEFT OUT by_length

#include <string>
#include <array>
#include <utility>
#include <stdexcept>
namespace roman {
constexpr std::array<std::pair<int, const char *>, 13> table{{{1000, "M"}, {900, "CM"}, {500, "D"}, {400, "CD"}, {100, "C"},
    {90, "XC"}, {50, "L"}, {40, "XL"}, {10, "X"}, {9, "IX"}, {5, "V"}, {4, "IV"}, {1, "I"}}};
std::string to_roman(int n) {
    if (n <= 0 || n > 3999) throw std::out_of_range("1 to 3999");
    std::string s;
    for (auto [value, digit] : table) while (n >= value) { s += digit; n -= value; }
    return s;
}
int from_roman(const std::string &s) {
    int total = 0; std::size_t i = 0;
    for (auto &[value, digit] : table)
        while (s.compare(i, std::string(digit).size(), digit) == 0) { total += value; i += std::string(digit).size(); }
    return total;
}
}
// >>> to_roman(1994), from_roman("MCMXCIV")
// ('MCMXCIV', 1994)
// >>> all(from_roman(to_roman(n)) == n for n in range(1, 4000))
// True
// >>> raises(IndexError, to_roman, 0)
// '1 to 3999'
// >>> table[0]
// (1000, 'M')

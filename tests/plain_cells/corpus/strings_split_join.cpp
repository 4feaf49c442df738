#include <sstream>
#include <string>
#include <string_view>
#include <vector>

std::vector<std::string> split(const std::string &text, char separator = ' ') {
    std::vector<std::string> parts;
    std::istringstream stream(text);
    for (std::string part; std::getline(stream, part, separator);) parts.push_back(part);
    return parts;
}
std::string join(const std::vector<std::string> &parts, std::string_view between = ", ") {
    std::string result;
    for (std::size_t i = 0; i < parts.size(); i++) (i ? result.append(between) : result).append(parts[i]);
    return result;
}
std::string trim(std::string s, const char *blanks = " \t\n") {
    s.erase(0, s.find_first_not_of(blanks));
    s.erase(s.find_last_not_of(blanks) + 1);
    return s;
}
bool starts(std::string_view text, std::string_view with) { return text.substr(0, with.size()) == with; }
// >>> split("a b c"), split("1;2", separator=";")
// (['a', 'b', 'c'], ['1', '2'])
// >>> join(["x", "y"]), join([], "-"), trim("  a b \n")
// ('x, y', '', 'a b')
// >>> starts("hello", "he")
// True
// >>> r'blanks: str = " \t\n"' in trim.__doc__
// True

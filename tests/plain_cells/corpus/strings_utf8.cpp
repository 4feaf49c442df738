#include <string>
#include <vector>
#include <cstdint>
std::size_t code_points(const std::string &utf8) {
    std::size_t n = 0;
    for (unsigned char c : utf8) n += (c & 0xC0) != 0x80;
    return n;
}
std::u32string decode(const std::u32string &s) { return s; }
std::string grüße() { return "Grüße, 世界"; }
char32_t last(const std::u32string &s) { return s.back(); }
std::vector<std::uint8_t> bytes_of(const std::string &s) { return {s.begin(), s.end()}; }
// >>> code_points("Grüße"), decode("世界"), last("世界")
// (5, '世界', '界')
// >>> grüße()
// 'Grüße, 世界'
// >>> bytes_of("ab")
// [97, 98]

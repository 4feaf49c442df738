#include <bitset>
#include <cstdint>
#include <vector>
#include <string>
std::vector<bool> bits(std::uint32_t n, std::size_t width = 8) { std::vector<bool> v; while (width--) v.push_back(n >> width & 1); return v; }
int popcount(std::uint64_t n) { return std::bitset<64>(n).count(); }
std::string binary(unsigned n) { return std::bitset<8>(n).to_string(); }
std::uint8_t rotate(std::uint8_t x, int k) { return x << k | x >> (8 - k); }
std::int64_t big() { return INT64_MIN; }
std::uint64_t huge() { return UINT64_MAX; }
// >>> bits(5, 4), popcount(255), binary(6), rotate(129, 1)
// ([False, True, False, True], 8, '00000110', 3)
// >>> big(), huge()
// (-9223372036854775808, 18446744073709551615)
// >>> raises(TypeError, rotate, 256, 1) != ""
// True

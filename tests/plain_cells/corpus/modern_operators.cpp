#include <compare>
#include <cstdint>
#include <functional>
#include <ostream>
#include <string>
/// Money in cents.
class Money {
    std::int64_t cents_;
public:
    constexpr Money(std::int64_t cents = 0) : cents_(cents) {}
    constexpr std::int64_t cents() const { return cents_; }
    constexpr auto operator<=>(const Money &) const = default;
    constexpr Money operator+(Money o) const { return cents_ + o.cents_; }
    constexpr Money operator-(Money o) const { return cents_ - o.cents_; }
    constexpr Money operator%(std::int64_t n) const { return cents_ % n; }
    Money &operator++() { ++cents_; return *this; }
    Money &operator-=(Money o) { cents_ -= o.cents_; return *this; }
    explicit operator bool() const { return cents_ != 0; }
    explicit operator double() const { return cents_ / 100.0; }
    friend Money operator*(int k, Money m) { return k * m.cents_; }
};
bool operator==(const Money &a, int b) { return a.cents() == b; }
template <> struct std::hash<Money> { std::size_t operator()(const Money &m) const noexcept { return m.cents(); } };
std::ostream &operator<<(std::ostream &out, const Money &m) { return out << m.cents() / 100 << '.' << m.cents() % 100; }
// >>> a = Money(1250)
// >>> a + Money(50), a - 50, a % 100, 2 * a, float(a), bool(Money())
// (13.0, 12.0, 0.50, 25.0, 12.5, False)
// >>> a > Money(3), a == Money(1250), a == 1250, hash(Money(7)), len({Money(1), Money(1)})
// (True, True, True, 7, 1)
// >>> a -= 250
// >>> a
// 10.0
// LEFT OUT Money::operator++

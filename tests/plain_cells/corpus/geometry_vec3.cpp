#include <array>
#include <cmath>
#include <cstddef>
#include <iostream>
namespace math {
struct Vec3 {
    std::array<double, 3> e{};
    constexpr Vec3() = default;
    constexpr Vec3(double x, double y, double z) : e{x, y, z} {}
    double x() const { return e[0]; }
    double operator[](std::size_t i) const { return e[i]; }
    double &operator[](std::size_t i) { return e[i]; }
    Vec3 operator-() const { return {-e[0], -e[1], -e[2]}; }
    Vec3 &operator+=(const Vec3 &v) { for (int i = 0; i < 3; i++) e[i] += v.e[i]; return *this; }
    Vec3 &operator*=(double t) { for (auto &c : e) c *= t; return *this; }
    double length() const { return std::sqrt(e[0] * e[0] + e[1] * e[1] + e[2] * e[2]); }
    static constexpr std::size_t size() { return 3; }
};
inline Vec3 operator+(Vec3 a, const Vec3 &b) { return a += b; }
inline Vec3 operator*(double t, Vec3 v) { return v *= t; }
inline Vec3 operator*(Vec3 v, double t) { return t * v; }
inline double dot(const Vec3 &a, const Vec3 &b) { return a[0] * b[0] + a[1] * b[1] + a[2] * b[2]; }
inline Vec3 cross(const Vec3 &a, const Vec3 &b) { return {a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]}; }
inline std::ostream &operator<<(std::ostream &out, const Vec3 &v) { return out << v[0] << ' ' << v[1] << ' ' << v[2]; }
}
using Color = math::Vec3;
// >>> a = Vec3(1, 2, 3)
// >>> a + 2 * a, -a, a * 0.5
// (3 6 9, -1 -2 -3, 0.5 1 1.5)
// >>> dot(a, a), str(cross(Vec3(1, 0, 0), Vec3(0, 1, 0))), a[2], a.x()
// (14.0, '0 0 1', 3.0, 1.0)
// >>> a += a; a *= 2
// >>> a.e
// [4.0, 8.0, 12.0]

#include <cmath>
#include <ostream>
#include <vector>
#include <algorithm>
/// A point of the plane.
struct Point {
    double x{}, y{};
    Point operator-(const Point &o) const { return {x - o.x, y - o.y}; }
    Point operator+(const Point &o) const { return {x + o.x, y + o.y}; }
    Point operator*(double k) const { return {x * k, y * k}; }
    Point operator/(double k) const { return {x / k, y / k}; }
    bool operator==(const Point &) const = default;
    bool operator<(const Point &o) const { return x != o.x ? x < o.x : y < o.y; }
    double norm() const { return std::hypot(x, y); }
};
double cross(const Point &a, const Point &b) { return a.x * b.y - a.y * b.x; }
double distance(Point a, Point b) { return (a - b).norm(); }
/// Corners of the convex hull, counterclockwise.
std::vector<Point> convex_hull(std::vector<Point> p) {
    std::sort(p.begin(), p.end());
    std::vector<Point> hull;
    for (int side = 0; side < 2; side++) {
        auto start = hull.size();
        for (auto &q : p) {
            while (hull.size() >= start + 2 && cross(hull.back() - hull[hull.size() - 2], q - hull.back()) <= 0) hull.pop_back();
            hull.push_back(q);
        }
        hull.pop_back();
        std::reverse(p.begin(), p.end());
    }
    return hull;
}
double area(const std::vector<Point> &polygon) {
    double sum = 0;
    for (std::size_t i = 0; i < polygon.size(); i++) sum += cross(polygon[i], polygon[(i + 1) % polygon.size()]);
    return sum / 2;
}
// >>> hull = convex_hull([Point(0, 0), Point(2, 0), Point(1, 1), Point(2, 2), Point(0, 2)])
// >>> [(p.x, p.y) for p in hull], area(hull)
// ([(0.0, 0.0), (2.0, 0.0), (2.0, 2.0), (0.0, 2.0)], 4.0)
// >>> Point(1, 2) + Point(y=3) * 2 == Point(1, 8), distance(Point(), Point(3, 4))
// (True, 5.0)
// >>> Point(3, 4) / 2
// Point(x=1.5, y=2.0)
// >>> sorted([Point(2, 1), Point(1, 5)])[0].x
// 1.0

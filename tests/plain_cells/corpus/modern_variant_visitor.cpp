#include <string>
#include <type_traits>
#include <variant>
#include <vector>
struct Circle { double r; };
struct Box { double w, h; };
using Shape = std::variant<Circle, Box>;
template <class... Ts> struct overloaded : Ts... { using Ts::operator()...; };
template <class... Ts> overloaded(Ts...) -> overloaded<Ts...>;
double area(const Shape &shape) { return std::visit(overloaded{[](const Circle &c) { return 3 * c.r * c.r; }, [](const Box &b) { return b.w * b.h; }}, shape); }
std::vector<Shape> doubled(const std::vector<Shape> &shapes) { auto copy = shapes; copy.insert(copy.end(), shapes.begin(), shapes.end()); return copy; }
// >>> area(Circle(1)), area(Box(w=2, h=3)), len(doubled([Box(1, 1), Circle(2)]))
// (3.0, 6.0, 4)
// LEFT OUT overloaded

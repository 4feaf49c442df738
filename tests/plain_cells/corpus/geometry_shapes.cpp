#include <memory>
#include <numbers>
#include <string>
#include <vector>
class Shape {
public:
    virtual ~Shape() = default;
    virtual double area() const = 0;
    virtual std::string name() const { return "shape"; }
    std::string describe() const { return name() + " of " + std::to_string(int(area())); }
};
class Circle final : public Shape {
    double r;
public:
    explicit Circle(double r) : r(r) {}
    double area() const override { return std::numbers::pi * r * r; }
    std::string name() const override { return "circle"; }
};
class Rectangle : public Shape {
protected:
    double w, h;
public:
    Rectangle(double w, double h) : w(w), h(h) {}
    double area() const override { return w * h; }
};
class Square : public Rectangle {
public:
    Square(double s) : Rectangle(s, s) {}
    std::string name() const override { return "square"; }
};
std::unique_ptr<Shape> make(const std::string &kind, double size) {
    if (kind == "circle") return std::make_unique<Circle>(size);
    return std::make_unique<Square>(size);
}
double total(const std::vector<std::shared_ptr<Shape>> &shapes) { double sum = 0; for (auto &s : shapes) sum += s->area(); return sum; }
// >>> make("square", 3).describe(), Rectangle(2, 3).describe(), type(make("circle", 1)).__name__
// ('square of 9', 'shape of 6', 'Circle')
// >>> class Triangle(Shape):
// ...     def area(self): return 6.5
// ...     def name(self): return "triangle"
// >>> Triangle().describe(), total([Square(2), Triangle()])
// ('triangle of 6', 10.5)
// >>> class Tall(Rectangle):
// ...     def area(self): return 2 * super().area()
// >>> Tall(1, 2).describe()
// 'shape of 4'

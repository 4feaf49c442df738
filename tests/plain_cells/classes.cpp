#include <cmath>
#include <compare>
#include <iostream>
#include <map>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

/// A thing that moves.
struct Particle {
    double x = 0, v = 0;   ///< place and speed
    const int charge = -1;
    std::vector<int> tags;
    /// Move on.
    void step(double dt) { x += v * dt; }
    double energy(double mass = 1) const noexcept { return mass * v * v / 2; }
};

enum class Color { Red, Green = 5, None };
enum Level { LOW = 1, HIGH = 10 };
enum { ANSWER = 42 };
Color next(Color c = Color::Red) { return c == Color::Red ? Color::Green : Color::None; }
int as_number(Level level) { return level; }

namespace linear {
class Vec {
    double a_, b_;
public:
    enum class Norm { One, Two };
    struct Limits { double low, high; };
    using value_type = double;
    static constexpr int dimensions = 2;
    static const int answer = 42;
    inline static int made = 0;

    Vec() : Vec(0, 0) {}
    explicit Vec(double both) : Vec(both, both) {}
    /// From two numbers.
    Vec(value_type a, value_type b) : a_(a), b_(b) { made++; }
    Vec(const Vec &other) = default;

    Vec operator+(const Vec &o) const { return {a_ + o.a_, b_ + o.b_}; }
    Vec operator*(double k) const { return {a_ * k, b_ * k}; }
    friend Vec operator*(double k, const Vec &v) { return v * k; }
    Vec &operator+=(const Vec &o) { a_ += o.a_; b_ += o.b_; return *this; }
    Vec operator-() const { return {-a_, -b_}; }
    bool operator==(const Vec &o) const = default;
    value_type operator[](std::size_t i) const { return i ? b_ : a_; }
    value_type &operator[](std::size_t i) { return i ? b_ : a_; }
    double operator()(double t) const { return a_ + b_ * t; }
    explicit operator bool() const { return a_ || b_; }
    operator double() const { return std::hypot(a_, b_); }
    std::size_t size() const { return 2; }
    const double *begin() const { return &a_; }
    const double *end() const { return &a_ + 2; }

    double norm(Norm kind = Norm::Two) const { return kind == Norm::One ? std::abs(a_) + std::abs(b_) : std::hypot(a_, b_); }
    Limits limits() const { return {std::min(a_, b_), std::max(a_, b_)}; }
    static Vec unit(int axis) { return axis ? Vec{0, 1} : Vec{1, 0}; }
    Vec &scale(double k) & { a_ *= k; b_ *= k; return *this; }
    Vec scaled() && { return *this; }
    double first() const & { return a_; }
    double &at(int i) { return (*this)[i]; }
    double at(int i) const { return (*this)[i]; }
protected:
    int hidden() { return 1; }
};
bool operator<(const Vec &a, const Vec &b) { return a.norm() < b.norm(); }
std::ostream &operator<<(std::ostream &out, const Vec &v) { return out << "(" << v[0] << " " << v[1] << ")"; }
Vec middle(const std::vector<Vec> &all) { Vec sum; for (auto &v : all) sum += v; return sum * (1.0 / all.size()); }
void grow(std::vector<Vec> &all) { for (auto &v : all) v.scale(2); }
}

struct Version {
    int major, minor;
    auto operator<=>(const Version &) const = default;
};

class Shape {
public:
    virtual ~Shape() = default;
    virtual double area() const = 0;
    virtual std::string name(int n = 1) const { return std::string(n, 's'); }
};
class Named { public: std::string label = "none"; std::string shout() const { return label + "!"; } };
class Square : public Shape, public Named {
    double side_;
public:
    Square(double side) : side_(side) { label = "square"; }
    double area() const override { return side_ * side_; }
};
double total(const std::vector<std::shared_ptr<Shape>> &all) { double sum = 0; for (auto &s : all) sum += s->area(); return sum; }
std::string name_of(const Shape &s) { return s.name(2); }
std::unique_ptr<Shape> make_square(double side) { return std::make_unique<Square>(side); }

class ParseError : public std::runtime_error { public: using std::runtime_error::runtime_error; };
struct DeepError : ParseError { DeepError() : ParseError("deep") {} };
struct OwnError : std::exception { const char *what() const noexcept override { return "own"; } };
void fail(int kind) {
    if (kind == 0) throw ParseError("bad");
    if (kind == 1) throw DeepError();
    if (kind == 2) throw OwnError();
    if (kind == 3) throw std::out_of_range("far");
    throw std::invalid_argument("no");
}

template <class T> class Stack {
    std::vector<T> items_;
public:
    using value_type = T;
    void push(const T &x) { items_.push_back(x); }
    T pop() { if (items_.empty()) throw std::out_of_range("empty"); T x = items_.back(); items_.pop_back(); return x; }
    Stack<T> twice() const { Stack s(*this); for (auto &x : items_) s.push(x); return s; }
    std::size_t size() const { return items_.size(); }
};
template class Stack<int>;
using Words = Stack<std::string>;

class Registry {
    Registry() = default;
    std::map<std::string, int> values_;
public:
    Registry(const Registry &) = delete;
    static Registry &instance() { static Registry only; return only; }
    void set(const std::string &key, int value) { values_[key] = value; }
    int get(const std::string &key) const { return values_.at(key); }
    const std::map<std::string, int> &all() const { return values_; }
};

class Counter {
    int count_ = 0;
public:
    int next();
    Counter &add(int n = 1);
};
int Counter::next() { return ++count_; }
Counter &Counter::add(int n) { count_ += n; return *this; }

struct Outer {
    struct Inner { int z = 7; };
    Inner inner;
    std::vector<Inner> many = std::vector<Inner>(2);
};
struct Rational {
    long n, d;
    Rational(long n, long d = 1) : n(n), d(d) {}
    friend Rational operator+(const Rational &a, const Rational &b) { return {a.n * b.d + b.n * a.d, a.d * b.d}; }
    friend std::ostream &operator<<(std::ostream &out, const Rational &r) { return out << r.n << "/" << r.d; }
};

#include <cmath>
#include <iostream>
#include <stdexcept>
class Complex {
    double re, im;
public:
    explicit Complex(double x, double y, bool is_polar = false) { if (!is_polar) { re = x; im = y; return; } re = x * std::cos(y); im = x * std::sin(y); }
    explicit Complex() : Complex(0, 0) {}
    Complex(const Complex &other) = default;
    double real() const { return this->re; }
    double imag() const { return this->im; }
    double abs() const { return std::sqrt(re * re + im * im); }
    Complex operator+(const Complex &o) const { return Complex(re + o.re, im + o.im); }
    Complex operator*(const Complex &o) const { return Complex(re * o.re - im * o.im, re * o.im + im * o.re); }
    Complex operator~() const { return Complex(re, -im); }
    const Complex &operator=(const Complex &o) { re = o.re; im = o.im; return *this; }
};
bool operator==(const Complex &a, const Complex &b) { return a.real() == b.real() && a.imag() == b.imag(); }
std::ostream &operator<<(std::ostream &os, const Complex &c) { os << "(" << c.real() << (c.imag() < 0 ? " - " : " + ") << std::abs(c.imag()) << "i)"; return os; }
double get_rand() { return (std::rand() % 100 - 50) / 100.f; }
int main() { std::cout << Complex(1, 2) * Complex(3, 4); }
// >>> Complex(1, 2) * Complex(3, 4), ~Complex(1, 2), Complex(3, 4).abs()
// ((-5 + 10i), (1 - 2i), 5.0)
// >>> Complex() == Complex(0, 0), round(Complex(1, 0, is_polar=True).real(), 6)
// (True, 1.0)

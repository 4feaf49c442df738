#include <cctype>
#include <cmath>
#include <map>
#include <stdexcept>
#include <string>

namespace calc {
class SyntaxError : public std::runtime_error {
public:
    SyntaxError(const std::string &what, std::size_t where) : std::runtime_error(what + " at " + std::to_string(where)) {}
};
/// A recursive-descent parser for arithmetic with variables.
class Calculator {
    std::string text_;
    std::size_t pos_ = 0;
    std::map<std::string, double> variables_;
    char peek() { while (pos_ < text_.size() && std::isspace(text_[pos_])) pos_++; return pos_ < text_.size() ? text_[pos_] : '\0'; }
    double factor() {
        char c = peek();
        if (c == '(') { pos_++; double v = sum(); if (peek() != ')') throw SyntaxError("missing )", pos_); pos_++; return v; }
        if (c == '-') { pos_++; return -factor(); }
        if (std::isdigit(c) || c == '.') { std::size_t n; double v = std::stod(text_.substr(pos_), &n); pos_ += n; return v; }
        std::string name;
        while (std::isalpha(peek())) name += text_[pos_++];
        if (auto it = variables_.find(name); it != variables_.end()) return it->second;
        throw SyntaxError("unexpected " + (name.empty() ? std::string(1, c) : name), pos_);
    }
    double product() { double v = factor(); for (char c = peek(); c == '*' || c == '/'; c = peek()) { pos_++; double f = factor(); v = c == '*' ? v * f : v / f; } return v; }
    double sum() { double v = product(); for (char c = peek(); c == '+' || c == '-'; c = peek()) { pos_++; double p = product(); v += c == '+' ? p : -p; } return v; }
public:
    void set(const std::string &name, double value) { variables_[name] = value; }
    double evaluate(const std::string &text) { text_ = text; pos_ = 0; double v = sum(); if (peek()) throw SyntaxError("rubbish", pos_); return v; }
};
}
// >>> c = Calculator()
// >>> c.evaluate("2 + 3 * (4 - 1)"), c.evaluate("-2.5/5")
// (11.0, -0.5)
// >>> c.set("x", 4)
// >>> c.evaluate("x * x")
// 16.0
// >>> raises(SyntaxError, c.evaluate, "(1")
// 'missing ) at 2'
// >>> raises(SyntaxError, c.evaluate, "y")
// 'unexpected y at 1'

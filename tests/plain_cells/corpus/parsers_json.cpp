#include <cstdlib>
#include <map>
#include <memory>
#include <stdexcept>
#include <string>
#include <variant>
#include <vector>
struct Value;
using Array = std::vector<Value>;
using Object = std::map<std::string, Value>;
struct Value {
    std::variant<std::nullptr_t, bool, double, std::string, std::shared_ptr<Array>, std::shared_ptr<Object>> data;
    bool is_null() const { return data.index() == 0; }
    double number() const { return std::get<double>(data); }
    std::string text() const { return std::get<std::string>(data); }
    std::size_t size() const { if (auto a = std::get_if<std::shared_ptr<Array>>(&data)) return (*a)->size(); return std::get<5>(data)->size(); }
    const Value &operator[](std::size_t i) const { return (*std::get<4>(data)).at(i); }
    const Value &operator[](const std::string &key) const { return std::get<5>(data)->at(key); }
};
static void skip(const char *&p) { while (*p == ' ' || *p == '\n' || *p == ',' || *p == ':') ++p; }
static Value read(const char *&p) {
    skip(p);
    if (*p == '[') { auto a = std::make_shared<Array>(); for (++p, skip(p); *p != ']'; skip(p)) a->push_back(read(p)); ++p; return {a}; }
    if (*p == '{') { auto o = std::make_shared<Object>(); for (++p, skip(p); *p != '}'; skip(p)) { auto k = read(p).text(); (*o)[k] = read(p); } ++p; return {o}; }
    if (*p == '"') { std::string s; for (++p; *p && *p != '"'; ++p) s += *p; ++p; return {s}; }
    if (*p == 't') { p += 4; return {true}; }
    if (*p == 'f') { p += 5; return {false}; }
    if (*p == 'n') { p += 4; return {nullptr}; }
    char *end; double d = std::strtod(p, &end);
    if (end == p) throw std::invalid_argument(std::string("unexpected '") + *p + "'");
    p = end; return {d};
}
Value parse(const std::string &text) { const char *p = text.c_str(); return read(p); }
// >>> v = parse('{"a": [1, 2.5, "x"], "b": null}')
// >>> v["a"][1].number(), v["a"][2].text(), v["b"].is_null(), len(v), len(v["a"])
// (2.5, 'x', True, 2, 3)
// >>> raises(ValueError, parse, "?")
// "unexpected '?'"
// LEFT OUT Value::data

"""Plain C++ as a module: what is bound, how it behaves, what is left out and why."""

from __future__ import annotations

import copy
import enum
import inspect
import pickle
import re
import threading
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
from plain import FAST, left_out, plain_module, source_of

from cppmagic import pipeline
from cppmagic.config import BuildConfig
from cppmagic.errors import BuildError, SourceError

FUNCTIONS = """\
#include <array>
#include <chrono>
#include <cmath>
#include <complex>
#include <deque>
#include <filesystem>
#include <functional>
#include <iostream>
#include <list>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <tuple>
#include <unordered_map>
#include <unordered_set>
#include <variant>
#include <vector>

/// Moving average of `x` over `window` samples.
///
/// @param x  the samples
/// @return   one mean per sample
[[nodiscard]] std::vector<double> smooth(std::span<const double> x, int window = 5) {
    std::vector<double> means(x.size());
    double sum = 0;
    for (std::size_t i = 0; i < x.size(); i++) {
        sum += x[i];
        if (i >= std::size_t(window)) sum -= x[i - window];
        means[i] = sum / std::min<std::size_t>(i + 1, window);
    }
    return means;
}

/* Twice. */
int twice(int x) noexcept { return 2 * x; }
// Of a text.
std::string twice(const std::string &x, const std::string &between = " \\"and\\" ") { return x + between + x; }
constexpr unsigned long long third(unsigned long long x) { return x / 3; }
inline auto halved(float x) -> float { return x / 2; }
extern "C" { int from_c(int x) { return x + 1; } }
auto lambda(int in, bool is = true) -> int { return is ? in : -in; }
int unnamed(int, double) { return 7; }
bool invert(bool x = false) { return !x; }
std::complex<double> conjugate(std::complex<double> z) { return std::conj(z); }
std::string hello(std::string_view name, const char *mark = "!") { return "hello " + std::string(name) + mark; }
std::map<std::string, std::vector<int>> grouped(const std::vector<std::pair<std::string, int>> &pairs) {
    std::map<std::string, std::vector<int>> result;
    for (auto &[key, value] : pairs) result[key].push_back(value);
    return result;
}
std::tuple<int, std::string, std::optional<double>> several(std::optional<double> x = std::nullopt) { return {1, "a", x}; }
std::variant<int, std::string> either(bool number) { if (number) return 3; return std::string("three"); }
double integrate(const std::function<double(double)> &f, double a, double b) { return (b - a) * (f(a) + f(b)) / 2; }
std::function<int(int)> adder(int n) { return [n](int x) { return x + n; }; }
std::set<int> unique(const std::list<int> &x) { return {x.begin(), x.end()}; }
std::unordered_set<int> also_unique(const std::deque<int> &x) { return {x.begin(), x.end()}; }
std::array<int, 3> three(int n = {}) { return {n, n, n}; }
std::chrono::milliseconds later(std::chrono::milliseconds t) { return 2 * t; }
std::filesystem::path inside(const std::filesystem::path &p) { return p / "inside"; }
void sort_in_place(std::vector<int> &x) { for (auto &a : x) for (auto &b : x) if (a < b) std::swap(a, b); }
void add_key(std::map<std::string, int> &x) { x["new"] = 1; }
void transpose(std::vector<std::vector<int>> &rows) { std::swap(rows[0][1], rows[1][0]); }
void print(const std::vector<int> &x, std::ostream &out = std::cout) { for (int i : x) out << i; }

static int internal() { return 1; }
namespace { int anonymous() { return internal(); } }
namespace detail { int hidden() { return anonymous(); } }
int seen() { return detail::hidden(); }

template <class T> T sum(const std::vector<T> &x, T start = T()) { for (auto &v : x) start += v; return start; }
template double sum<double>(const std::vector<double> &x, double start);
template std::string sum(const std::vector<std::string> &, std::string);

namespace geometry {
constexpr double pi = 3.25;
/// Of a circle.
double area(double radius) { return pi * radius * radius; }
namespace solid { double volume(double edge) { return std::pow(edge, 3); } }
}
const int primes[] = {2, 3, 5};
const std::string motto = "plain";
static const double ratio = 0.5;
int mutable_global = 1;

#define API
#define WITH_EXTRA 1
API int exported(int x) { return x; }
#if WITH_EXTRA
int extra() { return 1; }
#else
int missing() { return 1; }
#endif
#ifdef NOT_DEFINED
int also_missing() { return 1; }
#endif
#if 0
int nonsense( { return 1; }
#endif

int main(int argc, char **argv) { return argc * 100 + argv[0][0]; }
"""


@pytest.fixture(scope="module")
def functions(shared_cache: Path) -> ModuleType:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("cppmagic.settings.cache_dir", str(shared_cache))
        return plain_module(FUNCTIONS, BuildConfig(optimize="0", bind_main=True))


def test_a_function_has_its_names_defaults_and_comment(functions: ModuleType) -> None:
    assert functions.smooth(np.array([1.0, 3.0, 5.0]), window=2) == [1, 2, 4]
    assert functions.smooth(np.ones(7)) == [1] * 7
    text = functions.smooth.__doc__
    assert re.match(r"smooth\(x: [^,]*, window: [^,]* = 5\) -> list\[float\]", text)
    assert "Moving average of `x` over `window` samples.\n\nx: the samples\nReturns: one" in text


def test_overloads_are_under_one_name(functions: ModuleType) -> None:
    assert functions.twice(4) == 8
    assert functions.twice("x") == 'x "and" x'
    assert functions.twice("x", between="-") == "x-x"
    assert "Twice." in functions.twice.__doc__
    assert "Of a text." in functions.twice.__doc__


@pytest.mark.parametrize(
    ("call", "expected"),
    [
        ("third(9)", 3),
        ("halved(5)", 2.5),
        ("from_c(1)", 2),
        ("lambda_(3, is_=False)", -3),
        ("unnamed(1, 2.0)", 7),
        ("invert()", True),
        ("conjugate(1 + 2j)", 1 - 2j),
        ("hello('you')", "hello you!"),
        ("grouped([('a', 1), ('b', 2), ('a', 3)])", {"a": [1, 3], "b": [2]}),
        ("several()", (1, "a", None)),
        ("several(2.5)", (1, "a", 2.5)),
        ("[either(True), either(False)]", [3, "three"]),
        ("integrate(lambda x: x * x, 0, 2)", 4),
        ("adder(2)(40)", 42),
        ("unique([3, 1, 3])", {1, 3}),
        ("also_unique([3, 1, 3])", {1, 3}),
        ("three()", [0, 0, 0]),
        ("later(__import__('datetime').timedelta(seconds=1)).total_seconds()", 2),
        ("str(inside('a'))", "a/inside"),
        ("seen()", 1),
        ("sum([1.5, 2.0])", 3.5),
        ("sum(['a', 'b'], '_')", "_ab"),
        ("geometry.pi", 3.25),
        ("geometry.area(2)", 13),
        ("geometry.solid.volume(2)", 8),
        ("primes", (2, 3, 5)),
        ("motto", "plain"),
        ("ratio", 0.5),
        ("exported(5)", 5),
        ("extra()", 1),
        ("main(['a', 'b'])", 297),
    ],
)
def test_calls(functions: ModuleType, call: str, expected: object) -> None:
    assert eval(call, vars(functions)) == expected


def test_what_is_internal_or_not_compiled_is_not_bound(functions: ModuleType) -> None:
    for name in ("internal", "anonymous", "detail", "missing", "also_missing", "mutable_global"):
        assert not hasattr(functions, name)


def test_containers_that_are_taken_by_reference_are_changed_in_place(functions: ModuleType) -> None:
    values = same = [3, 1, 2]
    functions.sort_in_place(values)
    assert same == [1, 2, 3]
    array = np.array([3, 1, 2])
    functions.sort_in_place(array)
    assert array.tolist() == [1, 2, 3]
    names = {"old": 0}
    functions.add_key(names)
    assert names == {"old": 0, "new": 1}
    rows = [[1, 2], [3, 4]]
    first = rows[0]
    functions.transpose(rows)
    assert rows == [[1, 3], [2, 4]]
    assert first is rows[0]
    with pytest.raises(TypeError, match="sort_in_place"):
        functions.sort_in_place((3, 1, 2))


def test_a_parameter_that_cannot_be_bound_keeps_its_default(functions: ModuleType) -> None:
    assert "out" not in functions.print.__doc__
    functions.print([1, 2])


def test_nothing_of_it_is_left_out(functions: ModuleType) -> None:
    assert functions.__cppmagic_left_out__ == []


def test_what_is_left_out_is_told_with_line_and_reason() -> None:
    text = """\
    #include <ostream>
    #include <vector>
    double *raw(double *a) { return a; }
    void swapped(int &a, int &b) {}
    int taken(std::vector<int> &&x) { return 1; }
    template <class T> T any(T x) { return x; }
    int several(int n, ...) { return n; }
    int gone(int) = delete;
    void to(std::ostream &out) {}
    std::vector<int *> pointers() { return {}; }
    struct Unknown;
    int of(const Unknown &x) { return 1; }
    int elsewhere(int x);
    auto sum(auto a, auto b) { return a + b; }
    template <class T> struct Box { T value; };
    struct Holder {
        int *pointer = nullptr;
        int &reference;
        int array[3];
        unsigned bits : 3;
        Holder(int &r) : reference(r) {}
        template <class T> void call(T x) {}
        int undefined();
        int fine() { return 1; }
    };
    int bound() { return 1; }
    """
    assert left_out(text) == [
        "In[1]:3: raw is left out: its result `double *` is a raw pointer",
        "In[1]:4: swapped is left out: its parameter `int &a` refers to a value that Python "
        "cannot change in place",
        "In[1]:5: taken is left out: its parameter `std::vector<int> &&x` is an rvalue reference",
        "In[1]:6: any is left out: it is a template; name the types to bind with an explicit "
        "instantiation below it, such as `template double any(double);`",
        "In[1]:7: several is left out: it takes any number of arguments (...)",
        "In[1]:8: gone is left out: it is deleted",
        "In[1]:9: to is left out: its parameter `std::ostream &out` is of a type that is not bound",
        "In[1]:10: pointers is left out: its result `std::vector<int *>` holds raw pointers",
        "In[1]:12: of is left out: its parameter `const Unknown &x` is of a type that is not bound",
        "In[1]:13: elsewhere is left out: it is declared here and defined nowhere",
        "In[1]:14: sum is left out: it is a template; name the types to bind with an explicit "
        "instantiation below it, such as `template double sum(double);`",
        "In[1]:15: Box is left out: it is a template; name the types to bind with an explicit "
        "instantiation below it, such as `template class Box<int>;`",
        "In[1]:17: Holder::pointer is left out: its type `int *` is a raw pointer",
        "In[1]:18: Holder::reference is left out: it is a reference",
        "In[1]:19: Holder::array is left out: it is a C array; std::array can be bound",
        "In[1]:20: Holder::bits is left out: it is a bit field",
        "In[1]:21: Holder::Holder is left out: its parameter `int &r` refers to a value that "
        "Python cannot change in place",
        "In[1]:22: Holder::call is left out: it is a template inside a class; add a method that "
        "calls it with the types",
        "In[1]:23: Holder::undefined is left out: it is declared here and defined nowhere",
    ]

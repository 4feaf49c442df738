"""A module with classes of all kinds, in two versions whose layouts differ.

It takes seconds to build; tests in several files load it, from a file or a cell, out of one cache.
"""

from __future__ import annotations

from pathlib import Path

_TEXT = """\
#include <pybind11/pybind11.h>
#include <pybind11/native_enum.h>
#include <pybind11/numpy.h>
#include <pybind11/stl.h>

#include <memory>
namespace py = pybind11;

#define VERSION {number}
struct Base {{
    virtual ~Base() = default;
    virtual int area() const {{ return VERSION; }}
    {base_fields}
}};
struct PyBase : Base {{
    using Base::Base;
    int area() const override {{ PYBIND11_OVERRIDE(int, Base, area); }}
}};
struct Thing : Base {{
    {thing_fields}
    int area() const override {{ return a; }}
}};
struct Wrapped {{ int w = 0; }};
struct Held {{ {pad} int h = 5; }};
struct Owned {{ {pad} int o = 6; }};
struct Smart {{ {pad} int s = 8; }};
struct Inner {{ {pad} int i = 9; }};
struct Record {{ {record_fields} }};
enum class Color {{ {colors} }};
enum class Old {{ {colors} }};
struct MyError : std::runtime_error {{ using std::runtime_error::runtime_error; }};

PYBIND11_MODULE(shapes, m) {{
    m.doc() = "Shapes and what holds them.";
    py::class_<Base, PyBase>(m, "Base", "What has an area.")
        .def(py::init<>()).def("area", &Base::area).def_readwrite("b", &Base::b);
    py::class_<Thing, Base>(m, "Thing")
        .def(py::init<>())
        .def_readwrite("a", &Thing::a)
        .def("plus", [](const Thing& self, const Thing& other) {{ return self.a + other.a; }},
             py::arg("other"))
        .def(py::pickle([](const Thing& t) {{ return py::make_tuple(t.a); }},
                        [](py::tuple t) {{ Thing r; r.a = t[0].cast<int>(); return r; }}));
    py::class_<Wrapped>(m, "Wrapped")
        .def(py::init([](const Thing& t) {{ return Wrapped{{t.a}}; }}));
    py::implicitly_convertible<Thing, Wrapped>();
    py::class_<Held, std::shared_ptr<Held>>(m, "Held").def(py::init<>())
        .def_readwrite("h", &Held::h);
    py::class_<Owned, std::unique_ptr<Owned>>(m, "Owned")
        .def(py::init<>()).def_readwrite("o", &Owned::o);
    py::class_<Smart, py::smart_holder>(m, "Smart").def(py::init<>())
        .def_readwrite("s", &Smart::s);
    m.def("area", [](const Base& base) {{ return base.area() + base.b; }});
    m.def("read", [](const Thing& thing, int extra) {{ return thing.a + extra; }},
          py::arg("thing"), py::arg("extra") = 0, "Read a thing.");
    m.def("read_pointer", [](Thing* thing) {{ return thing->a; }});
    m.def("total", [](const std::vector<Thing>& things) {{
        int sum = 0;
        for (auto& thing : things) sum += thing.a;
        return sum;
    }});
    m.def("maybe", [](std::optional<Thing> thing) {{ return thing ? thing->a : 0; }});
    m.def("wrapped", [](const Wrapped& wrapped) {{ return wrapped.w; }});
    m.def("held", [](std::shared_ptr<Held> held) {{ return held->h; }});
    m.def("owned", [](const Owned& owned) {{ return owned.o; }});
    m.def("smart", [](std::unique_ptr<Smart> smart) {{ return smart->s; }});
    m.def("either", [](const Thing&) {{ return "Thing"; }});
    m.def("either", [](py::object) {{ return "object"; }});
    m.def("number_of", [](const Thing&) {{ return -1.0; }});
    m.def("number_of", [](double number) {{ return number; }});
    m.def("call", [](py::function back) {{ return back(); }});
    py::native_enum<Color>(m, "Color", "enum.Enum")
        .value("red", Color::red).value("green", Color::green).finalize();
    py::enum_<Old>(m, "Old").value("red", Old::red).value("green", Old::green);
    m.def("paint", [](Color color) {{ return static_cast<int>(color); }});
    m.def("paint_old", [](Old color) {{ return static_cast<int>(color); }});
    py::register_exception<MyError>(m, "MyError");
    m.def("fail", [] {{ throw MyError("bad"); }});
    PYBIND11_NUMPY_DTYPE(Record, r, s);
    m.def("records", [](int count) {{
        py::array_t<Record> made(count);
        for (int i = 0; i < count; i++) made.mutable_at(i) = Record{{}};
        return made;
    }});
    m.def("sum_records", [](py::array_t<Record> records) {{
        double sum = 0;
        for (int i = 0; i < records.size(); i++) sum += records.at(i).r + records.at(i).s;
        return sum;
    }});
    auto sub = m.def_submodule("sub", "A submodule.");
    py::class_<Inner>(sub, "Inner").def(py::init<>()).def_readwrite("i", &Inner::i);
    sub.def("inner", [](const Inner& inner) {{ return inner.i; }});
    m.attr("LIMIT") = 10 * VERSION;
    {extra}
}}
"""

_FIRST = {
    "base_fields": "int b = 7;",
    "thing_fields": "int a = 1; double x = 0.5;",
    "pad": "",
    "record_fields": "int r = 1; double s = 0.5;",
    "colors": "red, green",
    "extra": 'm.def("gone", [] { return "still here"; });',
}
_SECOND = {
    "base_fields": "double far[500] = {}; int b = 70;",
    "thing_fields": "double y = 0.25, x = 0.5; char name[4000] = {}; int a = 2;",
    "pad": "double far[500] = {};",
    "record_fields": "double s = 0.25; char name[8] = {}; int r = 2;",
    "colors": "green = 20, red = 10",
    "extra": 'm.def("fresh", [] { return "new"; });',
}


def shapes(number: int, options: str = "-O 0 -q") -> str:
    """Return the cell of a version: 1, or 2 with fields added, reordered, and a base changed."""
    return f"%%cppimport shapes {options}\n" + _text(number)


def write_shapes(directory: Path, number: int) -> Path:
    """Write the file of a version; it is built as the cell is."""
    path = directory / "shapes.cpp"
    path.write_text("\n" + _text(number) + "<% cfg['optimize'] = '0' %>")
    return path


def _text(number: int) -> str:
    return _TEXT.format(number=number, **(_FIRST if number == 1 else _SECOND))

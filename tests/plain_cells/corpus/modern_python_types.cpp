#include <pybind11/pybind11.h>
#include <pybind11/stl.h>
#include <string>
namespace py = pybind11;
/// How many arguments of each kind there are.
py::tuple counted(py::args args, py::kwargs kwargs) { return py::make_tuple(args.size(), kwargs.size()); }
int length(const py::object &o) { return static_cast<int>(py::len(o)); }
py::list pairs(py::dict d) { py::list l; for (auto item : d) l.append(py::make_tuple(item.first, item.second)); return l; }
std::string shout(py::str s, int times = 2) { std::string r; while (times--) r += std::string(s); return r; }
py::object nothing(std::string) { return py::none(); }
// >>> counted(1, 2, x=3), length([1, 2]), pairs({"a": 1}), shout("a"), nothing("")
// ((2, 1), 2, [('a', 1)], 'aa', None)

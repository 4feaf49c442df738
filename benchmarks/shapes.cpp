#include <pybind11/pybind11.h>
namespace py = pybind11;

struct Box {
    double width, height;
    double area() const { return width * height; }
};

double area(const Box &box) { return box.area(); }

PYBIND11_MODULE(shapes, m) {
    py::class_<Box>(m, "Box")
        .def(py::init<double, double>())
        .def_readwrite("width", &Box::width)
        .def_readwrite("height", &Box::height)
        .def("area", &Box::area);
    m.def("area", &area, py::arg("box"));
}

// cppimport
#include <pybind11/pybind11.h>

namespace py = pybind11;

double logistic(long steps, double r) {
    double x = 0.5;
    for (long step = 0; step < steps; ++step) {
        x = r * x * (1.0 - x);
    }
    return x;
}

PYBIND11_MODULE(hello, m) {
    m.def("logistic", &logistic, py::call_guard<py::gil_scoped_release>());
}
/*
<%
setup_pybind11(cfg)
%>
*/

"""A module that writes in all the ways that C++ has; it builds in half a second."""

from __future__ import annotations

TALK = r"""// cppmagic
#include <Python.h>
#include <cstdio>
#include <iostream>
#include <string>
#include <thread>
#include <unistd.h>

#define TEXT(argument) (PyUnicode_AsUTF8(argument))

static PyObject *say_printf(PyObject *, PyObject *a) { std::printf("%s", TEXT(a)); Py_RETURN_NONE; }
static PyObject *say_puts(PyObject *, PyObject *a) { std::puts(TEXT(a)); Py_RETURN_NONE; }
static PyObject *say_cout(PyObject *, PyObject *a) { std::cout << TEXT(a); Py_RETURN_NONE; }
static PyObject *say_cerr(PyObject *, PyObject *a) { std::cerr << TEXT(a); Py_RETURN_NONE; }
static PyObject *say_stderr(PyObject *, PyObject *a) {
    std::fprintf(stderr, "%s", TEXT(a));
    Py_RETURN_NONE;
}
static PyObject *say_bytes(PyObject *, PyObject *a) {
    std::fwrite(PyBytes_AS_STRING(a), 1, PyBytes_GET_SIZE(a), stdout);
    Py_RETURN_NONE;
}
static PyObject *unshared(PyObject *, PyObject *) {
    std::ios::sync_with_stdio(false);
    Py_RETURN_NONE;
}
static PyObject *fails(PyObject *, PyObject *) {
    std::printf("before it fails");
    PyErr_SetString(PyExc_ValueError, "failed");
    return nullptr;
}
static PyObject *much(PyObject *, PyObject *lines) {  // keeps the GIL
    std::string line(999, 'x');
    for (long i = PyLong_AsLong(lines); i > 0; i--) std::puts(line.c_str());
    Py_RETURN_NONE;
}
static PyObject *in_thread(PyObject *, PyObject *a) {
    const char *text = TEXT(a);
    Py_BEGIN_ALLOW_THREADS
    std::thread([text] { std::printf("%s", text); }).join();
    Py_END_ALLOW_THREADS
    Py_RETURN_NONE;
}
// Says the text when the file exists, in a thread that nobody waits for.
static PyObject *later(PyObject *, PyObject *arguments) {
    const char *text, *path;
    if (!PyArg_ParseTuple(arguments, "ss", &text, &path)) return nullptr;
    std::thread([text = std::string(text), path = std::string(path)] {
        while (access(path.c_str(), F_OK) != 0) usleep(1000);
        std::puts(text.c_str());
    }).detach();
    Py_RETURN_NONE;
}
// Says the text, then waits until the file exists.
static PyObject *meanwhile(PyObject *, PyObject *arguments) {
    const char *text, *path;
    if (!PyArg_ParseTuple(arguments, "ss", &text, &path)) return nullptr;
    Py_BEGIN_ALLOW_THREADS
    std::puts(text);
    while (access(path, F_OK) != 0) usleep(1000);
    Py_END_ALLOW_THREADS
    Py_RETURN_NONE;
}

static PyMethodDef methods[] = {
    {"printf", say_printf, METH_O, ""}, {"puts", say_puts, METH_O, ""},
    {"cout", say_cout, METH_O, ""}, {"cerr", say_cerr, METH_O, ""},
    {"stderr", say_stderr, METH_O, ""}, {"bytes", say_bytes, METH_O, ""},
    {"unshared", unshared, METH_NOARGS, ""}, {"fails", fails, METH_NOARGS, ""},
    {"much", much, METH_O, ""}, {"in_thread", in_thread, METH_O, ""},
    {"later", later, METH_VARARGS, ""}, {"meanwhile", meanwhile, METH_VARARGS, ""}, {0}};
static PyModuleDef definition = {PyModuleDef_HEAD_INIT, "talk", "", -1, methods};
PyMODINIT_FUNC PyInit_talk(void) {
    std::printf("loaded\n");
    return PyModule_Create(&definition);
}
"""

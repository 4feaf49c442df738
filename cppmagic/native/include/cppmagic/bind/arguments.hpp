// Arguments that are more than a conversion: views of arrays, containers that are changed in place.
#pragma once

#include <cstring>
#include <string>

#include "types.hpp"

namespace cppmagic {

// ---- views of buffers ---------------------------------------------------------------------------

/// Python's view of somebody's memory, given back at the end.
class buffer {
public:
    buffer() = default;
    buffer(const buffer &) = delete;
    buffer &operator=(const buffer &) = delete;
    ~buffer() {
        if (taken_) PyBuffer_Release(&info_);
    }

    bool take(py::handle source) {
        taken_ = PyObject_CheckBuffer(source.ptr()) &&
                 PyObject_GetBuffer(source.ptr(), &info_, PyBUF_FORMAT | PyBUF_STRIDES) == 0;
        if (!taken_) PyErr_Clear();
        return taken_;
    }
    const Py_buffer &info() const { return info_; }

private:
    Py_buffer info_{};
    bool taken_ = false;
};

/// The kind of an element as one letter: integer, unsigned, float, complex, bool; 0 for others.
inline char kind_of(const char *format) {
    if (format == nullptr) return 'u';
    if (*format == '@' || *format == '=' || *format == '^') format++;
#if PY_LITTLE_ENDIAN
    if (*format == '<') format++;
#else
    if (*format == '>' || *format == '!') format++;
#endif
    if (format[0] == 'Z' && std::strchr("fdg", format[1]) && format[2] == 0) return 'c';
    if (format[0] == 0 || format[1] != 0) return 0;
    if (std::strchr("bhilqn", format[0])) return 'i';
    if (std::strchr("BHILQNc", format[0])) return 'u';
    if (std::strchr("efdg", format[0])) return 'f';
    return format[0] == '?' ? 'b' : static_cast<char>(0);
}

template <class T>
constexpr char kind_of_type() {
    if constexpr (std::is_same_v<T, bool>) return 'b';
    if constexpr (is_complex<T>::value) return 'c';
    if constexpr (std::is_floating_point_v<T>) return 'f';
    return std::is_signed_v<T> ? 'i' : 'u';
}

/// NumPy's name of a type of elements: float64.
inline std::string name_of_kind(char kind, py::ssize_t size) {
    const std::string bits = std::to_string(8 * size);
    switch (kind) {
    case 'i':
        return "int" + bits;
    case 'u':
        return "uint" + bits;
    case 'f':
        return size == 10 || size == 12 || size == 16 ? "longdouble" : "float" + bits;
    case 'c':
        return size == 32 ? "clongdouble" : "complex" + bits;
    case 'b':
        return "bool";
    default:
        return "another type";
    }
}

/// Whether elements of a buffer can be read as T. Single bytes fit any type of one byte.
template <class T>
bool fits(const Py_buffer &info) {
    const char kind = kind_of(info.format);
    if (kind == 0 || info.itemsize != static_cast<py::ssize_t>(sizeof(T))) return false;
    const bool is_byte = std::is_same_v<T, std::byte> || std::is_same_v<T, char>;
    if (is_byte) return kind == 'i' || kind == 'u';
    return kind == kind_of_type<T>();
}

struct place {
    const char *function;
    const char *argument;
};

template <class V>
V make_view(const Py_buffer &info) {
    using traits = view_traits<V>;
    std::array<std::size_t, traits::rank> extents{};
    for (std::size_t i = 0; i < traits::rank; i++)
        extents[i] = static_cast<std::size_t>(info.shape[i]);
    return traits::make(static_cast<typename traits::element *>(info.buf), extents);
}

template <class V>
bool suits(const Py_buffer &info) {
    using traits = view_traits<V>;
    using element = std::remove_cv_t<typename traits::element>;
    constexpr bool writes = !std::is_const_v<typename traits::element>;
    return fits<element>(info) && info.ndim == static_cast<int>(traits::rank) &&
           !(writes && info.readonly) && PyBuffer_IsContiguous(&info, 'C') &&
           (traits::fixed_size == static_cast<std::size_t>(-1) ||
            traits::fixed_size == static_cast<std::size_t>(info.shape[0]));
}

inline std::string ordinal_dimensions(std::size_t count) {
    return std::to_string(count) + (count == 1 ? " dimension" : " dimensions");
}

/// Say what a view needs and what came instead.
template <class V>
[[noreturn]] void refuse(py::handle source, const buffer &taken, bool has_buffer, place where) {
    using traits = view_traits<V>;
    using element = std::remove_cv_t<typename traits::element>;
    const std::string wanted =
        name_of_kind(kind_of_type<element>(), static_cast<py::ssize_t>(sizeof(element)));
    const std::string argument = where.argument;
    const std::string text = std::string(where.function) + "(): " + argument + " must be ";
    if (!has_buffer) {
        const std::string came = py::str(py::type::handle_of(source).attr("__name__"));
        throw py::type_error(text + "an array of " + wanted + " with " +
                             ordinal_dimensions(traits::rank) + ", and came as " + came +
                             "; numpy.asarray(..., dtype=\"" + wanted + "\") makes one");
    }
    const Py_buffer &info = taken.info();
    if (!fits<element>(info)) {
        std::string came = py::hasattr(source, "dtype")
                               ? std::string(py::str(source.attr("dtype")))
                               : name_of_kind(kind_of(info.format), info.itemsize);
        throw py::type_error(text + "an array of " + wanted + ", and came as one of " + came +
                             "; .astype(\"" + wanted + "\") makes a copy that fits");
    }
    if (info.ndim != static_cast<int>(traits::rank))
        throw py::value_error(text + "an array with " + ordinal_dimensions(traits::rank) +
                              ", and came with " +
                              ordinal_dimensions(static_cast<std::size_t>(info.ndim)));
    if (!std::is_const_v<typename traits::element> && info.readonly)
        throw py::value_error(text + "writable, and came as an array that is read-only");
    if (!PyBuffer_IsContiguous(&info, 'C'))
        throw py::value_error(text +
                              "contiguous (in C order), and came with other strides; "
                              "numpy.ascontiguousarray(...) makes a copy that fits");
    throw py::value_error(text + "of length " + std::to_string(traits::fixed_size) +
                          ", and came with " + std::to_string(info.shape[0]));
}

/// A view parameter of a function that is not overloaded: it may say what is wrong.
template <class V>
struct strict_view {
    py::handle source;
    buffer taken;
    std::optional<V> value;  // a span of fixed size has no default

    void prepare(place where) {
        const bool has_buffer = taken.take(source);
        if (!has_buffer || !suits<V>(taken.info())) refuse<V>(source, taken, has_buffer, where);
        value.emplace(make_view<V>(taken.info()));
    }
    V &get() { return *value; }
    void finish() {}
};

// ---- containers that are changed in place -------------------------------------------------------

inline void replace_items(py::handle target, py::handle fresh) {
    if (PyList_Check(target.ptr())) {
        const py::ssize_t count = PyList_GET_SIZE(fresh.ptr());
        const bool same = PyList_GET_SIZE(target.ptr()) == count;
        for (py::ssize_t i = 0; same && i < count; i++) {
            PyObject *before = PyList_GET_ITEM(target.ptr(), i);
            PyObject *after = PyList_GET_ITEM(fresh.ptr(), i);
            if (PyList_Check(before) && PyList_Check(after)) {
                replace_items(before, after);  // rows keep their identity
            } else {
                Py_INCREF(after);
                PyList_SetItem(target.ptr(), i, after);
            }
        }
        if (!same && PyList_SetSlice(target.ptr(), 0, PY_SSIZE_T_MAX, fresh.ptr()) != 0)
            throw py::error_already_set();
    } else if (PyDict_Check(target.ptr()) || PyAnySet_Check(target.ptr())) {
        target.attr("clear")();
        target.attr("update")(fresh);
    } else {  // an array, whose length cannot change
        target[py::slice(py::none(), py::none(), py::none())] = py::reinterpret_borrow<py::object>(fresh);
    }
}

template <class T>
struct element_of {
    using type = void;
};
template <class T, class A> struct element_of<std::vector<T, A>> {
    using type = T;
};

/// The argument of a parameter such as std::vector<int> &: after the call, Python's object has the
/// values that the function left.
template <class T>
struct in_place {
    py::handle source;
    T value;

    void prepare(place) {}
    T &get() { return value; }
    void finish() {
        using element = typename element_of<T>::type;
        if constexpr (is_bound<element>::value && std::is_copy_assignable_v<element>) {
            // Objects keep their identity: their handles elsewhere see the change.
            if (PyList_Check(source.ptr()) &&
                PyList_GET_SIZE(source.ptr()) == static_cast<py::ssize_t>(value.size())) {
                for (std::size_t i = 0; i < value.size(); i++)
                    py::cast<element &>(py::handle(PyList_GET_ITEM(source.ptr(), i))) = value[i];
                return;
            }
        }
        replace_items(source, py::cast(std::move(value)));
    }
};

template <class A, bool Overloaded>
constexpr bool is_strict = is_view<A> && !Overloaded;

template <class A>
constexpr bool is_changed = std::is_lvalue_reference_v<A> &&
                            !std::is_const_v<std::remove_reference_t<A>> &&
                            !is_bound<bare<A>>::value && container<bare<A>>::known;

template <class A, bool Overloaded>
constexpr bool is_plain = !is_strict<A, Overloaded> && !is_changed<A>;

/// What a wrapper takes for one parameter.
template <class A, bool Overloaded>
using slot_of = std::conditional_t<
    is_strict<A, Overloaded>, strict_view<bare<A>> &,
    std::conditional_t<is_changed<A>, in_place<bare<A>> &, A>>;

template <class T>
struct is_special : std::false_type {};
template <class V>
struct is_special<strict_view<V>> : std::true_type {};
template <class T>
struct is_special<in_place<T>> : std::true_type {};

template <class T>
void prepare(T &value, place where) {
    if constexpr (is_special<std::remove_cv_t<T>>::value) value.prepare(where);
}
template <class T>
void finish(T &value) {
    if constexpr (is_special<std::remove_cv_t<T>>::value) value.finish();
}
template <class A, class T>
decltype(auto) argument(T &value) {
    if constexpr (is_special<std::remove_cv_t<T>>::value) {
        return static_cast<std::conditional_t<std::is_reference_v<A>, A, bare<A> &>>(value.get());
    } else {
        return static_cast<A &&>(value);
    }
}

}  // namespace cppmagic

namespace pybind11 {
namespace detail {

template <class T>
constexpr auto element_name() {
    constexpr char kind = cppmagic::kind_of_type<T>();
    constexpr auto bits = const_name<8 * sizeof(T)>();
    if constexpr (kind == 'i') return const_name("int") + bits;
    else if constexpr (kind == 'u') return const_name("uint") + bits;
    else if constexpr (kind == 'f') return const_name("float") + bits;
    else if constexpr (kind == 'c') return const_name("complex") + bits;
    else return const_name("bool");
}

/// A view parameter among overloads: what does not fit is left to the next overload.
template <class V>
struct type_caster<V, enable_if_t<(cppmagic::view_traits<V>::rank > 0)>> {
    static constexpr auto name =
        const_name("array of ") +
        const_name<!std::is_const_v<typename cppmagic::view_traits<V>::element>>("writable ", "") +
        element_name<std::remove_cv_t<typename cppmagic::view_traits<V>::element>>();
    template <class>
    using cast_op_type = V &;

    bool load(handle source, bool) {
        if (!taken_.take(source) || !cppmagic::suits<V>(taken_.info())) return false;
        value_.emplace(cppmagic::make_view<V>(taken_.info()));
        return true;
    }
    operator V &() { return *value_; }

private:
    cppmagic::buffer taken_;
    std::optional<V> value_;
};

template <class V>
struct type_caster<cppmagic::strict_view<V>> {
    static constexpr auto name = make_caster<V>::name;
    template <class>
    using cast_op_type = cppmagic::strict_view<V> &;

    bool load(handle source, bool) {
        value_.source = source;
        return true;
    }
    operator cppmagic::strict_view<V> &() { return value_; }

private:
    cppmagic::strict_view<V> value_{};
};

template <class T>
struct type_caster<cppmagic::in_place<T>> {
    static constexpr auto name = make_caster<T>::name;
    template <class>
    using cast_op_type = cppmagic::in_place<T> &;

    bool load(handle source, bool convert) {
        const bool changes = PyList_Check(source.ptr()) || PyDict_Check(source.ptr()) ||
                             PySet_Check(source.ptr()) ||
                             (!PyTuple_Check(source.ptr()) && PyObject_CheckBuffer(source.ptr()));
        make_caster<T> inner;
        if (!changes || !inner.load(source, convert)) return false;
        value_.source = source;
        value_.value = cast_op<T &&>(std::move(inner));
        return true;
    }
    operator cppmagic::in_place<T> &() { return value_; }

private:
    cppmagic::in_place<T> value_{};
};

/// A result that owns its numbers becomes a NumPy array of the same memory.
template <class T>
struct type_caster<cppmagic::array<T>> {
    static constexpr auto name = const_name("numpy.ndarray");

    static handle cast(cppmagic::array<T> &&made, return_value_policy, handle) {
        auto *kept = new cppmagic::array<T>(std::move(made));
        capsule owner(kept, [](void *pointer) { delete static_cast<cppmagic::array<T> *>(pointer); });
        tuple shape(kept->shape().size());
        for (std::size_t i = 0; i < kept->shape().size(); i++) shape[i] = kept->shape()[i];
        constexpr char kind = cppmagic::kind_of_type<T>();
        dict interface;
        interface["version"] = 3;
        interface["shape"] = shape;
        interface["typestr"] = (sizeof(T) == 1 ? "|" : PY_LITTLE_ENDIAN ? "<" : ">") +
                               std::string(1, kind) + std::to_string(sizeof(T));
        interface["data"] = make_tuple(reinterpret_cast<std::uintptr_t>(kept->data()), false);
        // An object that NumPy asks for its memory, and keeps for as long as it uses it.
        object keeper = module_::import("types").attr("SimpleNamespace")();
        keeper.attr("__array_interface__") = interface;
        keeper.attr("owner") = owner;
        return module_::import("numpy").attr("asarray")(keeper).release();
    }
    static handle cast(const cppmagic::array<T> &made, return_value_policy policy, handle parent) {
        return cast(cppmagic::array<T>(made), policy, parent);
    }
};

}  // namespace detail
}  // namespace pybind11

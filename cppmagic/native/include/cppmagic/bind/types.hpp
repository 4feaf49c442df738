// Which C++ types have a counterpart in Python.
#pragma once

#include <pybind11/chrono.h>
#include <pybind11/complex.h>
#include <pybind11/functional.h>
#include <pybind11/native_enum.h>
#include <pybind11/pybind11.h>
#include <pybind11/stl.h>
#include <pybind11/stl/filesystem.h>

#include <array>
#include <cstddef>
#include <deque>
#include <functional>
#include <list>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <tuple>
#include <type_traits>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <valarray>
#include <variant>
#include <vector>

#include "../array.hpp"
#include "../view.hpp"

#if defined(__cpp_lib_mdspan)
#include <mdspan>
#endif

namespace cppmagic {

namespace py = pybind11;

/// True for the classes and enums that the module binds; generated code specialises it.
template <class T>
struct is_bound : std::false_type {};

template <class T>
using bare = std::remove_cv_t<std::remove_reference_t<T>>;

template <class T>
struct type_identity {
    using type = T;
};

/// Whether objects can be copied; generated code says where std::is_copy_constructible is mistaken.
template <class T>
constexpr bool is_copied = py::detail::is_copy_constructible<T>::value;

// ---- views -------------------------------------------------------------------------------------

/// How to make a view, by its type; `rank` is 0 for all other types.
template <class T>
struct view_traits {
    static constexpr std::size_t rank = 0;
};

template <class T, std::size_t N>
struct view_traits<view<T, N>> {
    using element = T;
    static constexpr std::size_t rank = N;
    static constexpr std::size_t fixed_size = static_cast<std::size_t>(-1);
    static view<T, N> make(T *data, const std::array<std::size_t, N> &extents) {
        return {data, extents};
    }
};

#if defined(__cpp_lib_span)
template <class T, std::size_t Extent>
struct view_traits<std::span<T, Extent>> {
    using element = T;
    static constexpr std::size_t rank = 1;
    static constexpr std::size_t fixed_size = Extent;
    static std::span<T, Extent> make(T *data, const std::array<std::size_t, 1> &extents) {
        return std::span<T, Extent>(data, extents[0]);
    }
};
#else
template <class T>
struct view_traits<span<T>> {
    using element = T;
    static constexpr std::size_t rank = 1;
    static constexpr std::size_t fixed_size = static_cast<std::size_t>(-1);
    static span<T> make(T *data, const std::array<std::size_t, 1> &extents) {
        return {data, extents[0]};
    }
};
#endif

#if defined(__cpp_lib_mdspan)
template <class T, class Index, std::size_t... E>
struct view_traits<std::mdspan<T, std::extents<Index, E...>>> {
    using element = T;
    static constexpr std::size_t rank =
        ((E == std::dynamic_extent) && ...) ? sizeof...(E) : 0;  // fixed extents: not bound
    static constexpr std::size_t fixed_size = static_cast<std::size_t>(-1);
    static std::mdspan<T, std::extents<Index, E...>> make(
        T *data, const std::array<std::size_t, sizeof...(E)> &extents) {
        return {data, extents};
    }
};
#endif

template <class T>
constexpr bool is_view = view_traits<bare<T>>::rank > 0;

template <class T>
struct is_complex : std::false_type {};
template <class T>
struct is_complex<std::complex<T>> : std::is_floating_point<T> {};

// ---- what stands in the way ---------------------------------------------------------------------

enum class trouble {
    none, pointer, numbers_in, numbers_out, rvalue, reference, unknown, view, move_only, large
};

/// What stands in the way of a type, and whether it is inside it: in std::vector<int *>, say.
struct verdict {
    trouble what = trouble::none;
    bool inside = false;
    constexpr explicit operator bool() const { return what != trouble::none; }
};

constexpr verdict within(verdict found) { return {found.what, static_cast<bool>(found)}; }

template <class... V>
constexpr verdict first_of(V... found) {
    verdict first;
    ((first = first ? first : found), ...);
    return first;
}

inline const char *text_of(verdict found) {
    switch (found.what) {
    case trouble::pointer:
        return found.inside ? "holds raw pointers" : "is a raw pointer";
    case trouble::numbers_in:
        return "is a raw pointer; a std::span, which has a length, can be bound";
    case trouble::numbers_out:
        return "is a raw pointer; a std::vector or a cppmagic::array can be bound";
    case trouble::rvalue:
        return "is an rvalue reference";
    case trouble::reference:
        return "refers to a value that Python cannot change in place";
    case trouble::view:
        return "is a view, which does not own its elements (cppmagic::array does)";
    case trouble::move_only:
        return "cannot be copied";
    case trouble::large:
        return found.inside ? "holds a std::array of more than 1024 elements"
                            : "is a std::array of more than 1024 elements; std::vector can be bound";
    default:
        return found.inside ? "holds a type that is not bound" : "is of a type that is not bound";
    }
}

template <class T, class = void>
struct is_complete : std::false_type {};
template <class T>
struct is_complete<T, std::void_t<decltype(sizeof(T))>> : std::true_type {};

template <class T>
constexpr verdict check_value();

/// The types inside of a standard container, in as far as they are converted with it.
template <class T>
struct container {
    static constexpr bool known = false;
};

template <bool InPlace, class... T>
struct container_of {
    static constexpr bool known = true;
    /// Whether Python has a container like it that can be changed in place.
    static constexpr bool in_place = InPlace;
    static constexpr verdict check() { return within(first_of(check_value<T>()...)); }
};

template <class T, class A> struct container<std::vector<T, A>> : container_of<true, T> {};
template <class T, class A> struct container<std::deque<T, A>> : container_of<true, T> {};
template <class T, class A> struct container<std::list<T, A>> : container_of<true, T> {};
/// pybind11 lists the elements of a std::array one by one in what it compiles: 100,000 of them take
/// the compiler gigabytes and hours.
constexpr std::size_t largest_array = 1024;
template <class T, std::size_t N> struct container<std::array<T, N>> : container_of<true, T> {
    static constexpr verdict check() {
        return N > largest_array ? verdict{trouble::large} : container_of<true, T>::check();
    }
};
template <class T> struct container<std::valarray<T>> : container_of<true, T> {};
template <class T, class... R> struct container<std::set<T, R...>> : container_of<true, T> {};
template <class T, class... R>
struct container<std::unordered_set<T, R...>> : container_of<true, T> {};
template <class K, class V, class... R>
struct container<std::map<K, V, R...>> : container_of<true, K, V> {};
template <class K, class V, class... R>
struct container<std::unordered_map<K, V, R...>> : container_of<true, K, V> {};
template <class A, class B> struct container<std::pair<A, B>> : container_of<false, A, B> {};
template <class... T> struct container<std::tuple<T...>> : container_of<false, T...> {};
template <class T> struct container<std::optional<T>> : container_of<false, T> {};
template <class... T> struct container<std::variant<T...>> : container_of<false, T...> {};

template <class T>
struct holder {
    static constexpr bool known = false;
};
template <class T> struct holder<std::shared_ptr<T>> {
    static constexpr bool known = true;
    using type = T;
};
template <class T> struct holder<std::unique_ptr<T>> : holder<std::shared_ptr<T>> {};

template <class T>
constexpr verdict check_result();
template <class T>
constexpr verdict check_argument();

template <class T>
struct callback {
    static constexpr bool known = false;
};
template <class R, class... A>
struct callback<std::function<R(A...)>> {
    static constexpr bool known = true;
    static constexpr verdict check() {
        return within(first_of(check_result<R>(), check_argument<A>()...));
    }
};

template <class T>
struct array_element {
    static constexpr bool known = false;
};
template <class T>
struct array_element<array<T>> {
    static constexpr bool known = true;
    using type = T;
};

template <class T>
constexpr bool is_text_pointer =
    std::is_pointer_v<T> && std::is_const_v<std::remove_pointer_t<T>> &&
    py::detail::is_std_char_type<bare<std::remove_pointer_t<T>>>::value;

template <class T>
constexpr bool is_pointer_to_numbers =
    std::is_pointer_v<T> && std::is_arithmetic_v<std::remove_pointer_t<T>> && !is_text_pointer<T>;

/// Whether an object that is bound cannot be given by value.
template <class T>
constexpr bool is_move_only() {
    if constexpr (is_bound<T>::value) {  // only of these it is known that they are complete
        return !is_copied<T>;
    } else {
        return false;
    }
}

/// Judge a type as a value: neither a reference nor a parameter.
template <class T>
constexpr verdict check_value() {
    using U = std::remove_cv_t<T>;
    if constexpr (std::is_void_v<U> || std::is_arithmetic_v<U> || is_text_pointer<U>) {
        return {};
    } else if constexpr (std::is_pointer_v<U> || std::is_member_pointer_v<U> ||
                         std::is_array_v<U> || std::is_function_v<U>) {
        return {trouble::pointer};
    } else if constexpr (std::is_reference_v<U>) {
        return {trouble::reference};
    } else if constexpr (is_bound<U>::value) {
        return {};
    } else if constexpr (std::is_enum_v<U>) {
        return {trouble::unknown};
    } else if constexpr (container<U>::known) {
        return container<U>::check();
    } else if constexpr (holder<U>::known) {
        return is_bound<std::remove_cv_t<typename holder<U>::type>>::value
                   ? verdict{}
                   : verdict{trouble::unknown, true};
    } else if constexpr (callback<U>::known) {
        return callback<U>::check();
    } else if constexpr (array_element<U>::known) {
        using E = typename array_element<U>::type;
        return std::is_arithmetic_v<E> || is_complex<E>::value ? verdict{}
                                                               : verdict{trouble::unknown, true};
    } else if constexpr (is_view<U>) {
        return {trouble::view};
    } else if constexpr (!is_complete<U>::value) {
        return {trouble::unknown};
    } else if constexpr (std::is_base_of_v<py::detail::type_caster_generic,
                                           py::detail::make_caster<U>>) {
        return {trouble::unknown};
    } else {
        return {};  // somebody has taught pybind11 this type: Python objects, Eigen, chrono, path
    }
}

/// Whether a change to a parameter of type `T &` can be written back into Python's object.
template <class T>
constexpr bool is_in_place() {
    if constexpr (container<T>::known) {
        return container<T>::in_place && !container<T>::check();
    } else {
        return false;
    }
}

template <class T>
constexpr bool is_python_object() {
    if constexpr (std::is_class_v<T> && is_complete<T>::value) {
        return std::is_base_of_v<py::handle, T>;
    } else {
        return false;
    }
}

template <class T>
constexpr verdict check_argument() {
    using U = std::remove_reference_t<T>;
    if constexpr (std::is_rvalue_reference_v<T>) {
        return {trouble::rvalue};
    } else if constexpr (is_pointer_to_numbers<std::remove_cv_t<U>>) {
        return {trouble::numbers_in};
    } else if constexpr (is_view<T>) {
        using E = std::remove_cv_t<typename view_traits<bare<T>>::element>;
        if constexpr (std::is_reference_v<T> && !std::is_const_v<U>) return {trouble::reference};
        return std::is_arithmetic_v<E> || is_complex<E>::value || std::is_same_v<E, std::byte>
                   ? verdict{}
                   : verdict{trouble::unknown, true};
    } else if constexpr (array_element<bare<T>>::known) {
        return {trouble::unknown};  // it is for results: a parameter is a view
    } else if constexpr (!std::is_lvalue_reference_v<T> && is_move_only<bare<T>>()) {
        return {trouble::move_only};
    } else if constexpr (!std::is_lvalue_reference_v<T> || std::is_const_v<U>) {
        return check_value<U>();
    } else if constexpr (is_bound<U>::value) {
        return std::is_enum_v<U> ? verdict{trouble::reference} : verdict{};
    } else if constexpr (is_python_object<U>() || is_in_place<U>()) {
        return {};
    } else {
        constexpr verdict found = check_value<U>();
        return found ? found : verdict{trouble::reference};
    }
}

template <class T>
constexpr verdict check_result() {
    if constexpr (std::is_rvalue_reference_v<T>) {
        return {trouble::rvalue};
    } else if constexpr (is_pointer_to_numbers<bare<T>>) {
        return {trouble::numbers_out};
    } else {
        return check_value<std::remove_reference_t<T>>();
    }
}

// ---- Python types in a signature ----------------------------------------------------------------

/// Whether a type is one of Python's, or has one inside: then the GIL is kept.
template <class T>
struct mentions_python : std::bool_constant<std::is_base_of_v<py::handle, T>> {};
template <>
struct mentions_python<PyObject *> : std::true_type {};
template <template <class...> class C, class... T>
struct mentions_python<C<T...>>
    : std::bool_constant<std::is_base_of_v<py::handle, bare<C<T...>>> ||
                         (mentions_python<bare<T>>::value || ...)> {};
template <class R, class... A>
struct mentions_python<std::function<R(A...)>>
    : std::bool_constant<mentions_python<bare<R>>::value ||
                         (mentions_python<bare<A>>::value || ...)> {};

}  // namespace cppmagic

// Classes, enums, exceptions.
#pragma once

#include <complex>
#include <exception>
#include <functional>
#include <iterator>
#include <new>
#include <sstream>
#include <stdexcept>

#include "functions.hpp"

namespace cppmagic {

template <class C>
struct class_traits;
template <class T, class... Options>
struct class_traits<py::class_<T, Options...>> {
    using type = T;
    using alias = typename py::class_<T, Options...>::type_alias;
    static constexpr bool has_alias = py::class_<T, Options...>::has_alias;
};

template <class C>
using type_of = typename class_traits<C>::type;

// ---- methods ------------------------------------------------------------------------------------

/// A method may be inherited from a base that is not bound: then it is one of the class itself.
template <class C, class Self, class R, class... A>
auto on(signature<Self, R, A...>)
    -> signature<std::conditional_t<std::is_const_v<Self>, const C, C>, R, A...>;

template <bool Overloaded, class C, class F, class By, class... D>
void method(C &scope, const item &about, F pointer, By by, D... d) {
    using own = decltype(on<type_of<C>>(signature_of<F>{}));
    define<Overloaded, true>(in_class<C>{scope}, about, own{}, pointer, by, d...);
}

template <bool Overloaded, class C, class F, class By, class... D>
void static_method(C &scope, const item &about, F pointer, By by, D... d) {
    define<Overloaded, false>(as_static<C>{scope}, about, signature_of<F>{}, pointer, by, d...);
}

// ---- constructors -------------------------------------------------------------------------------

template <class F>
struct parameters_of;
template <class... A>
struct parameters_of<void(A...)> {
    using type = types<A...>;
};

struct nothing {};

/// Keep what an object may refer to alive as long as the object.
template <class A, std::size_t Index>
auto kept_alive() {
    if constexpr (is_view<A> || (std::is_lvalue_reference_v<A> && is_bound<bare<A>>::value)) {
        return std::make_tuple(py::keep_alive<1, Index + 2>());
    } else {
        return std::tuple<>();
    }
}

template <bool Overloaded, class C, class... A, class... D, std::size_t... I>
void constructor_of(C &scope, const item &about, types<A...>, std::index_sequence<I...>, D... d) {
    using T = type_of<C>;
    constexpr obstacle first = first_obstacle(types<A...>{});
    if constexpr (first.found) {
        leave_out_argument(about, first.index, first.found);
    } else if constexpr (!std::is_constructible_v<T, A...> &&
                         !std::is_constructible_v<typename class_traits<C>::alias, A...>) {
        // Of an abstract class, or deleted: there is nothing to construct.
    } else {
        using guard = guard_of<void, A...>;
        std::apply(
            [&](const auto &...kept) {
                if constexpr ((is_plain<A, Overloaded> && ...) && !std::is_same_v<guard, keep_gil>) {
                    scope.def(py::init<A...>(), d.template make<A>()..., about.doc, kept...,
                              py::call_guard<guard>());
                } else if constexpr ((is_plain<A, Overloaded> && ...)) {
                    scope.def(py::init<A...>(), d.template make<A>()..., about.doc, kept...);
                } else {
                    const call_names<sizeof...(A)> names{about.name, {d.name...}};
                    const auto make = [](A... a) { return new T(static_cast<A &&>(a)...); };
                    scope.def(py::init([make, names](slot_of<A, Overloaded>... slots) {
                                  return run<T *, guard>(make, names, std::index_sequence<I...>{},
                                                         types<A...>{}, slots...);
                              }),
                              d.template make<A>()..., about.doc, kept...);
                }
            },
            std::tuple_cat(kept_alive<A, I>()...));
    }
}

/// Bind a constructor. `Parameters` is a function type with its parameters: void(int, double).
template <bool Overloaded, class Parameters, class C, class... D>
void constructor(C &scope, const item &about, D... d) {
    using arguments = typename parameters_of<Parameters>::type;
    constructor_of<Overloaded>(scope, about, arguments{},
                               std::make_index_sequence<arguments::size>{}, d...);
}

template <class T, class A>
void implicit_from(types<A>) {
    using U = bare<A>;
    if constexpr ((std::is_arithmetic_v<U> || std::is_same_v<U, std::string> ||
                   is_complex<U>::value || is_text_pointer<U>) &&
                  !check_argument<A>() && !std::is_abstract_v<T>) {
        if constexpr (is_text_pointer<U>)
            py::implicitly_convertible<py::str, T>();
        else
            py::implicitly_convertible<U, T>();
        if constexpr (std::is_floating_point_v<U>) py::implicitly_convertible<py::int_, T>();
    }
}

/// Let Python's values convert where C++'s would: Rational + 1.
template <class Parameters, class C>
void implicit_conversion(C &) {
    using A = typename parameters_of<Parameters>::type;
    implicit_from<type_of<C>>(A{});
}
// ---- fields -------------------------------------------------------------------------------------

template <class C, class T, class O>
void field(C &scope, const item &about, T O::*member) {
    constexpr verdict found = check_value<T>();
    if constexpr (static_cast<bool>(found)) {
        leave_out_part(about, "type", about.result, found);
    } else if constexpr (std::is_const_v<T> || !std::is_copy_assignable_v<T> || is_move_only<T>()) {
        scope.def_readonly(about.name, member, about.doc);
    } else {
        scope.def_readwrite(about.name, member, about.doc);
    }
}

template <class C, class T>
void static_field(C &scope, const item &about, T *member) {
    constexpr verdict found = check_value<T>();
    if constexpr (static_cast<bool>(found)) {
        leave_out_part(about, "type", about.result, found);
    } else {
        scope.def_readwrite_static(about.name, member, about.doc);
    }
}

/// One field of an aggregate: its name, the text of its initializer ("" without), itself.
template <class T, class O>
struct part {
    const char *name;
    const char *text;
    T O::*member;
    using type = T;
    static constexpr bool usable = !check_value<T>();
};
template <class T, class O>
part(const char *, const char *, T O::*) -> part<T, O>;

template <class T, class... F>
decltype(T{std::declval<F>()...}, std::true_type{}) braces(int);
template <class T, class... F>
std::false_type braces(...);

template <class T, class Part>
py::arg_v argument_of(const T &made, const Part &field) {
    return py::arg_v(field.name, made.*field.member, *field.text ? field.text : nullptr);
}

template <class... F, class Make, std::size_t... I>
auto from_state(Make make, const py::tuple &state, std::index_sequence<I...>) {
    if (state.size() != sizeof...(F)) throw py::value_error("this pickle is of another class");
    return make(py::cast<std::remove_cv_t<F>>(state[I])...);
}

template <class P>
auto usable_part(P field) {
    if constexpr (P::usable && !std::is_const_v<typename P::type>)
        return std::make_tuple(field);
    else
        return std::tuple<>();
}

template <class T, class Fields, class Values, std::size_t... I>
void assign(T &object, const Fields &fields, Values values, std::index_sequence<I...>) {
    ((object.*std::get<I>(fields).member = std::move(std::get<I>(values))), ...);
}

/// Of an aggregate that has more than these: the rest keep their defaults.
template <class C, class... P>
void aggregate_by(C &scope, const item &about, const P &...fields) {
    using T = type_of<C>;
    if constexpr (std::is_default_constructible_v<T> &&
                  (std::is_copy_assignable_v<typename P::type> && ...)) {
        const T made{};
        const std::tuple<P...> all(fields...);
        scope.def(py::init([all](typename P::type... values) {
                      auto result = std::make_unique<T>();
                      assign(*result, all, std::tuple<typename P::type...>(std::move(values)...),
                             std::index_sequence_for<P...>{});
                      return result;
                  }),
                  argument_of(made, fields)..., about.doc);
    }
}
template <class C, class... P>
void aggregate_of_usable(C &scope, const item &about, const std::tuple<P...> &fields) {
    std::apply([&](const P &...field) { aggregate_by(scope, about, field...); }, fields);
}

/// The constructor, copies and pickles of an aggregate: its fields by name, in their order.
///
/// Complete: whether these are all of its fields, and it has no bases.
template <bool Complete, class C, class... P>
void aggregate(C &scope, const item &about, P... fields) {
    using T = type_of<C>;
    if constexpr (!std::is_aggregate_v<T>) {
        // Its constructors are bound, if it has any.
        if constexpr (std::is_default_constructible_v<T> ||
                      std::is_default_constructible_v<typename class_traits<C>::alias>)
            scope.def(py::init<>());
    } else if constexpr (!(P::usable && ...)) {
        aggregate_of_usable(scope, about, std::tuple_cat(usable_part(fields)...));
    } else if constexpr (sizeof...(P) == 0) {
        if constexpr (std::is_default_constructible_v<T>) scope.def(py::init<>());
    } else if constexpr (Complete && decltype(braces<T, typename P::type...>(0))::value) {
        const auto make = [](typename P::type... values) {
            return T{static_cast<typename P::type &&>(values)...};
        };
        if constexpr (std::is_default_constructible_v<T>) {
            const T made{};
            scope.def(py::init(make), argument_of(made, fields)..., about.doc);
        } else {
            scope.def(py::init(make), py::arg(fields.name)..., about.doc);
        }
        scope.def(py::pickle([fields...](const T &self) { return py::make_tuple(self.*fields.member...); },
                             [make](const py::tuple &state) {
                                 return from_state<typename P::type...>(
                                     make, state, std::index_sequence_for<P...>{});
                             }));
    } else {
        aggregate_of_usable(scope, about, std::make_tuple(fields...));
    }
}

// ---- what Python expects of objects -------------------------------------------------------------

template <class T, class = void>
struct is_printable : std::false_type {};
template <class T>
struct is_printable<T, std::void_t<decltype(std::declval<std::ostream &>()
                                            << std::declval<const T &>())>> : std::true_type {};

inline py::str repr_of_fields(py::handle self, const std::vector<const char *> &fields) {
    std::string text = py::str(py::type::handle_of(self).attr("__name__"));
    text += '(';
    const char *separator = "";
    for (const char *name : fields) {
        if (!py::hasattr(self, name)) continue;
        text += separator + std::string(name) + "=" + std::string(py::repr(self.attr(name)));
        separator = ", ";
    }
    return text + ")";
}

/// repr, str, copies.
template <class C>
void object_protocol(C &scope, std::vector<const char *> fields) {
    using T = type_of<C>;
    if constexpr (is_printable<T>::value) {
        const auto print = [](const T &self) {
            std::ostringstream stream;
            stream << self;
            return stream.str();
        };
        scope.def("__repr__", print);
        scope.def("__str__", print);
    } else if (!fields.empty()) {
        scope.def("__repr__",
                  [fields](const py::object &self) { return repr_of_fields(self, fields); });
    }
    if constexpr (is_copied<T>) {
        scope.def("__copy__", [](const T &self) { return T(self); });
        scope.def("__deepcopy__", [](const T &self, const py::dict &) { return T(self); });
    }
}

template <class T, class = void>
struct has_size : std::false_type {};
template <class T>
struct has_size<T, std::void_t<decltype(std::declval<const T &>().size())>>
    : std::is_integral<bare<decltype(std::declval<const T &>().size())>> {};

template <class T, class = void>
struct has_iterators : std::false_type {};
template <class T>
struct has_iterators<T, std::void_t<decltype(*std::declval<T &>().begin()),
                                    decltype(++std::declval<decltype(std::declval<T &>().begin()) &>()),
                                    decltype(std::declval<T &>().begin() !=
                                             std::declval<T &>().end())>>
    : std::bool_constant<!check_result<decltype(*std::declval<T &>().begin())>()> {};

/// len() and iteration.
template <class C>
void container_protocol(C &scope) {
    using T = type_of<C>;
    if constexpr (has_size<T>::value)
        scope.def("__len__", [](const T &self) { return static_cast<std::size_t>(self.size()); });
    if constexpr (has_iterators<T>::value) {
        using reference = decltype(*std::declval<T &>().begin());
        constexpr auto policy = std::is_const_v<std::remove_reference_t<reference>>
                                    ? py::return_value_policy::copy
                                    : py::return_value_policy::reference_internal;
        scope.def(
            "__iter__",
            [](T &self) { return py::make_iterator<policy>(self.begin(), self.end()); },
            py::keep_alive<0, 1>());
    }
}

// ---- operators ----------------------------------------------------------------------------------

template <class C>
struct as_operator {
    C &scope;
    template <class... X>
    void def(const X &...x) const {
        scope.def(x..., py::is_operator());
    }
};

/// Bind an operator, by an expression: member, free and hidden friend are all the same.
///
/// `Operands` is a function type with the operands as parameters, the object first.
template <class Operands, class C, class F>
void operation(C &scope, const item &about, F expression) {
    operation_of(scope, about, expression, typename parameters_of<Operands>::type{});
}
template <class C, class F, class... A>
void operation_of(C &scope, const item &about, F expression, types<A...>) {
    using R = decltype(expression(std::declval<A>()...));
    define<true, true>(
        as_operator<C>{scope}, about, signature<void, R, A...>{},
        [expression](A... a) -> R { return expression(static_cast<A &&>(a)...); }, nullptr);
}

#define CPPMAGIC_COMPARISON(name, op)                                                           \
    template <class T, class = void>                                                            \
    struct compares_##name : std::false_type {};                                                \
    template <class T>                                                                          \
    struct compares_##name<T, std::void_t<decltype(static_cast<bool>(                           \
                                  std::declval<const T &>() op std::declval<const T &>()))>>    \
        : std::true_type {};                                                                    \
    template <class C>                                                                          \
    void compare_##name(C &scope) {                                                             \
        using T = type_of<C>;                                                                   \
        if constexpr (compares_##name<T>::value)                                                \
            scope.def("__" #name "__",                                                          \
                      [](const T &a, const T &b) { return static_cast<bool>(a op b); },         \
                      py::is_operator());                                                       \
    }
CPPMAGIC_COMPARISON(eq, ==)
CPPMAGIC_COMPARISON(ne, !=)
CPPMAGIC_COMPARISON(lt, <)
CPPMAGIC_COMPARISON(le, <=)
CPPMAGIC_COMPARISON(gt, >)
CPPMAGIC_COMPARISON(ge, >=)
#undef CPPMAGIC_COMPARISON

template <class T, class = void>
struct is_hashable : std::false_type {};
template <class T>
struct is_hashable<T, std::void_t<decltype(std::hash<T>{}(std::declval<const T &>()))>>
    : std::true_type {};

/// All comparisons of two objects that C++ finds, those that it derives from <=> included.
template <class C>
void comparisons(C &scope) {
    using T = type_of<C>;
    compare_eq(scope);
    compare_ne(scope);
    compare_lt(scope);
    compare_le(scope);
    compare_gt(scope);
    compare_ge(scope);
    if constexpr (compares_eq<T>::value && is_hashable<T>::value)
        scope.def("__hash__", [](const T &self) { return std::hash<T>{}(self); });
}

template <class T, class I>
I checked_index(const T &self, I index) {
    if constexpr (std::is_integral_v<I> && !std::is_same_v<I, bool> && has_size<T>::value) {
        const auto size = static_cast<long long>(self.size());
        auto wanted = static_cast<long long>(index);
        if (wanted < 0) wanted += size;
        if (wanted < 0 || wanted >= size) throw py::index_error("index out of range");
        return static_cast<I>(wanted);
    } else {
        return index;
    }
}

/// The type in which Python's index comes: signed, so that -1 is the last.
template <class T, class I>
using index_of = std::conditional_t<std::is_integral_v<bare<I>> && has_size<T>::value &&
                                        !std::is_same_v<bare<I>, bool>,
                                    long long, bare<I>>;

struct subscript_of {
    template <class T, class I>
    auto operator()(T &&object, I &&index) const
        -> decltype(std::forward<T>(object)[std::forward<I>(index)]);
};

/// object[index], and object[index] = value where C++ allows it.
template <class Parameters, class C>
void subscript(C &scope, const item &about) {
    subscript_by(scope, about, typename parameters_of<Parameters>::type{});
}
template <class C, class I>
void subscript_by(C &scope, const item &about, types<I>) {
    using T = type_of<C>;
    using self = std::conditional_t<std::is_invocable_v<subscript_of, T &, I>, T &, const T &>;
    using R = decltype(std::declval<self>()[std::declval<I>()]);
    using index = index_of<T, I>;
    constexpr verdict wrong_index = check_argument<I>();
    constexpr verdict wrong_result = check_result<R>();
    if constexpr (static_cast<bool>(wrong_index)) {
        leave_out_argument(about, 0, wrong_index);
    } else if constexpr (static_cast<bool>(wrong_result)) {
        leave_out_part(about, "result", about.result, wrong_result);
    } else {
        scope.def(
            "__getitem__",
            [](self object, const index &i) -> R {
                return object[static_cast<bare<I>>(checked_index(object, i))];
            },
            about.doc, policy_of<R, true, false>());
        if constexpr (std::is_lvalue_reference_v<R> &&
                      !std::is_const_v<std::remove_reference_t<R>> &&
                      std::is_copy_assignable_v<bare<R>>)
            scope.def("__setitem__", [](self object, const index &i, const bare<R> &value) {
                object[static_cast<bare<I>>(checked_index(object, i))] = value;
            });
    }
}

/// A conversion operator: bool(x), int(x), float(x), complex(x), str(x).
template <class To, class C>
void conversion(C &scope, const item &about) {
    using T = type_of<C>;
    using R = bare<To>;
    constexpr const char *name = std::is_same_v<R, bool>         ? "__bool__"
                                 : std::is_integral_v<R>         ? "__int__"
                                 : std::is_floating_point_v<R>   ? "__float__"
                                 : is_complex<R>::value          ? "__complex__"
                                 : std::is_same_v<R, std::string> ? "__str__"
                                                                 : nullptr;
    if constexpr (name == nullptr) {
        leave_out(about.number, about.shown,
                  std::string("Python has no conversion to `") + about.result + "`");
    } else if constexpr (std::is_constructible_v<R, const T &> || std::is_constructible_v<R, T &>) {
        using self = std::conditional_t<std::is_constructible_v<R, const T &>, const T &, T &>;
        scope.def(name, [](self object) { return static_cast<R>(object); }, about.doc);
    }
}

// ---- exceptions ---------------------------------------------------------------------------------

/// Python's class for an exception of the standard library.
template <class E>
py::handle exception_base() {
    if constexpr (std::is_base_of_v<std::out_of_range, E>) return PyExc_IndexError;
    if constexpr (std::is_base_of_v<std::overflow_error, E>) return PyExc_OverflowError;
    if constexpr (std::is_base_of_v<std::invalid_argument, E> ||
                  std::is_base_of_v<std::domain_error, E> ||
                  std::is_base_of_v<std::length_error, E> || std::is_base_of_v<std::range_error, E>)
        return PyExc_ValueError;
    if constexpr (std::is_base_of_v<std::runtime_error, E>) return PyExc_RuntimeError;
    if constexpr (std::is_base_of_v<std::bad_alloc, E>) return PyExc_MemoryError;
    return PyExc_Exception;
}

template <class E, class Scope>
py::object exception(Scope &scope, const item &about, py::handle base) {
    if constexpr (!std::is_base_of_v<std::exception, E>) {
        leave_out(about.number, about.shown, "it is not derived from std::exception after all");
        return py::none();
    } else {
        auto &made = py::register_local_exception<E>(
            scope, about.name, base ? base : exception_base<E>());
        if (*about.doc) made.attr("__doc__") = about.doc;
        return made;
    }
}

// ---- virtual functions that Python overrides ----------------------------------------------------

template <class A>
py::object to_python(A &&value) {
    if constexpr (std::is_lvalue_reference_v<A> && is_bound<bare<A>>::value) {
        return py::cast(value, py::return_value_policy::reference);
    } else {
        return py::cast(std::forward<A>(value));
    }
}

/// Call Python's override of a virtual function, or else C++'s.
template <class R, bool Pure, class C, class F, class... A>
R overridden(const C *self, const char *name, const char *shown, F otherwise, A &&...a) {
    if constexpr (!check_result<R>() && !std::is_lvalue_reference_v<R> &&
                  !first_of(check_argument<A>()...)) {
        py::gil_scoped_acquire gil;
        py::function found = py::get_override(self, name);
        if (found) {
            py::object made = found(to_python<A>(std::forward<A>(a))...);
            if constexpr (std::is_void_v<R>) {
                return;
            } else {
                return py::cast<R>(std::move(made));
            }
        }
    }
    if constexpr (Pure) {
        throw std::runtime_error(std::string(shown) +
                                 " is pure virtual: a class derived from it must define it");
    } else {
        return otherwise();
    }
}

}  // namespace cppmagic

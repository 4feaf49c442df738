// Functions and constants.
#pragma once

#include "arguments.hpp"

namespace cppmagic {

/// What messages and docstrings say of one declaration.
struct item {
    /// Its number in the source; the line is looked up by it.
    int number;
    /// Its name in Python.
    const char *name;
    /// What messages call it: Matrix::solve.
    const char *shown;
    const char *doc;
    /// Its result and parameters as they are written.
    const char *result = "";
    std::initializer_list<const char *> parameters = {};
};

// ---- what is left out ---------------------------------------------------------------------------

inline py::handle &module_being_made() {
    static py::handle module;
    return module;
}

/// Note in the module that a declaration is left out, and why.
inline void leave_out(int number, const char *shown, const std::string &reason) {
    py::list(module_being_made().attr("__cppmagic_left_out__"))
        .append(py::make_tuple(number, shown, reason));
}

inline void leave_out_part(const item &about, const char *part, const char *text, verdict found) {
    leave_out(about.number, about.shown,
              std::string("its ") + part + " `" + text + "` " + text_of(found));
}

inline void leave_out_argument(const item &about, std::size_t index, verdict found) {
    const bool known = index < about.parameters.size();
    leave_out_part(about, "parameter", known ? about.parameters.begin()[index] : "", found);
}

// ---- signatures ---------------------------------------------------------------------------------

template <class... T>
struct types {
    static constexpr std::size_t size = sizeof...(T);
};

template <class Self, class R, class... A>
struct signature {
    using self = Self;
    using result = R;
    using arguments = types<A...>;
};

template <class F>
struct signature_of;
template <class R, class... A>
struct signature_of<R (*)(A...)> : signature<void, R, A...> {};
template <class R, class... A>
struct signature_of<R (*)(A...) noexcept> : signature<void, R, A...> {};
#define CPPMAGIC_MEMBER(qualifiers, self)                   \
    template <class C, class R, class... A>                 \
    struct signature_of<R (C::*)(A...) qualifiers> : signature<self, R, A...> {};
CPPMAGIC_MEMBER(, C)
CPPMAGIC_MEMBER(const, const C)
CPPMAGIC_MEMBER(&, C)
CPPMAGIC_MEMBER(const &, const C)
CPPMAGIC_MEMBER(noexcept, C)
CPPMAGIC_MEMBER(const noexcept, const C)
CPPMAGIC_MEMBER(& noexcept, C)
CPPMAGIC_MEMBER(const & noexcept, const C)
#undef CPPMAGIC_MEMBER

/// Picks one of several functions of a name by its parameters, where the result is deduced.
template <class F>
struct picker;
template <class... A>
struct picker<void(A...)> {
    template <class R>
    static constexpr auto of(R (*pointer)(A...)) {
        return pointer;
    }
    template <class R, class C>
    static constexpr auto of(R (C::*pointer)(A...)) {
        return pointer;
    }
};
template <class... A>
struct picker<void(A...) const> {
    template <class R, class C>
    static constexpr auto of(R (C::*pointer)(A...) const) {
        return pointer;
    }
};

// ---- arguments ----------------------------------------------------------------------------------

/// A parameter without a default value.
struct needed {
    const char *name;
    static constexpr bool has_default = false;

    template <class A>
    py::arg make() const {
        return py::arg(name);
    }
};

/// A parameter with one, and its text.
template <class F>
struct preset {
    const char *name;
    const char *text;
    F value;
    static constexpr bool has_default = true;

    template <class A>
    py::arg_v make() const {
        return py::arg_v(name, value(type_identity<bare<A>>{}), text);
    }
};
template <class F>
preset(const char *, const char *, F) -> preset<F>;

template <class R, bool Method, bool NoArguments>
constexpr py::return_value_policy policy_of() {
    using policy = py::return_value_policy;
    if constexpr (!std::is_lvalue_reference_v<R> || !is_bound<bare<R>>::value) {
        return policy::automatic;
    } else if constexpr (std::is_const_v<std::remove_reference_t<R>> &&
                         is_copied<bare<R>>) {
        return policy::copy;  // Python knows no const: a change must not reach what C++ protects
    } else if constexpr (Method) {
        return policy::reference_internal;
    } else if constexpr (NoArguments || !is_copied<bare<R>>) {
        return policy::reference;  // of something that lives as long as the module
    } else {
        return policy::copy;  // it may refer to a temporary that held an argument
    }
}

struct keep_gil {};

template <class R, class... A>
using guard_of = std::conditional_t<mentions_python<bare<R>>::value ||
                                        (mentions_python<bare<A>>::value || ...),
                                    keep_gil, py::gil_scoped_release>;

/// Names for messages at the time of a call.
template <std::size_t N>
struct call_names {
    const char *function;
    std::array<const char *, N> arguments{};
};

/// Make the arguments ready, call without the GIL if that is allowed, write changes back.
template <class R, class Guard, class... A, class F, std::size_t N, std::size_t... I, class... Slots>
R run(const F &function, const call_names<N> &names, std::index_sequence<I...>, types<A...>,
      Slots &...slots) {
    (prepare(slots, place{names.function, names.arguments[I]}), ...);
    const auto called = [&]() -> R {
        [[maybe_unused]] Guard guard;
        return function(argument<A>(slots)...);
    };
    if constexpr (std::is_void_v<R>) {
        called();
        (finish(slots), ...);
    } else {
        std::conditional_t<std::is_reference_v<R>, R, std::remove_cv_t<R>> made = called();
        (finish(slots), ...);
        return made;
    }
}

// ---- definition ---------------------------------------------------------------------------------

/// The first obstacle among parameters.
struct obstacle {
    std::size_t index = 0;
    verdict found;
};

template <class... A>
constexpr obstacle first_obstacle(types<A...>) {
    const verdict all[] = {check_argument<A>()..., verdict{}};
    for (std::size_t i = 0; i < sizeof...(A); i++)
        if (all[i]) return {i, all[i]};
    return {};
}

template <class... D>
constexpr bool all_have_defaults(std::size_t from) {
    const bool all[] = {D::has_default..., true};
    bool result = true;
    for (std::size_t i = from; i < sizeof...(D); i++) result = result && all[i];
    return result;
}

template <std::size_t I, class... A>
using nth = std::tuple_element_t<I, std::tuple<type_identity<A>...>>;

template <bool Overloaded, bool Method, class Target, class Self, class R, class... A, class F,
          class... D, std::size_t... I, std::size_t... N>
void define_checked(const Target &target, const item &about, signature<Self, R, A...>, F function,
                    const std::tuple<D...> &parameters, std::index_sequence<I...>,
                    std::index_sequence<N...>) {
    using guard = guard_of<R, A...>;
    constexpr auto policy = policy_of<R, Method, sizeof...(A) == 0>();
    if constexpr ((is_plain<A, Overloaded> && ...)) {
        if constexpr (std::is_same_v<guard, keep_gil>) {
            target.def(about.name, function,
                       std::get<I>(parameters).template make<typename nth<I, A...>::type>()...,
                       about.doc, policy);
        } else {
            target.def(about.name, function,
                       std::get<I>(parameters).template make<typename nth<I, A...>::type>()...,
                       about.doc, policy, py::call_guard<guard>());
        }
    } else {
        call_names<sizeof...(A)> names{about.name, {}};
        ((names.arguments[I] = std::get<I>(parameters).name), ...);
        if constexpr (std::is_void_v<Self>) {
            target.def(
                about.name,
                [function, names](slot_of<A, Overloaded>... slots) -> R {
                    return run<R, guard>(function, names, std::index_sequence<N...>{},
                                         types<A...>{}, slots...);
                },
                std::get<I>(parameters).template make<typename nth<I, A...>::type>()...,
                about.doc, policy);
        } else {
            target.def(
                about.name,
                [function, names](Self &self, slot_of<A, Overloaded>... slots) -> R {
                    const auto bound = [&](auto &&...a) -> R {
                        return std::invoke(function, self, static_cast<decltype(a) &&>(a)...);
                    };
                    return run<R, guard>(bound, names, std::index_sequence<N...>{}, types<A...>{},
                                         slots...);
                },
                std::get<I>(parameters).template make<typename nth<I, A...>::type>()...,
                about.doc, policy);
        }
    }
}

template <std::size_t... I, class Self, class R, class... A>
auto shortened(std::index_sequence<I...>, signature<Self, R, A...>)
    -> signature<Self, R, typename nth<I, A...>::type...>;

template <class By, class Self, class R, class... A>
auto by_name(By by, signature<Self, R, A...>) {
    if constexpr (std::is_void_v<Self>) {
        return [by](A... a) -> R { return by(static_cast<A &&>(a)...); };
    } else {
        return [by](Self &self, A... a) -> R { return by(self, static_cast<A &&>(a)...); };
    }
}

/// Define one function or method, or note why not.
///
/// Overloaded: whether there are others of its name.
/// by: calls it by its name, so that parameters at the end may be left to their defaults.
template <bool Overloaded, bool Method, class Target, class Signature, class F, class By,
          class... D>
void define(const Target &target, const item &about, Signature, F function, By by, D... d) {
    using arguments = typename Signature::arguments;
    constexpr verdict result = check_result<typename Signature::result>();
    constexpr obstacle first = first_obstacle(arguments{});
    if constexpr (static_cast<bool>(result)) {
        leave_out_part(about, "result", about.result, result);
    } else if constexpr (!first.found) {
        define_checked<Overloaded, Method>(target, about, Signature{}, function,
                                           std::make_tuple(d...),
                                           std::make_index_sequence<sizeof...(D)>{},
                                           std::make_index_sequence<arguments::size>{});
    } else if constexpr (!std::is_same_v<By, std::nullptr_t> &&
                         sizeof...(D) == arguments::size && all_have_defaults<D...>(first.index)) {
        using kept = std::make_index_sequence<first.index>;
        using shorter = decltype(shortened(kept{}, Signature{}));
        define_checked<Overloaded, Method>(target, about, shorter{}, by_name(by, shorter{}),
                                           std::make_tuple(d...), kept{}, kept{});
    } else {
        leave_out_argument(about, first.index, first.found);
    }
}

struct in_module {
    py::module_ &scope;
    template <class... X>
    void def(const X &...x) const {
        scope.def(x...);
    }
};

template <class C>
struct in_class {
    C &scope;
    template <class... X>
    void def(const X &...x) const {
        scope.def(x...);
    }
};

template <class C>
struct as_static {
    C &scope;
    template <class... X>
    void def(const X &...x) const {
        scope.def_static(x...);
    }
};

/// Bind a function at namespace scope.
template <bool Overloaded, class F, class By, class... D>
void function(py::module_ &scope, const item &about, F pointer, By by, D... d) {
    define<Overloaded, false>(in_module{scope}, about, signature_of<F>{}, pointer, by, d...);
}

// ---- constants ----------------------------------------------------------------------------------

/// Bind a constant, a C array as a tuple.
template <class Scope, class Get>
void constant(Scope &scope, const item &about, Get get) {
    using T = std::remove_reference_t<decltype(get())>;
    if constexpr (std::is_array_v<T> && std::rank_v<T> == 1 &&
                  !check_value<std::remove_extent_t<T>>()) {
        constexpr std::size_t size = std::extent_v<T>;
        py::tuple values(size);
        for (std::size_t i = 0; i < size; i++) values[i] = py::cast(get()[i]);
        scope.attr(about.name) = values;
    } else if constexpr (constexpr verdict found = check_value<T>(); !found) {
        scope.attr(about.name) = py::cast(bare<T>(get()), py::return_value_policy::move);
    } else {
        leave_out_part(about, "type", about.result, found);
    }
}

}  // namespace cppmagic

// Views of arrays that somebody else owns, for plain C++: this header does not need Python.
//
//     #include <cppmagic/view.hpp>
//
//     double trace(cppmagic::view<const double, 2> a) {
//         double sum = 0;
//         for (std::size_t i = 0; i < a.rows(); i++) sum += a(i, i);
//         return sum;
//     }
//
// %%cpp passes a NumPy array, or any other buffer, to such a parameter without copying it.
#pragma once

#include <array>
#include <cstddef>
#include <type_traits>

#if __has_include(<version>)
#include <version>
#endif
#if defined(__cpp_lib_span)
#include <span>
#endif

namespace cppmagic {

#if defined(__cpp_lib_span)
template <class T>
using span = std::span<T>;
#else
/// What std::span<T> is since C++20, as far as functions over arrays need it.
template <class T>
class span {
public:
    using element_type = T;
    using value_type = std::remove_cv_t<T>;
    using iterator = T *;

    constexpr span() noexcept = default;
    constexpr span(T *data, std::size_t size) noexcept : data_(data), size_(size) {}
    template <std::size_t N>
    constexpr span(T (&values)[N]) noexcept : data_(values), size_(N) {}
    template <class Container,
              class = std::enable_if_t<std::is_convertible_v<
                  decltype(std::declval<Container &>().data()), T *>>>
    constexpr span(Container &&values) : data_(values.data()), size_(values.size()) {}

    constexpr T *data() const noexcept { return data_; }
    constexpr std::size_t size() const noexcept { return size_; }
    constexpr std::size_t size_bytes() const noexcept { return size_ * sizeof(T); }
    constexpr bool empty() const noexcept { return size_ == 0; }
    constexpr T &operator[](std::size_t i) const { return data_[i]; }
    constexpr T &front() const { return data_[0]; }
    constexpr T &back() const { return data_[size_ - 1]; }
    constexpr T *begin() const noexcept { return data_; }
    constexpr T *end() const noexcept { return data_ + size_; }
    constexpr span first(std::size_t count) const { return {data_, count}; }
    constexpr span last(std::size_t count) const { return {data_ + size_ - count, count}; }
    constexpr span subspan(std::size_t from) const { return {data_ + from, size_ - from}; }
    constexpr span subspan(std::size_t from, std::size_t count) const { return {data_ + from, count}; }

private:
    T *data_ = nullptr;
    std::size_t size_ = 0;
};
#endif

/// An N-dimensional array in row-major order that somebody else owns.
template <class T, std::size_t N = 2>
class view {
    static_assert(N >= 1, "a view has at least one dimension");

public:
    using element_type = T;
    using value_type = std::remove_cv_t<T>;

    constexpr view() noexcept = default;
    constexpr view(T *data, std::array<std::size_t, N> extents) noexcept
        : data_(data), extents_(extents) {}
    /// A view that may write is a view that may read.
    template <class U, class = std::enable_if_t<std::is_same_v<const U, T>>>
    constexpr view(view<U, N> other) noexcept : data_(other.data()), extents_(other.extents()) {}

    static constexpr std::size_t rank() noexcept { return N; }
    constexpr T *data() const noexcept { return data_; }
    constexpr const std::array<std::size_t, N> &extents() const noexcept { return extents_; }
    constexpr std::size_t extent(std::size_t dimension) const { return extents_[dimension]; }
    /// The number of elements.
    constexpr std::size_t size() const noexcept {
        std::size_t count = 1;
        for (std::size_t extent : extents_) count *= extent;
        return count;
    }
    constexpr bool empty() const noexcept { return size() == 0; }
    constexpr std::size_t rows() const { return extents_[0]; }
    constexpr std::size_t cols() const {
        static_assert(N >= 2, "a view of one dimension has no columns");
        return extents_[1];
    }

    /// The element at these indices: a(i, j).
    template <class... Index>
    constexpr T &operator()(Index... indices) const {
        static_assert(sizeof...(Index) == N, "give as many indices as the view has dimensions");
        std::size_t offset = 0, dimension = 0;
        ((offset = offset * extents_[dimension++] + static_cast<std::size_t>(indices)), ...);
        return data_[offset];
    }
    /// With one dimension the element, with more a view of one dimension less: a[i][j].
    constexpr decltype(auto) operator[](std::size_t i) const {
        if constexpr (N == 1) {
            return (data_[i]);
        } else {
            std::array<std::size_t, N - 1> rest{};
            std::size_t step = 1;
            for (std::size_t k = 1; k < N; k++) step *= rest[k - 1] = extents_[k];
            return view<T, N - 1>(data_ + i * step, rest);
        }
    }
    /// All elements one after the other.
    constexpr T *begin() const noexcept { return data_; }
    constexpr T *end() const noexcept { return data_ + size(); }

private:
    T *data_ = nullptr;
    std::array<std::size_t, N> extents_{};
};

}  // namespace cppmagic

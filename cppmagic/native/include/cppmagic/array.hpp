// A result that becomes a NumPy array without being copied. This header does not need Python.
//
//     #include <cppmagic/array.hpp>
//
//     cppmagic::array<double> squares(int n) {
//         std::vector<double> values(n);
//         for (int i = 0; i < n; i++) values[i] = i * i;
//         return values;
//     }
//
// The vector's memory is the array's memory; it is freed with the last array that uses it.
#pragma once

#include <cstddef>
#include <stdexcept>
#include <utility>
#include <vector>

namespace cppmagic {

/// Numbers with a shape, in row-major order.
template <class T>
class array {
public:
    using value_type = T;

    array() = default;
    /// One dimension, with these values.
    array(std::vector<T> values) : values_(std::move(values)), shape_{values_.size()} {}
    /// As many dimensions as the shape has, with these values.
    array(std::vector<T> values, std::vector<std::size_t> shape)
        : values_(std::move(values)), shape_(std::move(shape)) {
        if (count(shape_) != values_.size())
            throw std::invalid_argument("cppmagic::array: the shape does not fit the number of values");
    }
    /// Zeros of a shape: array<double>::zeros({rows, cols}).
    static array zeros(std::vector<std::size_t> shape) {
        std::vector<T> values(count(shape));
        return array(std::move(values), std::move(shape));
    }

    T *data() { return values_.data(); }
    const T *data() const { return values_.data(); }
    std::size_t size() const { return values_.size(); }
    const std::vector<std::size_t> &shape() const { return shape_; }
    T &operator[](std::size_t i) { return values_[i]; }
    const T &operator[](std::size_t i) const { return values_[i]; }
    /// The element at these indices: a(i, j).
    template <class... Index>
    T &operator()(Index... indices) {
        std::size_t offset = 0, dimension = 0;
        ((offset = offset * shape_[dimension++] + static_cast<std::size_t>(indices)), ...);
        return values_[offset];
    }
    T *begin() { return data(); }
    T *end() { return data() + size(); }
    const T *begin() const { return data(); }
    const T *end() const { return data() + size(); }

private:
    static std::size_t count(const std::vector<std::size_t> &shape) {
        std::size_t product = 1;
        for (std::size_t extent : shape) product *= extent;
        return product;
    }

    std::vector<T> values_;
    std::vector<std::size_t> shape_{0};
};

}  // namespace cppmagic

#include <array>
#include <cstddef>
#include <iterator>
template <class T, std::size_t N>
class RingBuffer {
    std::array<T, N> data_{};
    std::size_t start_ = 0, size_ = 0;
public:
    static constexpr std::size_t capacity = N;
    void push(const T &x) { data_[(start_ + size_) % N] = x; if (size_ < N) size_++; else start_ = (start_ + 1) % N; }
    const T &operator[](std::size_t i) const { return data_[(start_ + i) % N]; }
    std::size_t size() const { return size_; }
    class Iterator {
        const RingBuffer *ring; std::size_t i;
    public:
        Iterator(const RingBuffer *r, std::size_t i) : ring(r), i(i) {}
        const T &operator*() const { return (*ring)[i]; }
        Iterator &operator++() { ++i; return *this; }
        bool operator!=(const Iterator &o) const { return i != o.i; }
        bool operator==(const Iterator &o) const { return i == o.i; }
    };
    Iterator begin() const { return {this, 0}; }
    Iterator end() const { return {this, size_}; }
};
using Ring = RingBuffer<double, 3>;
// >>> r = Ring()
// >>> for x in range(5): r.push(x)
// >>> list(r), r[0], r[-1], len(r), Ring.capacity
// ([2.0, 3.0, 4.0], 2.0, 4.0, 3, 3)

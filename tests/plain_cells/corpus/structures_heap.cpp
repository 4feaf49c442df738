#include <vector>
#include <stdexcept>
#include <utility>
template <class T, class Compare = std::less<T>>
class Heap {
    std::vector<T> data_;
    Compare before_;
public:
    void push(T x) {
        data_.push_back(x);
        for (std::size_t i = data_.size() - 1; i && before_(data_[i], data_[(i - 1) / 2]); i = (i - 1) / 2) std::swap(data_[i], data_[(i - 1) / 2]);
    }
    T pop() {
        if (data_.empty()) throw std::underflow_error("pop from an empty heap");
        T top = data_.front(); data_.front() = data_.back(); data_.pop_back();
        for (std::size_t i = 0;;) {
            std::size_t c = 2 * i + 1;
            if (c >= data_.size()) break;
            if (c + 1 < data_.size() && before_(data_[c + 1], data_[c])) c++;
            if (!before_(data_[c], data_[i])) break;
            std::swap(data_[i], data_[c]); i = c;
        }
        return top;
    }
    bool operator!() const { return data_.empty(); }
    std::size_t size() const { return data_.size(); }
};
#include <functional>
using MinHeap = Heap<double>;
using MaxHeap = Heap<int, std::greater<int>>;
// >>> h = MinHeap()
// >>> for x in (3, 1, 2): h.push(x)
// >>> [h.pop() for _ in range(3)], len(h)
// ([1.0, 2.0, 3.0], 0)
// >>> m = MaxHeap()
// >>> for x in (3, 9, 2): m.push(x)
// >>> m.pop()
// 9
// >>> raises(RuntimeError, h.pop)
// 'pop from an empty heap'
// LEFT OUT MinHeap::operator!
// LEFT OUT MaxHeap::operator!

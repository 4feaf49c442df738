#include <initializer_list>
#include <iostream>
#include <memory>
#include <stdexcept>
#include <vector>
template <typename T>
class LinkedList {
    struct Node { T value; std::unique_ptr<Node> next; };
    std::unique_ptr<Node> head_;
    std::size_t size_ = 0;
public:
    LinkedList() = default;
    LinkedList(const LinkedList &) = delete;
    void push_front(const T &value) { head_ = std::make_unique<Node>(Node{value, std::move(head_)}); ++size_; }
    T pop_front() {
        if (!head_) throw std::out_of_range("the list is empty");
        T value = head_->value; head_ = std::move(head_->next); --size_; return value;
    }
    void reverse() {
        std::unique_ptr<Node> done;
        while (head_) { auto next = std::move(head_->next); head_->next = std::move(done); done = std::move(head_); head_ = std::move(next); }
        head_ = std::move(done);
    }
    std::vector<T> to_vector() const { std::vector<T> v; for (auto *n = head_.get(); n; n = n->next.get()) v.push_back(n->value); return v; }
    std::size_t size() const { return size_; }
    bool empty() const { return !size_; }
};
using IntList = LinkedList<int>;
using TextList = LinkedList<std::string>;
// >>> l = IntList()
// >>> for i in range(4): l.push_front(i)
// >>> l.reverse()
// >>> l.to_vector(), l.pop_front(), len(l), l.empty()
// ([0, 1, 2, 3], 0, 3, False)
// >>> raises(IndexError, IntList().pop_front)
// 'the list is empty'
// >>> t = TextList(); t.push_front("a"); t.to_vector()
// ['a']

#include <list>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>
class LRUCache {
    using Item = std::pair<std::string, int>;
    std::list<Item> items_;
    std::unordered_map<std::string, std::list<Item>::iterator> index_;
    std::size_t capacity_;
public:
    int hits = 0;
    explicit LRUCache(std::size_t capacity) : capacity_(capacity) {}
    std::optional<int> get(const std::string &key) {
        auto found = index_.find(key);
        if (found == index_.end()) return std::nullopt;
        items_.splice(items_.begin(), items_, found->second);
        hits++;
        return found->second->second;
    }
    void put(std::string key, int value) {
        if (auto found = index_.find(key); found != index_.end()) { items_.erase(found->second); index_.erase(found); }
        items_.emplace_front(key, value);
        index_[key] = items_.begin();
        if (items_.size() > capacity_) { index_.erase(items_.back().first); items_.pop_back(); }
    }
    std::size_t size() const { return items_.size(); }
};
// >>> c = LRUCache(2)
// >>> c.put("a", 1); c.put("b", 2); first = c.get("a"); c.put("c", 3)
// >>> c.get("a"), c.get("b"), len(c), c.hits
// (1, None, 2, 2)

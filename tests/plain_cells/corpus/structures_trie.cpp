#include <map>
#include <memory>
#include <string>
#include <vector>
class Trie {
    struct Node { bool end = false; std::map<char, std::unique_ptr<Node>> next; };
    Node root_;
    static void collect(const Node &node, std::string prefix, std::vector<std::string> &out) {
        if (node.end) out.push_back(prefix);
        for (auto &[c, child] : node.next) collect(*child, prefix + c, out);
    }
public:
    void insert(const std::string &word) {
        Node *node = &root_;
        for (char c : word) { auto &child = node->next[c]; if (!child) child = std::make_unique<Node>(); node = child.get(); }
        node->end = true;
    }
    std::vector<std::string> with_prefix(const std::string &prefix) const {
        const Node *node = &root_;
        for (char c : prefix) { auto it = node->next.find(c); if (it == node->next.end()) return {}; node = it->second.get(); }
        std::vector<std::string> out; collect(*node, prefix, out); return out;
    }
};
// >>> t = Trie()
// >>> for w in ("car", "cart", "dog"): t.insert(w)
// >>> t.with_prefix("car"), t.with_prefix("x")
// (['car', 'cart'], [])

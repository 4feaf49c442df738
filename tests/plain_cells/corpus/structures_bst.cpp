#include <cstddef>
#include <functional>
#include <iostream>
#include <vector>
/// A binary search tree as one writes it in a course, with raw pointers.
struct Node { int key; Node *left, *right; Node(int k) : key(k), left(nullptr), right(nullptr) {} };
Node *insert(Node *root, int key) { if (!root) return new Node(key); (key < root->key ? root->left : root->right) = insert(key < root->key ? root->left : root->right, key); return root; }
class Tree {
    Node *root = nullptr;
    static void destroy(Node *n) { if (n) { destroy(n->left); destroy(n->right); delete n; } }
public:
    Tree() {}
    ~Tree() { destroy(root); }
    Tree(const Tree &) = delete;
    Tree &operator=(const Tree &) = delete;
    void add(int key) { root = insert(root, key); }
    bool contains(int key) const { Node *n = root; while (n && n->key != key) n = key < n->key ? n->left : n->right; return n; }
    std::vector<int> sorted() const { std::vector<int> out; std::function<void(Node *)> walk = [&](Node *n) { if (!n) return; walk(n->left); out.push_back(n->key); walk(n->right); }; walk(root); return out; }
    int height() const { std::function<int(Node *)> h = [&](Node *n) { return n ? 1 + std::max(h(n->left), h(n->right)) : 0; }; return h(root); }
};
// >>> t = Tree()
// >>> for k in (5, 2, 8, 1): t.add(k)
// >>> t.sorted(), t.contains(8), t.contains(7), t.height()
// ([1, 2, 5, 8], True, False, 3)
// LEFT OUT Node::left
// LEFT OUT Node::right
// LEFT OUT insert

#include <memory>
#include <string>
#include <utility>
#include <vector>
struct Resource {
    static inline int alive = 0;
    std::string name;
    explicit Resource(std::string n) : name(std::move(n)) { ++alive; }
    ~Resource() { --alive; }
    Resource(const Resource &) = delete;
    Resource &operator=(const Resource &) = delete;
};
std::unique_ptr<Resource> open(const std::string &name) { return std::make_unique<Resource>(name); }
std::shared_ptr<Resource> share(const std::string &name) { return std::make_shared<Resource>(name); }
long uses(const std::shared_ptr<Resource> &r) { return r.use_count(); }
std::string consume(std::unique_ptr<Resource> r) { return "consumed " + r->name; }
std::string peek(const Resource &r) { return r.name; }
// >>> r = open("a")
// >>> peek(r), Resource.alive
// ('a', 1)
// >>> del r
// >>> Resource.alive, consume(open("b")), Resource.alive
// (0, 'consumed b', 0)
// >>> s = share("c")
// >>> s.name, uses(s) >= 1
// ('c', True)

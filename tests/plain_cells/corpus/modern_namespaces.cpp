#include <string>
int top() { return 0; }
namespace one {
    const double half = 0.5;
    inline int f(int x = 1) { return x; }
    struct Thing { int id = 1; Thing twice() const { return {id * 2}; } };
    namespace two { int g() { return f() + 1; } int h(const Thing &t) { return t.id; } }
}
namespace one { int later() { return 9; } }
namespace one::two::three { std::string name() { return "three"; } }
inline namespace v2 { int versioned() { return 2; } }
namespace detail { int secret() { return 1; } }
namespace { int anonymous() { return 1; } }
int uses_them() { return detail::secret() + anonymous(); }
// >>> top(), one.f(), one.half, one.two.g(), one.later(), one.two.three.name(), uses_them()
// (0, 1, 0.5, 2, 9, 'three', 2)
// >>> one.two.h(one.Thing(4).twice())
// 8

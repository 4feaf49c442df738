#define SQUARE(x) ((x) * (x))
#define DECLARE_GETTER(name, value) int get_##name() { return value; }
#ifndef LIMIT
#define LIMIT 10
#endif
#if defined(__GNUC__) && __GNUC__ >= 4
int gnu() { return 1; }
#else
int gnu() { return 0; }
#endif
#ifdef _WIN32
int windows() { return 1; }
#elif defined(__linux__)
int linux_() { return 1; }
#endif
#if 0
this is not C++ at all
#endif
#define NOEXCEPT noexcept
int squared(int x) NOEXCEPT { return SQUARE(x); }
int limited(int x = LIMIT) { return x < LIMIT ? x : LIMIT; }
int documented(int x) /* what a comment */ { return x; }  // trailing
DECLARE_GETTER(seven, 7)
int after() { return get_seven(); }
// >>> gnu(), squared(5), limited(), limited(3), after()
// (1, 25, 10, 3, 7)

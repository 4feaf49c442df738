#include "broken.h"
template <class T> int size(const T &t) { return t.size(); }
const char *s = "größe"; int x = nope;
int f(long steps) { return size(3) + step }
void g() { printf("x"); }
